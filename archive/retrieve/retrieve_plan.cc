#include "archive/retrieve/retrieve_plan.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "archive/model/attributes.h"
#include "archive/model/schema.h"
#include "archive/query/identifier.h"
#include "archive/query/query_run.h"

namespace argent::archive {
namespace {

struct UniqueKey {
  Level level;
  codec::Tag tag;
  codec::Vr vr;
  const char* name;
};
constexpr UniqueKey kUniqueKeys[] = {
    {Level::kPatient, codec::tags::kPatientId, codec::MakeVr("LO"), "Patient ID"},
    {Level::kStudy, codec::tags::kStudyInstanceUid, codec::MakeVr("UI"), "Study Instance UID"},
    {Level::kSeries, codec::tags::kSeriesInstanceUid, codec::MakeVr("UI"), "Series Instance UID"},
    {Level::kInstance, codec::tags::kSopInstanceUid, codec::MakeVr("UI"), "SOP Instance UID"},
};

using Place = std::pair<uint32_t, uint64_t>;

Place PlaceOf(const RetrieveInstance& instance) {
  const auto& extents = instance.stored.variant.extents;
  return extents.empty() ? Place{} : Place{extents.front().segment, extents.front().offset};
}

using SeriesName = std::pair<std::string_view, std::string_view>;

SeriesName SeriesOf(const RetrieveInstance& instance) {
  return {instance.stored.study_uid, instance.stored.series_uid};
}

void OrderByPlace(std::vector<RetrieveInstance>* instances) {
  std::map<SeriesName, Place> series_places;
  for (const RetrieveInstance& instance : *instances) {
    const Place place = PlaceOf(instance);
    auto [found, added] = series_places.emplace(SeriesOf(instance), place);
    if (!added) found->second = std::min(found->second, place);
  }
  std::vector<std::pair<Place, size_t>> order(instances->size());
  std::vector<Place> series_place(instances->size());
  for (size_t i = 0; i < instances->size(); ++i) {
    order[i] = {PlaceOf((*instances)[i]), i};
    series_place[i] = series_places.at(SeriesOf((*instances)[i]));
  }
  std::sort(order.begin(), order.end(), [&](const auto& a, const auto& b) {
    return std::make_tuple(series_place[a.second], SeriesOf((*instances)[a.second]), a) <
           std::make_tuple(series_place[b.second], SeriesOf((*instances)[b.second]), b);
  });
  std::vector<RetrieveInstance> ordered;
  ordered.reserve(instances->size());
  for (const auto& [place, position] : order) ordered.push_back(std::move((*instances)[position]));
  *instances = std::move(ordered);
}

bool IsRequired(const UniqueKey& key, Root root, bool relational, Level level) {
  if (key.level > level || (key.level == Level::kPatient && root == Root::kStudy)) return false;
  return key.level == level || !relational;
}

}  // namespace

Result<RetrieveKeys> ParseRetrieveIdentifier(Root root, bool relational, const codec::DataSet& identifier) {
  const auto level = ParseLevelName(identifier.Text(codec::tags::kQueryRetrieveLevel));
  if (!level || (root == Root::kStudy && *level == Level::kPatient)) {
    return Status::InvalidArgument("no valid Query/Retrieve Level");
  }
  RetrieveKeys keys;
  keys.level = *level;
  for (const UniqueKey& key : kUniqueKeys) {
    const std::string_view value = Trim(identifier.Text(key.tag));
    if (HasWildcard(value)) return Status::InvalidArgument(std::string("wildcard in ") + key.name);
    if (value.empty()) {
      if (IsRequired(key, root, relational, *level))
        return Status::InvalidArgument(std::string("no ") + key.name);
      continue;
    }
    if (key.level <= *level) keys.unique_keys.SetText(key.tag, key.vr, value);
  }
  return keys;
}

Result<std::vector<RetrieveInstance>> ResolveInstances(storage::Catalog& catalog, const RetrieveKeys& keys) {
  Query query;
  query.level = Level::kInstance;
  query.relational = true;
  query.keys = keys.unique_keys;
  ARGENT_ASSIGN_OR_RETURN(auto run, QueryRun::Start(&catalog, std::move(query)));
  std::vector<RetrieveInstance> instances;
  while (true) {
    ARGENT_ASSIGN_OR_RETURN(const QueryRun::Step step, run->Advance());
    if (step == QueryRun::Step::kDone) break;
    if (step == QueryRun::Step::kWorking) continue;
    if (instances.size() == kRetrieveInstancesMax)
      return Status::Overloaded("too many Instances in one retrieval");
    std::string uid(run->identifier().Text(codec::tags::kSopInstanceUid));
    ARGENT_ASSIGN_OR_RETURN(auto bytes, catalog.Get(SopInstanceKey(uid)));
    if (!bytes)
      return Status::Corruption("catalog: no location of SOP Instance " + uid + "; rebuild the catalog");
    ARGENT_ASSIGN_OR_RETURN(SopInstanceRow row, SopInstanceRow::Decode(*bytes));
    instances.push_back({std::move(uid), std::move(row.first)});
  }
  OrderByPlace(&instances);
  return instances;
}

}  // namespace argent::archive
