// The one way in (DESIGN, section 3). A door opens an Upload, appends the Data Set's bytes as they arrive and
// finishes it; the outcome comes when the Instance is durable (or is refused). A door is only protocol;
// everything about keeping is behind this.
//
// One thread per Upload; several Uploads at once. Destroying an unfinished Upload leaves nothing behind.
#pragma once

#include <memory>
#include <string>

#include "codec/uid.h"
#include "ingest/instance_received.h"
#include "storage/base/bytes.h"
#include "storage/base/status.h"

namespace argent::ingest {

struct UploadRequest {
  codec::TransferSyntaxUid transfer_syntax_uid;  // of the bytes that follow
  Source source;
  // What the peer said in its command; checked against the Data Set (PS3.4 B.2.3, A900). Empty: not checked.
  codec::SopClassUid expected_sop_class_uid;
  codec::SopInstanceUid expected_sop_instance_uid;
};

enum class OutcomeKind {
  kStored,     // new, durable
  kDuplicate,  // the same Data Set bytes are already kept: durable, stored once
  kConflict,   // other bytes under this UID are kept: both are, durable, raised as an exception
  kRefused,    // not kept; `status` says why
};

struct Outcome {
  OutcomeKind kind = OutcomeKind::kRefused;
  Status status;  // not ok exactly when refused
  codec::StudyInstanceUid study_uid;
  codec::SeriesInstanceUid series_uid;
  codec::SopInstanceUid sop_instance_uid;  // as far as it could be read
  bool uid_mismatch = false;               // refused because the command's UIDs are not the Data Set's (A900)
};

class Upload {
 public:
  virtual ~Upload() = default;
  // Space for the next bytes, at least 1 byte, at most 256 KiB: read from the socket or file straight into
  // it, then Advance(). Waits while the buffer pool is empty; kOverloaded after a bound, kNoSpace / kIoError
  // when the log cannot take more.
  virtual Result<MutableByteView> Reserve() = 0;
  // `bytes` of the last Reserve() are filled. kInvalidArgument as soon as the scan refuses the Data Set: the
  // door may go on reading (and discarding) to keep its protocol in step.
  virtual Status Advance(size_t bytes) = 0;
  // Copies; Reserve() and Advance() in a loop.
  Status Append(ByteView bytes);
  // The Data Set is complete. Returns when it is durable or refused. Call once.
  virtual Outcome Finish() = 0;
};

// Hands out Uploads. Thread-safe.
class Uploader {
 public:
  virtual ~Uploader() = default;
  // kOverloaded at the bound of Uploads in flight; kNoSpace when the volume has no room; kIoError when the
  // volume is fenced.
  virtual Result<std::unique_ptr<Upload>> Begin(UploadRequest request) = 0;
};

}  // namespace argent::ingest
