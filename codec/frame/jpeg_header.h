// What a JPEG (ISO/IEC 10918-1 Annex B) or JPEG-LS (14495-1 Annex C) codestream says about itself, read
// before a decoder sees it: geometry, coding process, how many scans it has. Internal to codec/frame/.
#pragma once

#include <cstdint>
#include <vector>

#include "codec/frame/pixel_format.h"
#include "storage/base/bytes.h"
#include "storage/base/status.h"

namespace argent::codec {

// From the SOF marker; the numbers are those of the markers.
enum class JpegProcess : uint8_t {
  kBaseline = 0xC0,
  kExtended = 0xC1,
  kProgressive = 0xC2,
  kLossless = 0xC3,
  kJpegLs = 0xF7,
};

struct JpegComponent {
  uint8_t id = 0;
  int horizontal = 1, vertical = 1;  // sampling factors
};

struct JpegHeader {
  JpegProcess process = JpegProcess::kBaseline;
  int precision = 0;
  uint32_t rows = 0, columns = 0;
  std::vector<JpegComponent> components;
  int scans = 0;
  bool has_jfif = false;
  int adobe_transform = -1;  // of the APP14 segment; -1 when there is none
  bool is_complete = false;  // EOI was found
};

// Progressive JPEG lets a few bytes of a scan cost a pass over the whole image.
inline constexpr int kJpegScansMax = 64;

// Walks all markers up to EOI. kInvalidArgument: not JPEG, or malformed. kUnsupported: hierarchical or
// arithmetic coding, more than 4 components, more than kJpegScansMax scans, the height given later (DNL).
Result<JpegHeader> ReadJpegHeader(ByteView codestream);

// kInvalidArgument when the geometry is not the format's or samples do not fit Bits Allocated; kUnsupported
// for lossless processes with subsampled components and for other than 8 and 16 Bits Allocated.
Status CheckAgainst(const JpegHeader& header, const PixelFormat& format);

}  // namespace argent::codec
