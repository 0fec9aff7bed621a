// The vault: turns sealed log segments into vault segments, keeps the catalog informed, and lets go of the
// log segments it stands for when their space is wanted. They serve as a cache of fresh Instances until then.
//
// Compaction runs on the calling thread (Compact) or on one of its own (Start). A stop at any moment loses
// nothing: a vault segment exists only when it is whole, a log segment is removed only after the catalog
// durably knows the vault's copy.
#pragma once

#include <atomic>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "archive/vault/vault_adopter.h"
#include "archive/vault/vault_builder.h"
#include "storage/segment/log.h"

namespace argent::archive {

struct VaultOptions {
  codec::FrameCodecKind codec = codec::FrameCodecKind::kJ2k;
  int threads = 2;
  uint64_t hot_bytes_max = uint64_t{64} << 30;  // of log segments that the vault stands for
  uint64_t window_bytes = uint64_t{4} << 30;    // of log segments that are compacted together
  FrameHasher hasher = HashFrame;               // tests force collisions
};

struct VaultStatus {
  uint64_t segments = 0;
  uint64_t stored_bytes = 0;   // of vault segments
  uint64_t backlog_bytes = 0;  // of sealed log segments that the vault does not stand for yet
  uint64_t open_bytes = 0;     // of the open log segment
  uint64_t hot_bytes = 0;      // of log segments that it stands for
  VaultSummary sum;            // of all vault segments
  std::string last_error;      // of the compaction in the background; empty when it is well
};

class Vault {
 public:
  struct Parts {
    storage::SegmentDirectory* segments;
    storage::SegmentDataReader* reader;
    VaultReader* vault_reader;
    storage::Catalog* catalog;
    ingest::Committer* committer;
    Clock* clock;
  };
  Vault(Parts parts, VaultOptions options) : parts_(parts), options_(options) {}
  ~Vault() { Stop(); }

  // After recovery, before anything is accepted: removes what a stop left unfinished and adopts what the
  // catalog does not know yet.
  Status Open();
  // Builds one vault segment if there is a backlog; false when there is none. Makes room either way: Reap().
  Result<bool> CompactOnce(const std::atomic<bool>& stop);
  // Removes the oldest log segments that the vault stands for until at most hot_bytes_max of them are left.
  // The newest log segment always stays.
  Status Reap();
  Result<VaultStatus> GetStatus();

  // Compacts in the background whenever there is a backlog; `log` is asked to seal its segment when it has
  // not been written to for a while.
  void Start(storage::Log* log);
  void Stop();

 private:
  struct LogSegment {
    uint32_t id = 0;
    uint64_t bytes = 0;
    bool covered = false;
    bool sealed = false;
  };
  Result<std::vector<LogSegment>> LogSegments();
  void Run(storage::Log* log);

  const Parts parts_;
  const VaultOptions options_;
  std::atomic<bool> stop_{false};
  Mutex mutex_;
  CondVar wake_;
  std::string last_error_ ARGENT_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace argent::archive
