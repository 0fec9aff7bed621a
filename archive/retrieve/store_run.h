// C-STORE sub-operations: sends Instances over an Association and tallies what became of each.
//
// An Instance goes as stored where the peer accepted its Transfer Syntax, else converted among the
// uncompressed ones, else it is a failed sub-operation. A sub-operation is completed when its C-STORE
// response says so, not before.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "archive/retrieve/retrieve_request.h"
#include "storage/segment/extent.h"

namespace argent::archive {

struct StoreRunOptions {
  // A peer may take long to keep an Instance of gigabytes, but not for ever.
  std::chrono::seconds response_timeout{300};
  // Of a C-MOVE: goes into each C-STORE-RQ.
  std::string move_originator_ae_title = {};
  std::optional<uint16_t> move_originator_message_id = {};
};

enum class StoreRunEnd { kDone, kCancelled };

// `destination` is the requestor's association itself for C-GET. When the destination is lost, what it did
// not confirm is tallied as failed and the run is done. An error: the requestor's association is over, nobody
// is left to answer.
Result<StoreRunEnd> RunStores(ingest::Association& destination, storage::DataReader* reader,
                              const std::vector<const RetrieveInstance*>& instances,
                              const StoreRunOptions& options, RetrieveRequest* request,
                              SubOperationTally* tally);

}  // namespace argent::archive
