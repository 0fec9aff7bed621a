// From facts to the catalog: applies each durable group in one atomic, unsynced batch together with the log
// position it brings the catalog to, and replays what the catalog missed. Live commits, recovery and a full
// rebuild all pass through Apply().
#pragma once

#include <optional>

#include "ingest/archive_view.h"
#include "storage/base/mutex.h"
#include "storage/segment/log.h"
#include "storage/segment/segment_reader.h"

namespace argent::ingest {

class Committer final : public storage::GroupApplier {
 public:
  Committer(storage::Catalog* catalog, FactProjector* projector) : catalog_(catalog), projector_(projector) {}
  // Called by one thread at a time. The batch expects the position that the one before left: a group is never
  // applied twice, nor over a gap, whatever an earlier commit that failed has done. kAborted then; a restart
  // replays from where the catalog is.
  Status Apply(const std::vector<storage::Fact>& facts, storage::LogPosition end) override;
  // Changes that follow from no new fact of the log (where bytes lie): `facts` for the projector and `writes`
  // as they are, in one commit; the position stays. Thread-safe, between the groups of Apply().
  Status ApplyAside(const std::vector<storage::Fact>& facts,
                    const std::vector<storage::CatalogBatch::Write>& writes);
  // The place in the log that the catalog has reached; {0, 0} for an empty catalog.
  Result<storage::LogPosition> Position();
  // Replays the log behind Position(). The report's damage does not stop the replay.
  Result<storage::RecoveryReport> Recover(const storage::SegmentDirectory& segments);

 private:
  storage::Catalog* catalog_;
  FactProjector* projector_;
  Mutex mutex_;  // held over a projection and its commit
  std::optional<storage::LogPosition> reached_
      ARGENT_GUARDED_BY(mutex_);  // by the last commit; read from the catalog before the first
};

// The catalog's key of the position. It sorts before every table of the information model.
inline constexpr std::string_view kPositionKey = "\x01log-position";
// There while the catalog is built from nothing: a catalog that has it is not whole and is built anew.
inline constexpr std::string_view kRebuildingKey = "\x01rebuilding";

}  // namespace argent::ingest
