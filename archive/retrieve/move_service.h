// The C-MOVE SCP (PS3.4 C.4.2) of Patient Root and Study Root: sends to known peers, over Associations of its
// own.
//
// An unknown destination is A801; when all Instances fail, because the destination cannot be reached or
// takes none of them, the answer is A702, and when only some do B000; both with the list of their UIDs and
// the first reason as Error Comment. Thread-safe.
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
