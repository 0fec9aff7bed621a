// Frames as they lie in a vault segment: the payload of a record of kind kVaultFrames. A pack says of each
// frame in it what it is and how it is encoded, so that it can be decoded with nothing but the pack (and the
// packs its other parts lie in). Specified in storage/FORMAT.md, section "Vault segments".
//
//   u32 entry count; then per entry, 72 bytes:
//     0  16  hash: XXH3-128 (canonical big-endian form) of the geometry (bytes 28–43) and the cells
//    16   4  origin: the vault segment that gave the frame its number
//    20   4  number: 0, 1, 2 … within that segment
//    24   2  part: of a codestream that was too large for one pack, which piece this is
//    26   2  parts: how many there are (1 for most)
//    28   4  rows          32  4  columns       36  2  samples per pixel   38  1  bits allocated
//    39   1  bits stored   40  1  high bit      41  1  1: signed           42  1  planar configuration
//    43   1  photometric (codec/frame/pixel_format.h)
//    44   1  codec (codec/frame/frame_codec.h)                            45  3  zeros
//    48   8  bytes of the decoded cells
//    56   4  position of this piece in the payload
//    60   4  length of this piece
//    64   8  zeros
//   then the pieces.
// Rows 0: not cells of a known geometry but bytes as received (codec 0): encapsulated Pixel Data, say.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "codec/frame/frame_codec.h"
#include "codec/frame/pixel_format.h"
#include "storage/segment/extent.h"

namespace argent::archive {

using FrameHash = std::array<uint8_t, 16>;

// What a stored frame decodes to.
struct FrameFormat {
  codec::PixelFormat pixels;  // rows 0: plain bytes
  uint64_t bytes = 0;         // decoded
  bool is_plain() const { return pixels.rows == 0; }
};

// One piece of a codestream: a part of one record's payload.
struct BlobRef {
  storage::Extent record;
  uint32_t position = 0;
  uint32_t length = 0;
  bool operator==(const BlobRef&) const = default;
};

struct StoredFrame {
  FrameHash hash{};
  uint32_t origin = 0;
  uint32_t number = 0;
  codec::FrameCodecKind codec = codec::FrameCodecKind::kNone;
  FrameFormat format;
  std::vector<BlobRef> parts;
  uint64_t stored_bytes() const;
};

inline constexpr size_t kFramePackEntryBytes = 72;
// A pack is written when it has this much, a codestream is cut into pieces of at most this much.
inline constexpr size_t kFramePackBytes = size_t{4} << 20;

// The first 16 bytes of a frame's geometry, as hashed and as stored.
std::array<uint8_t, 16> EncodeGeometry(const codec::PixelFormat& pixels);
Result<codec::PixelFormat> DecodeGeometry(ByteView bytes);
// Two frames with equal hashes are compared byte for byte before anything is shared.
using FrameHasher = FrameHash (*)(const FrameFormat& format, ByteView cells);
FrameHash HashFrame(const FrameFormat& format, ByteView cells);

class FramePackBuilder {
 public:
  bool empty() const { return entries_.empty(); }
  size_t bytes() const { return entries_.size() * kFramePackEntryBytes + 4 + data_.size(); }
  // Adds one piece; its BlobRef is made by Finish().
  void Add(const StoredFrame& frame, uint16_t part, uint16_t parts, std::string_view piece);
  // The payload, and the place of each piece in it, in the order of Add(). Empties the builder.
  std::string Finish(std::vector<std::pair<uint32_t, uint32_t>>* places);

 private:
  std::vector<std::string> entries_;
  std::vector<uint32_t> lengths_;
  std::string data_;
};

// One piece as a pack's directory has it.
struct FramePackEntry {
  StoredFrame frame;  // parts holds this piece
  uint16_t part = 0;
  uint16_t parts = 1;
};
// kCorruption when the directory is not what FramePackBuilder makes. `record` is where the pack lies.
Result<std::vector<FramePackEntry>> DecodeFramePack(const storage::Extent& record, ByteView payload);

}  // namespace argent::archive
