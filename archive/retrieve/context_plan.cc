#include "archive/retrieve/context_plan.h"

#include <map>
#include <set>
#include <string>

#include "codec/transcode.h"
#include "codec/transfer_syntax.h"

namespace argent::archive {
namespace {

constexpr size_t kContextsMax = 128;

std::vector<ingest::ProposedContext> ContextsOf(const std::string& sop_class,
                                                const std::set<std::string>& stored) {
  std::vector<ingest::ProposedContext> contexts;
  bool convertible = false;
  for (const std::string& syntax : stored) {
    // One place is kept for the fallback; what does not fit fails as not accepted.
    if (contexts.size() + 1 == kContextsMax) break;
    contexts.push_back({.abstract_syntax = sop_class, .transfer_syntaxes = {syntax}});
    convertible |= codec::CanTranscode(syntax, codec::kImplicitVrLittleEndian);
  }
  if (convertible) {
    contexts.push_back({.abstract_syntax = sop_class,
                        .transfer_syntaxes = {std::string(codec::kExplicitVrLittleEndian),
                                              std::string(codec::kImplicitVrLittleEndian)}});
  }
  return contexts;
}

}  // namespace

std::vector<StoreBatch> PlanStoreBatches(const std::vector<RetrieveInstance>& instances) {
  std::map<std::string, std::set<std::string>> stored_syntaxes;
  for (const RetrieveInstance& instance : instances) {
    stored_syntaxes[instance.stored.sop_class_uid].insert(instance.stored.variant.transfer_syntax_uid);
  }
  std::vector<StoreBatch> batches;
  std::map<std::string, size_t> batch_of;
  for (const auto& [sop_class, syntaxes] : stored_syntaxes) {
    std::vector<ingest::ProposedContext> contexts = ContextsOf(sop_class, syntaxes);
    if (batches.empty() || batches.back().contexts.size() + contexts.size() > kContextsMax)
      batches.emplace_back();
    std::vector<ingest::ProposedContext>& all = batches.back().contexts;
    all.insert(all.end(), contexts.begin(), contexts.end());
    batch_of[sop_class] = batches.size() - 1;
  }
  for (const RetrieveInstance& instance : instances) {
    batches[batch_of.at(instance.stored.sop_class_uid)].instances.push_back(&instance);
  }
  return batches;
}

}  // namespace argent::archive
