// Keeps the patient table for the projector: which Study counts for which Patient, and what the Patient is
// called. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "archive/model/row_cache.h"
#include "archive/model/rows.h"

namespace argent::archive {

// What one Study counts for in its Patient's row.
struct PatientShare {
  std::string patient_key;
  uint64_t studies = 0;
  uint64_t series = 0;
  uint64_t instances = 0;
};

// The key of the Patient that a Study with these attributes belongs to, without the table byte (schema.h).
std::string PatientKeyOf(const codec::DataSet& attributes, std::string_view study_uid);

class PatientKeeper {
 public:
  PatientKeeper(storage::Catalog* catalog, size_t rows_max) : rows_(catalog, rows_max) {}

  // A Study's share changed, and maybe the Patient it belongs to: a Patient without Studies is gone.
  // `attributes`: what the Study says of its Patient, when that changed.
  Status Update(const PatientShare& before, const PatientShare& after, const codec::DataSet* attributes);
  // Puts every changed row and its index entries into `batch`; returns by how many the number of Patients
  // changed.
  int64_t Flush(storage::CatalogBatch* batch);
  void Trim() { rows_.Trim(); }
  void Clear() {
    rows_.Clear();
    added_ = 0;
  }

 private:
  Status Adjust(const PatientShare& before, const PatientShare& after, const codec::DataSet* attributes);

  RowCache<PatientRow> rows_;
  int64_t added_ = 0;  // Patients, less those gone, since the last Flush()
};

}  // namespace argent::archive
