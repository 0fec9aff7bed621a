// How the cells of one Frame are laid out (PS3.3 C.7.6.3, Image Pixel Module; PS3.5 section 8): what every
// frame codec and decoder is told, and what it trusts, after Validate(), for the sizes of its buffers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "storage/base/status.h"

namespace argent::codec {

// Photometric Interpretation (0028,0004), PS3.3 C.7.6.3.1.2.
enum class Photometric : uint8_t {
  kMonochrome1,
  kMonochrome2,
  kPaletteColor,
  kRgb,
  kYbrFull,
  kYbrFull422,
  kYbrPartial420,
  kYbrPartial422,
  kYbrIct,
  kYbrRct,
  kXyb,
  kOther,  // HSV, ARGB, CMYK, anything unknown: the text says which
};

// Without padding; unknown text is kOther.
Photometric PhotometricOf(std::string_view text);
// As the attribute has it; "" for kOther.
std::string_view PhotometricText(Photometric photometric);

// Bounds of what is decoded or encoded: beyond them is kUnsupported. A whole-slide image at full resolution
// comes in tiles, the largest single Frames (film, mammography, stitched radiographs) stay below 100
// megapixels.
inline constexpr uint64_t kFramePixelsMax = uint64_t{512} << 20;
inline constexpr uint16_t kSamplesPerPixelMax = 4;
inline constexpr uint64_t kFrameBytesMax = uint64_t{4} << 30;

struct PixelFormat {
  uint32_t rows = 0;
  uint32_t columns = 0;
  uint16_t samples_per_pixel = 1;
  uint16_t bits_allocated = 16;
  uint16_t bits_stored = 16;
  uint16_t high_bit = 15;
  bool is_signed = false;             // Pixel Representation (0028,0103) is 1
  uint16_t planar_configuration = 0;  // 1: a plane for each sample; without meaning for one sample
  Photometric photometric = Photometric::kMonochrome2;
  std::string photometric_text = "MONOCHROME2";  // as received

  bool operator==(const PixelFormat&) const = default;

  // kInvalidArgument: the attributes contradict each other or the Standard (zero Rows, Bits Stored above Bits
  // Allocated …). kUnsupported: well formed but beyond a bound above. The other members may be called only
  // when this is ok.
  Status Validate() const;
  // Validate(), and kInvalidArgument when a buffer of `bytes` is not exactly one Frame.
  Status ValidateFrame(size_t bytes) const;

  // Bytes of one Frame whose samples are all there, the last byte of a 1-bit Frame filled up. Native Pixel
  // Data in YBR_FULL_422 has a third less; such Frames come out of JPEG decoders only.
  uint64_t FrameBytes() const;
  // Bits of one Frame: 1-bit Frames follow each other without padding (PS3.5 8.1.1).
  uint64_t FrameBits() const;
  // Bytes of native Pixel Data with this many Frames, without the byte that makes a length even.
  // kInvalidArgument when that passes 2^63.
  Result<uint64_t> PixelDataBytes(uint64_t number_of_frames) const;

  // "512 x 512, 1 sample of 12 of 16 bits, signed, MONOCHROME2": for messages.
  std::string ToString() const;
};

}  // namespace argent::codec
