#include "codec/frame/pixel_format.h"

#include <fmt/format.h>

#include <utility>

namespace argent::codec {
namespace {

constexpr std::pair<Photometric, std::string_view> kTexts[] = {
    {Photometric::kMonochrome1, "MONOCHROME1"},
    {Photometric::kMonochrome2, "MONOCHROME2"},
    {Photometric::kPaletteColor, "PALETTE COLOR"},
    {Photometric::kRgb, "RGB"},
    {Photometric::kYbrFull, "YBR_FULL"},
    {Photometric::kYbrFull422, "YBR_FULL_422"},
    {Photometric::kYbrPartial420, "YBR_PARTIAL_420"},
    {Photometric::kYbrPartial422, "YBR_PARTIAL_422"},
    {Photometric::kYbrIct, "YBR_ICT"},
    {Photometric::kYbrRct, "YBR_RCT"},
    {Photometric::kXyb, "XYB"},
};

}  // namespace

Photometric PhotometricOf(std::string_view text) {
  for (const auto& [photometric, name] : kTexts) {
    if (text == name) return photometric;
  }
  return Photometric::kOther;
}

std::string_view PhotometricText(Photometric photometric) {
  for (const auto& [known, name] : kTexts) {
    if (known == photometric) return name;
  }
  return {};
}

Status PixelFormat::Validate() const {
  const auto invalid = [this](std::string_view what) {
    return Status::InvalidArgument(fmt::format("{} (image of {})", what, ToString()));
  };
  if (rows == 0 || columns == 0) return invalid("Rows or Columns is missing or zero");
  if (rows > 65535 || columns > 65535) return invalid("Rows or Columns is above 65535");
  if (samples_per_pixel == 0) return invalid("Samples per Pixel is zero");
  if (bits_allocated != 1 && (bits_allocated == 0 || bits_allocated % 8 != 0)) {
    return invalid("Bits Allocated is neither 1 nor a multiple of 8");
  }
  if (bits_stored == 0 || bits_stored > bits_allocated) {
    return invalid("Bits Stored is zero or above Bits Allocated");
  }
  if (high_bit >= bits_allocated || high_bit + 1 < bits_stored) {
    return invalid("High Bit does not fit Bits Stored and Bits Allocated");
  }
  if (planar_configuration > 1) return invalid("Planar Configuration is neither 0 nor 1");
  if (samples_per_pixel > kSamplesPerPixelMax || bits_allocated > 64 ||
      uint64_t{rows} * columns > kFramePixelsMax || FrameBytes() > kFrameBytesMax) {
    return Status::Unsupported(fmt::format(
        "the Frame is beyond {} megapixels, {} Samples per Pixel, 64 bits or {} GiB (image of {})",
        kFramePixelsMax >> 20, kSamplesPerPixelMax, kFrameBytesMax >> 30, ToString()));
  }
  return Status::Ok();
}

Status PixelFormat::ValidateFrame(size_t bytes) const {
  ARGENT_RETURN_IF_ERROR(Validate());
  if (bytes == FrameBytes()) return Status::Ok();
  return Status::InvalidArgument(fmt::format("{} bytes for a Frame of {}", bytes, ToString()));
}

// 2^16 rows, 2^16 columns, 2^16 samples and 2^16 bits would need 64 bits and one more; Validate() has bounded
// samples and bits, or asks this after it has seen that they are small.
uint64_t PixelFormat::FrameBits() const {
  return uint64_t{rows} * columns * samples_per_pixel * bits_allocated;
}

uint64_t PixelFormat::FrameBytes() const { return (FrameBits() + 7) / 8; }

Result<uint64_t> PixelFormat::PixelDataBytes(uint64_t number_of_frames) const {
  uint64_t bits = 0;
  if (__builtin_mul_overflow(FrameBits(), number_of_frames, &bits) || bits > uint64_t{1} << 63) {
    return Status::InvalidArgument(fmt::format("{} Frames of {} cannot be", number_of_frames, ToString()));
  }
  return (bits + 7) / 8;
}

std::string PixelFormat::ToString() const {
  return fmt::format("{} x {}, {} sample{} of {} of {} bits, {}, {}", columns, rows, samples_per_pixel,
                     samples_per_pixel == 1 ? "" : "s", bits_stored, bits_allocated,
                     is_signed ? "signed" : "unsigned", photometric_text);
}

}  // namespace argent::codec
