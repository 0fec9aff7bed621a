#include "archive/query/plan.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "archive/model/attributes.h"
#include "archive/model/rows.h"
#include "codec/person_name.h"

namespace argent::archive {
namespace {

// Counting goes on in rounds until one source ends below the bound: few steps for the selective ones, and the
// unselective ones are not counted to their end.
constexpr uint64_t kCountBounds[] = {64, 1024, 8192};

std::string_view WithoutTrailing(std::string_view text, std::string_view characters) {
  const size_t last = text.find_last_not_of(characters);
  return last == std::string_view::npos ? std::string_view() : text.substr(0, last + 1);
}

// The keys of `prefix` whose next component is `value`, or starts with its literal front; nullopt when it has
// none.
std::optional<KeyRange> ValueRange(std::string prefix, std::string_view value, bool wildcard) {
  if (!wildcard) {
    AppendComponent(CutIndexValue(value), &prefix);
    return PrefixRange(std::move(prefix));
  }
  if (value.empty()) return std::nullopt;
  AppendComponentFront(CutIndexValue(value), &prefix);
  return PrefixRange(std::move(prefix));
}

// What of a key's value the index holds, for a wildcard its literal front.
std::string IndexedForm(Index index, std::string_view value) {
  const bool wildcard = HasWildcard(value);
  std::string_view literal = LiteralPrefix(value);
  if (index == Index::kDescription) return codec::FoldForMatching(literal);
  // Matching lets "Doe^*" find "Doe".
  if (wildcard &&
      (index == Index::kPatientName || index == Index::kReferring || index == Index::kPatientLevelName)) {
    literal = WithoutTrailing(literal, "^ ");
  }
  return std::string(literal);
}

KeyRange DateRange(const std::string& prefix, const Span& days) {
  KeyRange range = PrefixRange(prefix);
  if (const auto first = DateOfDay(days.first)) range.begin = prefix + *first;
  if (const auto last = DateOfDay(days.last)) {
    std::string end = prefix;
    AppendComponent(*last, &end);
    range.end = PrefixEnd(std::move(end));
  }
  if (range.end < range.begin) range.end = range.begin;
  return range;
}

void SortAndMerge(std::vector<KeyRange>* ranges) {
  std::sort(ranges->begin(), ranges->end(),
            [](const KeyRange& a, const KeyRange& b) { return a.begin < b.begin; });
  std::vector<KeyRange> merged;
  for (KeyRange& range : *ranges) {
    if (!merged.empty() && range.begin <= merged.back().end) {
      merged.back().end = std::max(merged.back().end, range.end);
    } else {
      merged.push_back(std::move(range));
    }
  }
  *ranges = std::move(merged);
}

Plan IndexPlan(Index index, std::vector<KeyRange> ranges, bool single_value) {
  Plan plan;
  plan.source = "index " + std::string(IndexName(index));
  plan.index = index;
  plan.ranges = std::move(ranges);
  plan.may_repeat = CanRepeat(index) && !single_value;
  SortAndMerge(&plan.ranges);
  return plan;
}

// nullopt: a value of the key starts with a wildcard.
std::optional<Plan> PlanForText(Index index, const KeyMatcher& key) {
  std::vector<KeyRange> ranges;
  bool any_wildcard = false;
  for (const std::string& value : key.values()) {
    const bool wildcard = HasWildcard(value);
    any_wildcard |= wildcard;
    auto range = ValueRange(IndexPrefix(index), IndexedForm(index, value), wildcard);
    if (!range) return std::nullopt;
    ranges.push_back(std::move(*range));
  }
  const bool single_value = key.values().size() == 1 && !any_wildcard;
  return IndexPlan(index, std::move(ranges), single_value);
}

std::optional<Plan> PlanForModality(const KeyMatcher& key, const KeyMatcher* date) {
  std::vector<KeyRange> ranges;
  bool any_wildcard = false;
  for (const std::string& value : key.values()) {
    const bool wildcard = HasWildcard(value);
    any_wildcard |= wildcard;
    auto range = ValueRange(IndexPrefix(Index::kModality), LiteralPrefix(value), wildcard);
    if (!range) return std::nullopt;
    if (wildcard || date == nullptr) {
      ranges.push_back(std::move(*range));
      continue;
    }
    for (const Span& days : date->spans()) ranges.push_back(DateRange(range->begin, days));
  }
  return IndexPlan(Index::kModality, std::move(ranges), key.values().size() == 1 && !any_wildcard);
}

Plan PlanForStudies(std::string source, const std::set<std::string>& study_uids) {
  Plan plan;
  plan.source = std::move(source);
  for (const std::string& uid : study_uids) plan.ranges.push_back(PrefixRange(StudyKey(uid)));
  SortAndMerge(&plan.ranges);
  return plan;
}

Plan ScanPlan(Table table) {
  Plan plan;
  plan.source = "scan";
  plan.ranges.push_back(PrefixRange(MakeKey(table, {})));
  plan.scans_all = true;
  return plan;
}

Result<std::set<std::string>> StudiesOfSeries(storage::Catalog& catalog,
                                              const std::vector<std::string>& series_uids) {
  std::set<std::string> studies;
  auto cursor = catalog.NewCursor();
  for (const std::string& uid : series_uids) {
    const KeyRange range = PrefixRange(MakeKey(Table::kSeriesUid, {uid}));
    for (cursor->Seek(range.begin); cursor->Valid() && range.Contains(cursor->key()); cursor->Next()) {
      if (auto study = LastComponent(cursor->key().substr(1))) studies.insert(std::move(*study));
    }
    ARGENT_RETURN_IF_ERROR(cursor->status());
  }
  return studies;
}

Result<std::set<std::string>> StudiesOfInstances(storage::Catalog& catalog,
                                                 const std::vector<std::string>& uids) {
  std::set<std::string> studies;
  for (const std::string& uid : uids) {
    ARGENT_ASSIGN_OR_RETURN(auto bytes, catalog.Get(SopInstanceKey(uid)));
    if (!bytes) continue;
    ARGENT_ASSIGN_OR_RETURN(SopInstanceRow row, SopInstanceRow::Decode(*bytes));
    studies.insert(row.first.study_uid);
  }
  return studies;
}

// The best source there can be; nullopt when the query names no UID.
Result<std::optional<Plan>> PlanForUids(storage::Catalog& catalog, const CompiledQuery& query) {
  const KeyMatcher* study = query.FindRestriction(codec::tags::kStudyInstanceUid);
  const KeyMatcher* series = query.FindRestriction(codec::tags::kSeriesInstanceUid);
  const KeyMatcher* instance = query.FindRestriction(codec::tags::kSopInstanceUid);
  for (const KeyMatcher* key : {study, series, instance}) {
    if (key != nullptr && key->values().size() > kUidListMax)
      return Status::InvalidArgument("too many UIDs in a list");
  }
  if (study != nullptr) {
    return std::optional(PlanForStudies("study-uid", {study->values().begin(), study->values().end()}));
  }
  if (instance != nullptr) {
    ARGENT_ASSIGN_OR_RETURN(auto studies, StudiesOfInstances(catalog, instance->values()));
    return std::optional(PlanForStudies("sop-instance-uid", studies));
  }
  if (series != nullptr) {
    ARGENT_ASSIGN_OR_RETURN(auto studies, StudiesOfSeries(catalog, series->values()));
    return std::optional(PlanForStudies("series-uid", studies));
  }
  return std::optional<Plan>();
}

std::vector<Plan> StudyIndexPlans(const CompiledQuery& query) {
  struct TextIndex {
    codec::Tag tag;
    Index index;
  };
  static constexpr TextIndex kTextIndexes[] = {
      {codec::tags::kPatientId, Index::kPatientId},       {tags::kAccessionNumber, Index::kAccession},
      {codec::tags::kPatientName, Index::kPatientName},   {tags::kStudyId, Index::kStudyId},
      {tags::kReferringPhysicianName, Index::kReferring}, {tags::kStudyDescription, Index::kDescription}};
  std::vector<Plan> plans;
  const auto add = [&plans](std::optional<Plan> plan) {
    if (plan) plans.push_back(std::move(*plan));
  };
  for (const TextIndex& text : kTextIndexes) {
    if (const KeyMatcher* key = query.FindRestriction(text.tag)) add(PlanForText(text.index, *key));
  }
  const KeyMatcher* date = query.FindRestriction(tags::kStudyDate);
  if (date != nullptr) {
    std::vector<KeyRange> ranges;
    for (const Span& days : date->spans()) ranges.push_back(DateRange(IndexPrefix(Index::kStudyDate), days));
    plans.push_back(IndexPlan(Index::kStudyDate, std::move(ranges), false));
  }
  for (codec::Tag tag : {tags::kModalitiesInStudy, tags::kModality}) {
    if (const KeyMatcher* key = query.FindRestriction(tag)) add(PlanForModality(*key, date));
  }
  return plans;
}

std::vector<Plan> PatientPlans(const CompiledQuery& query) {
  std::vector<Plan> plans;
  if (const KeyMatcher* name = query.FindRestriction(codec::tags::kPatientName)) {
    if (auto plan = PlanForText(Index::kPatientLevelName, *name)) plans.push_back(std::move(*plan));
  }
  const KeyMatcher* id = query.FindRestriction(codec::tags::kPatientId);
  if (id == nullptr) return plans;
  Plan plan;
  plan.source = "patient-id";
  for (const std::string& value : id->values()) {
    const bool wildcard = HasWildcard(value);
    std::string prefix = MakeKey(Table::kPatient, {});
    if (wildcard && LiteralPrefix(value).empty()) return plans;
    if (wildcard) {
      AppendComponentFront(LiteralPrefix(value), &prefix);
    } else {
      AppendComponent(value, &prefix);
    }
    plan.ranges.push_back(PrefixRange(std::move(prefix)));
  }
  SortAndMerge(&plan.ranges);
  plans.push_back(std::move(plan));
  return plans;
}

Status CountEntries(storage::CatalogCursor* cursor, uint64_t bound, Plan* plan) {
  plan->entries = 0;
  plan->entries_exact = true;
  for (const KeyRange& range : plan->ranges) {
    for (cursor->Seek(range.begin); cursor->Valid() && range.Contains(cursor->key()); cursor->Next()) {
      if (plan->entries == bound) {
        plan->entries_exact = false;
        return Status::Ok();
      }
      ++plan->entries;
    }
    ARGENT_RETURN_IF_ERROR(cursor->status());
  }
  return Status::Ok();
}

// Moves the plan with the fewest entries to the front.
Status PutBestFirst(storage::Catalog& catalog, std::vector<Plan>* plans) {
  auto cursor = catalog.NewCursor();
  for (const uint64_t bound : kCountBounds) {
    bool any_exact = false;
    for (Plan& plan : *plans) {
      ARGENT_RETURN_IF_ERROR(CountEntries(cursor.get(), bound, &plan));
      any_exact |= plan.entries_exact;
    }
    if (any_exact || plans->size() == 1) break;
  }
  std::stable_sort(plans->begin(), plans->end(),
                   [](const Plan& a, const Plan& b) { return a.entries < b.entries; });
  return Status::Ok();
}

}  // namespace

std::string Plan::Explain() const {
  if (scans_all) return "scan of everything";
  return fmt::format("{}: {} range{}, {}{} entr{}", source, ranges.size(), ranges.size() == 1 ? "" : "s",
                     entries_exact ? "" : "at least ", entries, entries == 1 ? "y" : "ies");
}

Result<Plan> MakePlan(storage::Catalog& catalog, const CompiledQuery& query) {
  const bool patients = query.query().level == Level::kPatient;
  if (!patients) {
    ARGENT_ASSIGN_OR_RETURN(std::optional<Plan> by_uid, PlanForUids(catalog, query));
    if (by_uid) {
      by_uid->entries = by_uid->ranges.size();
      return std::move(*by_uid);
    }
  }
  std::vector<Plan> plans = patients ? PatientPlans(query) : StudyIndexPlans(query);
  if (plans.empty()) return ScanPlan(patients ? Table::kPatient : Table::kStudy);
  ARGENT_RETURN_IF_ERROR(PutBestFirst(catalog, &plans));
  return std::move(plans.front());
}

}  // namespace argent::archive
