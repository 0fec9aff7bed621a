// The folder of segment files: DATA/segments/XXXXXXXX.seg for the log, XXXXXXXX.vault for what the vault has
// made of it; the name is the segment id in hex, ids are shared by both and never given twice while a later
// one exists. Creating and removing is durable when the call returns. Thread-safe.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "storage/base/mutex.h"
#include "storage/io/io.h"
#include "storage/segment/format.h"

namespace argent::storage {

class SegmentDirectory {
 public:
  SegmentDirectory(Io* io, std::string path, ArchiveId archive_id)
      : io_(io), path_(std::move(path)), archive_id_(archive_id) {}
  std::string PathOf(uint32_t segment, SegmentRole role = SegmentRole::kLog) const;
  // Ids, ascending. Files with other names are left alone.
  Result<std::vector<uint32_t>> List(SegmentRole role = SegmentRole::kLog) const;
  // An id that no segment of either role has or, as long as the newest one is kept, ever had.
  Result<uint32_t> NextId();
  // A preallocated file of `bytes` with its header written and durable, open for O_DIRECT. That of a vault
  // segment has another name until PublishVault().
  Result<std::unique_ptr<IoFile>> Create(uint32_t segment, uint64_t bytes, SegmentHeader header) const;
  // Gives a finished vault segment its name: from here on it exists.
  Status PublishVault(uint32_t segment) const;
  // Removes vault segments that a stop left unfinished.
  Status RemoveUnfinishedVaults() const;
  // kCorruption when its header is damaged or belongs to another archive.
  Result<std::unique_ptr<IoFile>> Open(uint32_t segment, OpenOptions options) const {
    return Open(segment, SegmentRole::kLog, options, nullptr);
  }
  // `header` receives the segment's header unless it is null.
  Result<std::unique_ptr<IoFile>> Open(uint32_t segment, SegmentRole role, OpenOptions options,
                                       SegmentHeader* header) const;
  Status Remove(uint32_t segment, SegmentRole role) const;
  Result<uint64_t> FreeBytes() const { return io_->FreeBytes(path_); }
  Io* io() const { return io_; }

 private:
  Io* io_;
  std::string path_;
  ArchiveId archive_id_;
  Mutex mutex_;
  uint32_t last_id_ ARGENT_GUARDED_BY(mutex_) = 0;
};

}  // namespace argent::storage
