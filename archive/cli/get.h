// `argent get`: Instances out of the archive as DICOM files.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "archive/query/query.h"
#include "storage/catalog/catalog.h"
#include "storage/segment/extent.h"

namespace argent::archive {

struct GetOptions {
  Level level = Level::kStudy;  // kStudy, kSeries or kInstance
  std::string uid;
  std::string out_directory;
  // "as-received", or an uncompressed Transfer Syntax to convert to.
  std::string transfer_syntax_uid = "as-received";
};

struct GetReport {
  uint64_t written = 0;
  uint64_t failed = 0;
  uint64_t data_set_bytes = 0;
};

// Writes OUT/STUDY/SERIES/INSTANCE.dcm for every Instance, Part 10 with the Data Set byte for byte as
// received (or transcoded), after its digest was compared with the stored one. A file appears under its name
// only when it is whole; what fails leaves nothing behind, is told to `on_failure` (UID, reason) and does not
// stop the others. kNotFound: no such UID. kInvalidArgument: not a UID. kIoError: the output directory cannot
// be made.
Result<GetReport> GetInstances(
    storage::Catalog& catalog, storage::DataReader& reader, const GetOptions& options,
    const std::function<void(const std::string& uid, const Status& reason)>& on_failure);

}  // namespace argent::archive
