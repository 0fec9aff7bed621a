// What one vault segment has made of what it stands for: counted when it is built, kept in it (a record of
// kind kVaultSummary) and added up by `argent status`.
//
// Encoding: u8 version (1), the numbers below as u64 in their order, u32 count of `kept`, each: short text
// reason, short text device model, u64 Instances, u64 bytes.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "storage/base/bytes.h"
#include "storage/base/status.h"

namespace argent::archive {

struct VaultSummary {
  uint64_t instances = 0;
  uint64_t data_set_bytes = 0;     // as received
  uint64_t literal_bytes = 0;      // of these, kept in recipes: the headers
  uint64_t header_pack_bytes = 0;  // what the recipes take
  uint64_t frames = 0;             // of Pixel Data and plain bytes, shared ones too
  uint64_t frame_bytes = 0;        // decoded
  uint64_t codestream_bytes = 0;   // what the frames stored here take
  uint64_t frames_encoded = 0;     // in the frame codec
  uint64_t frames_shared = 0;      // found to be stored already, byte for byte
  uint64_t shared_bytes = 0;       // decoded bytes of these
  uint64_t instances_shared = 0;   // all of whose frames were stored already
  uint64_t built_unix_micros = 0;  // every frame was decoded and compared then
  struct Kept {
    uint64_t instances = 0;
    uint64_t bytes = 0;
  };
  // By reason (codec::KeepReasonName or "encapsulated") and device model: not in the frame codec.
  std::map<std::pair<std::string, std::string>, Kept> kept;

  void Add(const VaultSummary& other);
  std::string Encode() const;
  static Result<VaultSummary> Decode(ByteView bytes);
};

}  // namespace argent::archive
