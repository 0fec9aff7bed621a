// The C-MOVE SCP (PS3.4 C.4.2) of Patient Root and Study Root: sends to known peers, over Associations of its
// own.
//
// An unknown destination is A801, an unreachable one A702 with the reason as Error Comment; when only
// some Instances fail the answer is B000 with the list of their UIDs. Thread-safe.
#pragma once

#include <memory>
#include <string>

#include "archive/retrieve/peer_table.h"
#include "ingest/dimse/service.h"
#include "storage/catalog/catalog.h"
#include "storage/segment/extent.h"

namespace argent::archive {

struct MoveServiceOptions {
  std::string ae_title;  // ours, when calling a destination
};

// All must outlive the service.
std::unique_ptr<ingest::DimseService> NewMoveService(storage::Catalog* catalog, storage::DataReader* reader,
                                                     const PeerTable* peers, MoveServiceOptions options);

}  // namespace argent::archive
