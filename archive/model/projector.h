// The projector: facts in, catalog rows out. The one place where the information model (PS3.4 C.6) is kept.
//
// Rules, in sequence order:
// - The first variant of a SOP Instance UID is the Instance: it is listed, counted and served. Other bytes
// under the same UID are
//   kept as further variants and raise an exception; they change nothing else.
// - Attributes of a Patient, Study or Series are those of the first Instance received; later Instances only
// fill in what was
//   missing or empty. Patient attributes are not taken from an Instance whose Patient ID or Issuer
//   contradicts its Study's: that raises an exception.
// - A Study belongs to the Patient its first non-empty Patient ID (and Issuer) names. Until there is one, to
// a Patient of its own.
//
// A pure function of the facts in order, however they are split in calls. One thread at a time.
#pragma once

#include <memory>

#include "ingest/archive_view.h"
#include "storage/catalog/catalog.h"

namespace argent::archive {

struct ProjectorOptions {
  // Decoded rows kept between calls, per table; a row is 1 to 4 KiB.
  size_t cached_rows_max = 4096;
};

// `catalog` must outlive the projector, and nobody else may write its tables.
std::unique_ptr<ingest::FactProjector> NewProjector(storage::Catalog* catalog,
                                                    const ProjectorOptions& options = {});

}  // namespace argent::archive
