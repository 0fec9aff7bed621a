// What a JPEG 2000 codestream (ISO/IEC 15444-1 Annex A; Part 15 for HTJ2K) says about itself before anything
// is decoded: geometry, and how much work and memory its structure can cost. A decoder gets only what this
// has let through. Internal to codec/frame/.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "codec/frame/pixel_format.h"
#include "storage/base/bytes.h"
#include "storage/base/status.h"

namespace argent::codec {

struct J2kComponent {
  int precision = 0;
  bool is_signed = false;
};

struct J2kHeader {
  uint32_t columns = 0;
  uint32_t rows = 0;
  std::vector<J2kComponent> components;  // none is subsampled
  uint64_t tiles = 0;
  bool multiple_component_transform = false;  // RCT or ICT (COD of the main header)
  bool irreversible = false;                  // 9-7 wavelet
  int decompositions = 0;                     // of the main header
  bool high_throughput = false;               // HTJ2K
};

// Bounds: a Frame as senders make them has one tile or a few hundred, one to a dozen layers, and precincts by
// the thousand. Structures (code-blocks, precincts, packets) cost a library about a hundred bytes each.
inline constexpr uint64_t kJ2kTilesMax = 65535;
inline constexpr uint64_t kJ2kStructuresMax = 8'000'000;

// Walks the main header and every tile-part header. kInvalidArgument: not a codestream, or malformed.
// kUnsupported: subsampled components, more than 16 bits, beyond a bound.
Result<J2kHeader> ReadJ2kHeader(ByteView codestream);

// The codestream itself where a JP2 file was sent instead (PS3.5 A.4.4 forbids it; real devices do it).
ByteView WithoutJp2Boxes(ByteView bytes);

// kInvalidArgument when the geometry is not the format's or samples do not fit Bits Allocated.
Status CheckAgainst(const J2kHeader& header, const PixelFormat& format);

}  // namespace argent::codec
