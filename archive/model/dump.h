// The canonical dump of the catalog (`argent export-catalog`).
#pragma once

#include <functional>
#include <string_view>

#include "storage/base/status.h"
#include "storage/catalog/catalog.h"

namespace argent::archive {

// Gives every row that follows from the facts, one line each (without the newline), in key order. Where bytes
// lie, sequence numbers and times of receipt are left out: two archives that hold the same give the same
// text. Control characters are written \xNN, quotes and backslashes with a backslash before them. The sink's
// error ends the dump and is returned.
Status DumpCatalog(storage::Catalog& catalog, const std::function<Status(std::string_view line)>& sink);

}  // namespace argent::archive
