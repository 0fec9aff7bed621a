#include "archive/model/patient_keeper.h"

#include "archive/model/attributes.h"
#include "archive/model/index_entries.h"
#include "archive/model/level_attributes.h"
#include "archive/model/schema.h"

namespace argent::archive {
namespace {

std::string PatientTableKey(std::string_view patient_key) {
  return std::string(1, static_cast<char>(Table::kPatient)).append(patient_key);
}

}  // namespace

std::string PatientKeyOf(const codec::DataSet& attributes, std::string_view study_uid) {
  const std::string_view patient_id = Trim(attributes.Text(codec::tags::kPatientId));
  const std::string_view issuer = Trim(attributes.Text(codec::tags::kIssuerOfPatientId));
  std::string key;
  AppendComponent(patient_id, &key);
  AppendComponent(issuer, &key);
  if (patient_id.empty()) AppendComponent(study_uid, &key);
  return key;
}

// From one Patient to another, or in place.
Status PatientKeeper::Update(const PatientShare& before, const PatientShare& after,
                             const codec::DataSet* attributes) {
  if (before.studies != 0 && before.patient_key != after.patient_key) {
    ARGENT_RETURN_IF_ERROR(Adjust(before, {.patient_key = before.patient_key}, nullptr));
    return Adjust({.patient_key = after.patient_key}, after, attributes);
  }
  return Adjust(before, after, attributes);
}

Status PatientKeeper::Adjust(const PatientShare& before, const PatientShare& after,
                             const codec::DataSet* attributes) {
  const std::string table_key = PatientTableKey(after.patient_key);
  ARGENT_ASSIGN_OR_RETURN(CachedRow<PatientRow> * patient, rows_.Load(table_key));
  if (patient->exists && !patient->index_known)
    patient->index_keys = AllIndexKeys(patient->row, after.patient_key);
  patient->index_known = true;
  PatientRow& row = patient->row;
  row.study_count += after.studies - before.studies;
  row.series_count += after.series - before.series;
  row.instance_count += after.instances - before.instances;
  if (attributes != nullptr && FillInLevel(*attributes, codec::Level::kPatient, &row.attributes)) {
    patient->index_changed = true;
  }
  const bool exists = row.study_count != 0;
  if (exists != patient->exists) {
    added_ += exists ? 1 : -1;
    patient->exists = exists;
    patient->index_changed = true;
    if (!exists) row = PatientRow{};
  }
  rows_.MarkChanged(table_key, patient);
  return Status::Ok();
}

int64_t PatientKeeper::Flush(storage::CatalogBatch* batch) {
  rows_.FlushChanged([&](const std::string& key, CachedRow<PatientRow>* entry) {
    FlushRow(key, entry, batch);
    if (entry->index_changed) FlushIndex(AllIndexKeys(entry->row, key.substr(1)), entry, batch);
  });
  return std::exchange(added_, 0);
}

}  // namespace argent::archive
