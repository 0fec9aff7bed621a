#include "archive/model/projector.h"

#include <fmt/core.h>

#include <algorithm>
#include <string>
#include <unordered_map>

#include "archive/model/attributes.h"
#include "archive/model/exception_raiser.h"
#include "archive/model/index_entries.h"
#include "archive/model/level_attributes.h"
#include "archive/model/patient_keeper.h"
#include "archive/model/row_cache.h"
#include "archive/model/rows.h"
#include "archive/model/schema.h"
#include "archive/vault/header_pack.h"
#include "storage/base/log.h"

namespace argent::archive {
namespace {

using ingest::InstanceReceived;

bool Contradicts(std::string_view known, std::string_view received) {
  return !known.empty() && !received.empty() && known != received;
}

VariantRow MakeVariant(const storage::Fact& fact, InstanceReceived&& received) {
  VariantRow row;
  row.study_uid = received.study_uid.text();
  row.series_uid = received.series_uid.text();
  row.sop_class_uid = received.sop_class_uid.text();
  row.variant.sequence = fact.sequence;
  row.variant.data_set_bytes = received.data_set_bytes;
  row.variant.digest = received.digest;
  row.variant.transfer_syntax_uid = received.transfer_syntax_uid.text();
  row.variant.extents = std::move(received.extents);
  return row;
}

PatientShare ShareOf(const CachedRow<StudyRow>& study) {
  return {.patient_key = study.row.patient_key,
          .studies = study.exists ? uint64_t{1} : uint64_t{0},
          .series = study.row.series_count,
          .instances = study.row.instance_count};
}

class Projector final : public ingest::FactProjector {
 public:
  Projector(storage::Catalog* catalog, const ProjectorOptions& options)
      : catalog_(catalog),
        patients_(catalog, options.cached_rows_max),
        exceptions_(catalog),
        studies_(catalog, options.cached_rows_max),
        series_(catalog, options.cached_rows_max),
        sop_instances_(catalog, options.cached_rows_max) {}

  Status Project(std::span<const storage::Fact> facts, storage::CatalogBatch* batch) override {
    Status status = ProjectAll(facts, batch);
    if (!status.ok()) Forget();
    return status;
  }

  void Forget() override {
    patients_.Clear();
    studies_.Clear();
    series_.Clear();
    sop_instances_.Clear();
    exceptions_.StartBatch();
    new_series_.clear();
    totals_known_ = false;
  }

 private:
  Status ProjectAll(std::span<const storage::Fact> facts, storage::CatalogBatch* batch);
  Status ProjectInstance(const storage::Fact& fact, storage::CatalogBatch* batch);
  Status AddVariant(const storage::Fact& fact, InstanceReceived received, CachedRow<SopInstanceRow>* sop,
                    storage::CatalogBatch* batch);
  Status AddToModel(const storage::Fact& fact, const InstanceReceived& received,
                    storage::CatalogBatch* batch);
  Result<bool> CheckPatient(const storage::Fact& fact, const InstanceReceived& received,
                            const StudyRow& study, storage::CatalogBatch* batch);
  Result<bool> AddToSeries(const storage::Fact& fact, const InstanceReceived& received,
                           storage::CatalogBatch* batch);
  Status CheckSeriesUid(const storage::Fact& fact, const InstanceReceived& received,
                        storage::CatalogBatch* batch);
  Status PlaceInstance(const storage::Fact& fact, storage::CatalogBatch* batch);
  void PutInstance(const InstanceReceived& received, storage::CatalogBatch* batch);
  void Flush(storage::CatalogBatch* batch);

  storage::Catalog* catalog_;
  PatientKeeper patients_;
  ExceptionRaiser exceptions_;
  RowCache<StudyRow> studies_;
  RowCache<SeriesRow> series_;
  RowCache<SopInstanceRow> sop_instances_;
  // Of the batch under construction, which the catalog does not show yet: Series UID to the Study it was
  // first seen in.
  std::unordered_map<std::string, std::string> new_series_;
  Totals totals_;
  bool totals_known_ = false;
};

Status Projector::ProjectAll(std::span<const storage::Fact> facts, storage::CatalogBatch* batch) {
  patients_.Trim();
  studies_.Trim();
  series_.Trim();
  sop_instances_.Trim();
  exceptions_.StartBatch();
  new_series_.clear();
  if (!totals_known_) {
    ARGENT_ASSIGN_OR_RETURN(totals_, ReadTotals(*catalog_));
    totals_known_ = true;
  }
  for (const storage::Fact& fact : facts) {
    if (fact.kind == storage::FactKind::kInstanceReceived) {
      ARGENT_RETURN_IF_ERROR(
          ProjectInstance(fact, batch).WithContext("fact " + std::to_string(fact.sequence)));
    } else if (fact.kind == storage::FactKind::kInstancePlaced) {
      ARGENT_RETURN_IF_ERROR(PlaceInstance(fact, batch).WithContext("fact " + std::to_string(fact.sequence)));
    } else {
      ARGENT_LOG_WARNING("fact {} has kind {}, which this version does not know: skipped", fact.sequence,
                         static_cast<unsigned>(fact.kind));
    }
  }
  Flush(batch);
  return Status::Ok();
}

Status Projector::ProjectInstance(const storage::Fact& fact, storage::CatalogBatch* batch) {
  ARGENT_ASSIGN_OR_RETURN(InstanceReceived received, InstanceReceived::Decode(AsBytes(fact.body)));
  const std::string key = SopInstanceKey(received.sop_instance_uid.text());
  ARGENT_ASSIGN_OR_RETURN(CachedRow<SopInstanceRow> * sop, sop_instances_.Load(key));
  if (sop->exists) {
    sop_instances_.MarkChanged(key, sop);
    return AddVariant(fact, std::move(received), sop, batch);
  }
  ARGENT_RETURN_IF_ERROR(AddToModel(fact, received, batch));
  PutInstance(received, batch);
  totals_.instances += 1;
  totals_.data_set_bytes += received.data_set_bytes;
  sop->exists = true;
  sop->row = SopInstanceRow{.variant_count = 1, .first = MakeVariant(fact, std::move(received))};
  sop_instances_.MarkChanged(key, sop);
  return Status::Ok();
}

// Other bytes under a known SOP Instance UID. The same bytes again (the committer does not log those) change
// nothing.
Status Projector::AddVariant(const storage::Fact& fact, InstanceReceived received,
                             CachedRow<SopInstanceRow>* sop, storage::CatalogBatch* batch) {
  const VariantRow& first = sop->row.first;
  const std::string uid = received.sop_instance_uid.text();
  const bool moved =
      first.study_uid != received.study_uid.text() || first.series_uid != received.series_uid.text();
  if (!moved && first.variant.digest == received.digest &&
      first.variant.data_set_bytes == received.data_set_bytes &&
      first.variant.transfer_syntax_uid == received.transfer_syntax_uid.text()) {
    return Status::Ok();
  }
  ExceptionRow exception{
      .sequence = fact.sequence,
      .received_unix_micros = received.received_unix_micros,
      .study_uid = received.study_uid.text(),
      .series_uid = received.series_uid.text(),
      .sop_instance_uid = uid,
      .reason = "other content under a known SOP Instance UID; the first received is served"};
  if (moved) {
    exception.reason = "other content under a SOP Instance UID known in Study " + first.study_uid +
                       " Series " + first.series_uid + "; the first received is served";
  }
  const std::string_view digest = AsText(received.digest);
  ARGENT_RETURN_IF_ERROR(exceptions_.Raise(moved ? ExceptionKind::kInstanceMoved : ExceptionKind::kContent,
                                           {uid, digest}, exception, batch));
  totals_.variants += 1;
  totals_.data_set_bytes += received.data_set_bytes;
  batch->Put(VariantKey(uid, sop->row.variant_count), MakeVariant(fact, std::move(received)).Encode());
  sop->row.variant_count += 1;
  return Status::Ok();
}

Status Projector::AddToModel(const storage::Fact& fact, const InstanceReceived& received,
                             storage::CatalogBatch* batch) {
  const std::string& study_uid = received.study_uid.text();
  const std::string key = StudyKey(study_uid);
  ARGENT_ASSIGN_OR_RETURN(CachedRow<StudyRow> * study, studies_.Load(key));
  if (study->exists && !study->index_known) study->index_keys = AllIndexKeys(study->row, study_uid);
  study->index_known = true;
  StudyRow& row = study->row;
  const PatientShare before = ShareOf(*study);
  ARGENT_ASSIGN_OR_RETURN(const bool new_series, AddToSeries(fact, received, batch));
  row.series_count += new_series ? 1 : 0;
  row.instance_count += 1;
  row.data_set_bytes += received.data_set_bytes;
  AddToSortedList(received.sop_class_uid.text(), &row.sop_classes);
  const std::string_view modality = Trim(received.attributes.Text(tags::kModality));
  bool changed = !modality.empty() && AddToSortedList(modality, &row.modalities);
  changed |= FillInLevel(received.attributes, codec::Level::kStudy, &row.attributes);
  ARGENT_ASSIGN_OR_RETURN(const bool contradicts, CheckPatient(fact, received, row, batch));
  if (!contradicts) changed |= FillInLevel(received.attributes, codec::Level::kPatient, &row.attributes);
  if (!study->exists) {
    row.attributes.SetText(codec::tags::kStudyInstanceUid, codec::MakeVr("UI"), study_uid);
    totals_.studies += 1;
    study->exists = true;
    changed = true;
  }
  if (changed) {
    study->index_changed = true;
    row.patient_key = PatientKeyOf(row.attributes, study_uid);
  }
  studies_.MarkChanged(key, study);
  return patients_.Update(before, ShareOf(*study), changed ? &row.attributes : nullptr);
}

// True when the Instance names another patient than its Study has so far; that is raised.
Result<bool> Projector::CheckPatient(const storage::Fact& fact, const InstanceReceived& received,
                                     const StudyRow& study, storage::CatalogBatch* batch) {
  const std::string_view id = Trim(received.attributes.Text(codec::tags::kPatientId));
  const std::string_view issuer = Trim(received.attributes.Text(codec::tags::kIssuerOfPatientId));
  const std::string_view known_id = Trim(study.attributes.Text(codec::tags::kPatientId));
  const std::string_view known_issuer = Trim(study.attributes.Text(codec::tags::kIssuerOfPatientId));
  if (!Contradicts(known_id, id) && !Contradicts(known_issuer, issuer)) return false;
  ExceptionRow exception{
      .sequence = fact.sequence,
      .received_unix_micros = received.received_unix_micros,
      .study_uid = received.study_uid.text(),
      .series_uid = received.series_uid.text(),
      .sop_instance_uid = received.sop_instance_uid.text(),
      .reason = fmt::format("Patient ID '{}' issuer '{}' in a Study of Patient ID '{}' issuer '{}'", id,
                            issuer, known_id, known_issuer)};
  ARGENT_RETURN_IF_ERROR(
      exceptions_.Raise(ExceptionKind::kPatient, {received.study_uid.text(), id, issuer}, exception, batch));
  return true;
}

// True when the Series is new in its Study.
Result<bool> Projector::AddToSeries(const storage::Fact& fact, const InstanceReceived& received,
                                    storage::CatalogBatch* batch) {
  const std::string& study_uid = received.study_uid.text();
  const std::string& series_uid = received.series_uid.text();
  const std::string key = SeriesKey(study_uid, series_uid);
  ARGENT_ASSIGN_OR_RETURN(CachedRow<SeriesRow> * series, series_.Load(key));
  const bool is_new = !series->exists;
  if (is_new) {
    series->exists = true;
    series->row.attributes.SetText(codec::tags::kSeriesInstanceUid, codec::MakeVr("UI"), series_uid);
    totals_.series += 1;
    ARGENT_RETURN_IF_ERROR(CheckSeriesUid(fact, received, batch));
    batch->Put(MakeKey(Table::kSeriesUid, {series_uid, study_uid}), "");
  }
  series->row.instance_count += 1;
  series->row.data_set_bytes += received.data_set_bytes;
  FillInLevel(received.attributes, codec::Level::kSeries, &series->row.attributes);
  series_.MarkChanged(key, series);
  return is_new;
}

// Raises an exception when the Series UID is known in another Study.
Status Projector::CheckSeriesUid(const storage::Fact& fact, const InstanceReceived& received,
                                 storage::CatalogBatch* batch) {
  const std::string& series_uid = received.series_uid.text();
  const std::string& study_uid = received.study_uid.text();
  auto [place, first_here] = new_series_.emplace(series_uid, study_uid);
  std::string other = first_here ? std::string() : place->second;
  if (first_here) {
    const KeyRange range = PrefixRange(MakeKey(Table::kSeriesUid, {series_uid}));
    auto cursor = catalog_->NewCursor();
    cursor->Seek(range.begin);
    if (cursor->Valid() && range.Contains(cursor->key())) {
      other = LastComponent(cursor->key().substr(1)).value_or("");
    }
    ARGENT_RETURN_IF_ERROR(cursor->status());
  }
  if (other.empty()) return Status::Ok();
  ExceptionRow exception{.sequence = fact.sequence,
                         .received_unix_micros = received.received_unix_micros,
                         .study_uid = study_uid,
                         .series_uid = series_uid,
                         .sop_instance_uid = received.sop_instance_uid.text(),
                         .reason = "Series Instance UID known in another Study"};
  return exceptions_.Raise(ExceptionKind::kSeriesMoved, {series_uid, study_uid}, exception, batch);
}

// Where the vault keeps a variant: its recipes go in front of the fresh copy. A variant that is no longer
// known needs no place.
Status Projector::PlaceInstance(const storage::Fact& fact, storage::CatalogBatch* batch) {
  ByteReader reader(AsBytes(fact.body));
  const std::string uid = reader.ShortText();
  const std::vector<storage::Extent> places = storage::TakeExtents(&reader);
  if (!reader.ok() || reader.remaining() != 0) return Status::Corruption("a place that is not whole");
  const auto place = [&places](std::vector<storage::Extent>* extents) {
    std::erase_if(*extents, IsRecipeExtent);
    extents->insert(extents->begin(), places.begin(), places.end());
  };
  const std::string key = SopInstanceKey(uid);
  ARGENT_ASSIGN_OR_RETURN(CachedRow<SopInstanceRow> * sop, sop_instances_.Load(key));
  if (!sop->exists) return Status::Ok();
  if (sop->row.first.variant.sequence == fact.sequence) {
    place(&sop->row.first.variant.extents);
    sop_instances_.MarkChanged(key, sop);
  }
  for (uint32_t number = 1; number < sop->row.variant_count; ++number) {
    ARGENT_ASSIGN_OR_RETURN(auto bytes, catalog_->Get(VariantKey(uid, number)));
    if (!bytes) continue;
    ARGENT_ASSIGN_OR_RETURN(VariantRow variant, VariantRow::Decode(*bytes));
    if (variant.variant.sequence != fact.sequence) continue;
    place(&variant.variant.extents);
    batch->Put(VariantKey(uid, number), variant.Encode());
    return Status::Ok();
  }
  return Status::Ok();
}

void Projector::PutInstance(const InstanceReceived& received, storage::CatalogBatch* batch) {
  InstanceRow row;
  row.transfer_syntax_uid = received.transfer_syntax_uid.text();
  FillInLevel(received.attributes, codec::Level::kInstance, &row.attributes);
  row.attributes.SetText(codec::tags::kSopClassUid, codec::MakeVr("UI"), received.sop_class_uid.text());
  row.attributes.SetText(codec::tags::kSopInstanceUid, codec::MakeVr("UI"), received.sop_instance_uid.text());
  batch->Put(
      InstanceKey(received.study_uid.text(), received.series_uid.text(), received.sop_instance_uid.text()),
      row.Encode());
}

void Projector::Flush(storage::CatalogBatch* batch) {
  totals_.patients += static_cast<uint64_t>(patients_.Flush(batch));
  studies_.FlushChanged([&](const std::string& key, CachedRow<StudyRow>* entry) {
    FlushRow(key, entry, batch);
    const std::string study_uid = LastComponent(std::string_view(key).substr(1)).value_or("");
    if (entry->index_changed) FlushIndex(AllIndexKeys(entry->row, study_uid), entry, batch);
  });
  series_.FlushChanged(
      [&](const std::string& key, CachedRow<SeriesRow>* entry) { FlushRow(key, entry, batch); });
  sop_instances_.FlushChanged(
      [&](const std::string& key, CachedRow<SopInstanceRow>* entry) { FlushRow(key, entry, batch); });
  totals_.exceptions += exceptions_.raised();
  batch->Put(TotalsKey(), totals_.Encode());
}

}  // namespace

std::unique_ptr<ingest::FactProjector> NewProjector(storage::Catalog* catalog,
                                                    const ProjectorOptions& options) {
  return std::make_unique<Projector>(catalog, options);
}

}  // namespace argent::archive
