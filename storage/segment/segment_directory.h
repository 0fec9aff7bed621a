// The folder of segment files: DATA/segments/XXXXXXXX.seg, the name being the segment id in hex. Creating and
// removing is durable when the call returns. Thread-safe.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "storage/io/io.h"
#include "storage/segment/format.h"

namespace argent::storage {

class SegmentDirectory {
 public:
  SegmentDirectory(Io* io, std::string path, ArchiveId archive_id)
      : io_(io), path_(std::move(path)), archive_id_(archive_id) {}
  std::string PathOf(uint32_t segment) const;
  // Ids, ascending. Files with other names are left alone.
  Result<std::vector<uint32_t>> List() const;
  // A preallocated file of `bytes` with its header written and durable, open for O_DIRECT.
  Result<std::unique_ptr<IoFile>> Create(uint32_t segment, uint64_t bytes, SegmentHeader header) const;
  // kCorruption when its header is damaged or belongs to another archive.
  Result<std::unique_ptr<IoFile>> Open(uint32_t segment, OpenOptions options) const;
  Result<uint64_t> FreeBytes() const { return io_->FreeBytes(path_); }
  Io* io() const { return io_; }

 private:
  Io* io_;
  std::string path_;
  ArchiveId archive_id_;
};

}  // namespace argent::storage
