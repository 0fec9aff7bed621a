#include "archive/query/query_run.h"

#include <algorithm>

#include "archive/model/attributes.h"
#include "archive/query/identifier.h"

namespace argent::archive {
namespace {

// Beyond this many UIDs in a list, walking all rows below is cheaper than looking up each.
constexpr size_t kUidLookupsMax = 64;

void SetCount(codec::Tag tag, uint64_t count, codec::DataSet* view) {
  view->SetText(tag, codec::MakeVr("IS"), std::to_string(count));
}

std::string JoinValues(const std::vector<std::string>& values) {
  std::string joined;
  for (const std::string& value : values) joined.append(joined.empty() ? "" : "\\").append(value);
  return joined;
}

void SetPatientCounts(const PatientRow& row, codec::DataSet* view) {
  SetCount(tags::kPatientRelatedStudies, row.study_count, view);
  SetCount(tags::kPatientRelatedSeries, row.series_count, view);
  SetCount(tags::kPatientRelatedInstances, row.instance_count, view);
}

std::vector<std::string> KeysIn(Index index, const StudyRow& row, std::string_view study_uid) {
  return IndexKeys(index, row, study_uid);
}

// Patients have one index besides their table.
std::vector<std::string> KeysIn(Index, const PatientRow& row, std::string_view patient_key) {
  return AllIndexKeys(row, patient_key);
}

void SetStudyComputed(const StudyRow& row, codec::DataSet* view) {
  view->SetText(tags::kModalitiesInStudy, codec::MakeVr("CS"), JoinValues(row.modalities));
  view->SetText(tags::kSopClassesInStudy, codec::MakeVr("UI"), JoinValues(row.sop_classes));
  SetCount(tags::kStudyRelatedSeries, row.series_count, view);
  SetCount(tags::kStudyRelatedInstances, row.instance_count, view);
}

}  // namespace

bool RangeWalker::Next() {
  if (inside_) cursor_->Next();
  while (true) {
    if (inside_ && cursor_->Valid() && ranges_[next_range_ - 1].Contains(cursor_->key())) return true;
    if (next_range_ == ranges_.size() || !cursor_->status().ok()) return false;
    cursor_->Seek(ranges_[next_range_++].begin);
    inside_ = true;
  }
}

Result<std::unique_ptr<QueryRun>> QueryRun::Start(storage::Catalog* catalog, Query query) {
  ARGENT_ASSIGN_OR_RETURN(CompiledQuery compiled, CompiledQuery::Compile(std::move(query)));
  ARGENT_ASSIGN_OR_RETURN(Plan plan, MakePlan(*catalog, compiled));
  return std::unique_ptr<QueryRun>(new QueryRun(catalog, std::move(compiled), std::move(plan)));
}

QueryRun::QueryRun(storage::Catalog* catalog, CompiledQuery compiled, Plan plan)
    : catalog_(catalog),
      compiled_(std::move(compiled)),
      plan_(std::move(plan)),
      candidates_(*catalog, plan_.ranges) {
  wants_patient_counts_ = level() > Level::kPatient && (compiled_.wants(tags::kPatientRelatedStudies) ||
                                                        compiled_.wants(tags::kPatientRelatedSeries) ||
                                                        compiled_.wants(tags::kPatientRelatedInstances));
}

Result<QueryRun::Step> QueryRun::Advance() {
  const Query& query = compiled_.query();
  for (int rows = 0; rows < kRowsPerStepMax; ++rows) {
    if (returned_ == query.limit) return Step::kDone;
    ARGENT_ASSIGN_OR_RETURN(const Visit visit, VisitNext());
    if (visit == Visit::kEnd) return Step::kDone;
    if (visit == Visit::kSkip) continue;
    if (passed_over_ < query.offset) {
      ++passed_over_;
      continue;
    }
    ++returned_;
    identifier_ =
        MakeIdentifier(query, {.top = study_view_, .series = series_view_, .instance = instance_view_});
    return Step::kMatch;
  }
  return Step::kWorking;
}

// One row: of the lowest level that is open.
Result<QueryRun::Visit> QueryRun::VisitNext() {
  if (instances_ != nullptr) {
    if (instances_->Next()) return VisitInstance();
    ARGENT_RETURN_IF_ERROR(instances_->status());
    instances_.reset();
    return Visit::kSkip;
  }
  if (series_ != nullptr) {
    if (series_->Next()) return VisitSeries();
    ARGENT_RETURN_IF_ERROR(series_->status());
    series_.reset();
    return Visit::kSkip;
  }
  if (candidates_.Next()) return VisitCandidate();
  ARGENT_RETURN_IF_ERROR(candidates_.status());
  return Visit::kEnd;
}

Result<QueryRun::Visit> QueryRun::VisitCandidate() {
  const bool patients = level() == Level::kPatient;
  const std::string_view key = candidates_.key();
  if (!plan_.index) {
    if (patients) return VisitPatient(key.substr(1), candidates_.value());
    auto study_uid = LastComponent(key.substr(1));
    if (!study_uid) return Status::Corruption("catalog: malformed study key; rebuild the catalog");
    return VisitStudy(std::move(*study_uid), candidates_.value());
  }
  auto target = LastComponent(key.substr(2));
  if (!target) return Status::Corruption("catalog: malformed index key; rebuild the catalog");
  std::string row_key =
      patients ? std::string(1, static_cast<char>(Table::kPatient)) + *target : StudyKey(*target);
  ARGENT_ASSIGN_OR_RETURN(auto bytes, catalog_->Get(row_key));
  if (!bytes) return Visit::kSkip;  // gone since the cursor was made
  return patients ? VisitPatient(*target, *bytes) : VisitStudy(std::move(*target), *bytes);
}

// Of several index entries of one row within the ranges only the first counts.
template <typename Row>
bool QueryRun::IsFirstEntry(const Row& row, std::string_view target) const {
  if (!plan_.may_repeat) return true;
  for (const std::string& key : KeysIn(*plan_.index, row, target)) {
    const bool in_ranges = std::any_of(plan_.ranges.begin(), plan_.ranges.end(),
                                       [&key](const KeyRange& range) { return range.Contains(key); });
    if (in_ranges) return key == candidates_.key();
  }
  return false;
}

Result<QueryRun::Visit> QueryRun::VisitPatient(std::string_view patient_key, std::string_view bytes) {
  ARGENT_ASSIGN_OR_RETURN(PatientRow row, PatientRow::Decode(bytes));
  SetPatientCounts(row, &row.attributes);
  if (!compiled_.Matches(Level::kPatient, row.attributes) || !IsFirstEntry(row, patient_key))
    return Visit::kSkip;
  study_view_ = std::move(row.attributes);
  return Visit::kMatch;
}

Result<QueryRun::Visit> QueryRun::VisitStudy(std::string study_uid, std::string_view bytes) {
  ARGENT_ASSIGN_OR_RETURN(StudyRow row, StudyRow::Decode(bytes));
  SetStudyComputed(row, &row.attributes);
  if (wants_patient_counts_) ARGENT_RETURN_IF_ERROR(AddPatientCounts(row.patient_key, &row.attributes));
  if (!compiled_.Matches(Level::kStudy, row.attributes) || !IsFirstEntry(row, study_uid)) return Visit::kSkip;
  study_view_ = std::move(row.attributes);
  if (level() == Level::kStudy) return Visit::kMatch;
  study_uid_ = std::move(study_uid);
  series_ = std::make_unique<RangeWalker>(*catalog_, SeriesRanges());
  return Visit::kSkip;
}

Status QueryRun::AddPatientCounts(const std::string& patient_key, codec::DataSet* view) {
  ARGENT_ASSIGN_OR_RETURN(auto bytes,
                          catalog_->Get(std::string(1, static_cast<char>(Table::kPatient)) + patient_key));
  if (!bytes) return Status::Ok();
  ARGENT_ASSIGN_OR_RETURN(const PatientRow row, PatientRow::Decode(*bytes));
  SetPatientCounts(row, view);
  return Status::Ok();
}

std::vector<KeyRange> QueryRun::SeriesRanges() const {
  std::vector<KeyRange> ranges;
  const KeyMatcher* key = compiled_.FindRestriction(codec::tags::kSeriesInstanceUid);
  if (key == nullptr || key->values().size() > kUidLookupsMax) {
    ranges.push_back(PrefixRange(MakeKey(Table::kSeries, {study_uid_})));
    return ranges;
  }
  for (const std::string& uid : key->values()) {
    if (ranges.empty() || ranges.back().begin != SeriesKey(study_uid_, uid)) {
      ranges.push_back(PrefixRange(SeriesKey(study_uid_, uid)));
    }
  }
  return ranges;
}

std::vector<KeyRange> QueryRun::InstanceRanges() const {
  std::vector<KeyRange> ranges;
  const KeyMatcher* key = compiled_.FindRestriction(codec::tags::kSopInstanceUid);
  if (key == nullptr || key->values().size() > kUidLookupsMax) {
    ranges.push_back(PrefixRange(MakeKey(Table::kInstance, {study_uid_, series_uid_})));
    return ranges;
  }
  for (const std::string& uid : key->values()) {
    if (ranges.empty() || ranges.back().begin != InstanceKey(study_uid_, series_uid_, uid)) {
      ranges.push_back(PrefixRange(InstanceKey(study_uid_, series_uid_, uid)));
    }
  }
  return ranges;
}

Result<QueryRun::Visit> QueryRun::VisitSeries() {
  ARGENT_ASSIGN_OR_RETURN(SeriesRow row, SeriesRow::Decode(series_->value()));
  SetCount(tags::kSeriesRelatedInstances, row.instance_count, &row.attributes);
  if (!compiled_.Matches(Level::kSeries, row.attributes)) return Visit::kSkip;
  series_view_ = std::move(row.attributes);
  if (level() == Level::kSeries) return Visit::kMatch;
  series_uid_ = LastComponent(series_->key().substr(1)).value_or("");
  instances_ = std::make_unique<RangeWalker>(*catalog_, InstanceRanges());
  return Visit::kSkip;
}

Result<QueryRun::Visit> QueryRun::VisitInstance() {
  ARGENT_ASSIGN_OR_RETURN(InstanceRow row, InstanceRow::Decode(instances_->value()));
  row.attributes.SetText(tags::kAvailableTransferSyntaxUid, codec::MakeVr("UI"), row.transfer_syntax_uid);
  if (!compiled_.Matches(Level::kInstance, row.attributes)) return Visit::kSkip;
  instance_view_ = std::move(row.attributes);
  return Visit::kMatch;
}

}  // namespace argent::archive
