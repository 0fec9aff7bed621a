// The fact "an Instance was received": everything the archive knows about it besides the Data Set bytes
// themselves. Its encoding is part of the on-disk format (storage/FORMAT.md, section "Instance received").
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "codec/scanner.h"
#include "codec/uid.h"
#include "storage/base/status.h"
#include "storage/segment/extent.h"

namespace argent::ingest {

enum class Door : uint8_t { kCStore = 1, kImport = 2, kStow = 3, kMigration = 4 };

// Who brought it.
struct Source {
  Door door = Door::kCStore;
  std::string calling_ae_title;  // C-STORE
  std::string called_ae_title;   // C-STORE
  std::string peer;              // "address:port", or the path of an imported file
};

using Digest =
    std::array<uint8_t, 16>;  // XXH3-128 (seed 0, canonical big-endian form) of the Data Set as received

struct InstanceReceived {
  codec::StudyInstanceUid study_uid;
  codec::SeriesInstanceUid series_uid;
  codec::SopInstanceUid sop_instance_uid;
  codec::SopClassUid sop_class_uid;
  codec::TransferSyntaxUid transfer_syntax_uid;  // as received
  uint64_t data_set_bytes = 0;
  Digest digest{};
  std::vector<storage::Extent> extents;  // the Data Set as received, in order
  codec::PixelDataLocation pixel_data;
  codec::DataSet attributes;  // catalog attributes, UTF-8
  Source source;
  int64_t received_unix_micros = 0;
  // Other bytes are already kept under this SOP Instance UID: both are, and a person is asked (DESIGN,
  // promise 3).
  bool conflict = false;

  std::string Encode() const;
  // kCorruption when the bytes are not what Encode() makes.
  static Result<InstanceReceived> Decode(ByteView bytes);
};

}  // namespace argent::ingest
