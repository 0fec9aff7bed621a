// The Uploader over the log: scans while bytes arrive, streams large Instances into the log piece by piece,
// decides new | same again | conflict, and waits for durability.
#pragma once

#include <atomic>

#include "codec/scanner.h"
#include "ingest/archive_view.h"
#include "ingest/uid_claims.h"
#include "ingest/upload.h"
#include "storage/base/clock.h"
#include "storage/segment/log.h"

namespace argent::ingest {

struct UploaderOptions {
  int uploads_max = 384;        // fewer than the pool's buffers, so that each Upload can always get one
  int buffer_wait_ms = 30'000;  // then kOverloaded
  codec::ScanLimits scan_limits;
};

// Everything an Upload works with; all outlive it.
struct UploadParts {
  storage::Log* log;
  storage::BufferPool* pool;
  storage::DataReader* reader;
  InstanceDirectory* directory;
  Clock* clock;
};

class LogUploader final : public Uploader {
 public:
  LogUploader(UploadParts parts, UploaderOptions options) : parts_(parts), options_(options) {}
  Result<std::unique_ptr<Upload>> Begin(UploadRequest request) override;

 private:
  const UploadParts parts_;
  const UploaderOptions options_;
  UidClaims claims_;  // synchronised by itself
  std::atomic<int> uploads_in_flight_{0};
};

}  // namespace argent::ingest
