// The C-FIND SCP (PS3.4 C.4.1) of Patient Root and Study Root.
//
// Pending responses follow each other without waiting; a C-CANCEL is seen between any two and at least every
// QueryRun::kRowsPerStepMax rows. Attributes at IMAGE level that the catalog does not hold are answered
// empty. Thread-safe.
#pragma once

#include <memory>
#include <string>

#include "ingest/dimse/service.h"
#include "storage/catalog/catalog.h"

namespace argent::archive {

struct FindServiceOptions {
  std::string ae_title;  // Retrieve AE Title of answers
};

// `catalog` must outlive the service.
std::unique_ptr<ingest::DimseService> NewFindService(storage::Catalog* catalog, FindServiceOptions options);

}  // namespace argent::archive
