// What ingest needs to know of the archive above it: which Instances exist, and how a fact changes the
// catalog. Owned here, implemented in archive/model (an upward call through an interface).
#pragma once

#include <span>
#include <vector>

#include "codec/uid.h"
#include "ingest/instance_received.h"
#include "storage/base/status.h"
#include "storage/catalog/catalog.h"
#include "storage/segment/fact.h"

namespace argent::ingest {

// One kept form of a SOP Instance UID; more than one when contents conflict.
struct StoredVariant {
  uint64_t sequence = 0;  // of the fact that brought it
  uint64_t data_set_bytes = 0;
  Digest digest{};
  std::string transfer_syntax_uid;
  std::vector<storage::Extent> extents;
};

class InstanceDirectory {
 public:
  virtual ~InstanceDirectory() = default;
  // Every kept form, in order of arrival; empty when the UID is unknown. Thread-safe.
  virtual Result<std::vector<StoredVariant>> FindVariants(const codec::SopInstanceUid& uid) = 0;
};

// Turns facts into catalog changes: the only code that does, for live commits, recovery and a full rebuild
// alike. A pure function of the facts in sequence order, however they are split in calls. Called by one
// thread at a time.
class FactProjector {
 public:
  virtual ~FactProjector() = default;
  // Adds to `batch` what `facts` change. The caller commits the batch before the next call, or calls
  // Forget().
  virtual Status Project(std::span<const storage::Fact> facts, storage::CatalogBatch* batch) = 0;
  // The last batch was not committed: drop cached rows.
  virtual void Forget() = 0;
};

}  // namespace argent::ingest
