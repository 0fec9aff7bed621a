// Looks up kept Instances by SOP Instance UID in the catalog. Thread-safe.
#pragma once

#include <memory>

#include "archive/model/rows.h"
#include "ingest/archive_view.h"
#include "storage/catalog/catalog.h"

namespace argent::archive {

// `catalog` must outlive what is returned.
std::unique_ptr<ingest::InstanceDirectory> NewInstanceDirectory(storage::Catalog* catalog);

// Every kept form in order of arrival, the served one first; empty when the UID is unknown.
Result<std::vector<VariantRow>> ReadVariants(storage::Catalog& catalog, std::string_view sop_instance_uid);

}  // namespace argent::archive
