// The C-GET SCP (PS3.4 C.4.3) of Patient Root and Study Root: sends back over the requestor's own
// Association, on the Presentation Contexts for which it offered to be SCP (PS3.7 D.3.3.4). Thread-safe.
#pragma once

#include <memory>

#include "ingest/dimse/service.h"
#include "storage/catalog/catalog.h"
#include "storage/segment/extent.h"

namespace argent::archive {

// Both must outlive the service.
std::unique_ptr<ingest::DimseService> NewGetService(storage::Catalog* catalog, storage::DataReader* reader);

}  // namespace argent::archive
