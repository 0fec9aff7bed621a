#include "tests/codec/frame_support.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "storage/base/random.h"

namespace argent::codec {
namespace {

constexpr const char* kContentNames[] = {"zero", "constant", "noise", "gradient", "image"};

class ValueMaker {
 public:
  ValueMaker(const PixelFormat& format, Content content, uint64_t seed)
      : format_(format),
        content_(content),
        random_(seed),
        low_(format.is_signed ? -(int64_t{1} << (format.bits_stored - 1)) : 0),
        high_(low_ + (int64_t{1} << format.bits_stored) - 1) {
    if (content == Content::kConstant) constant_ = Noise();
  }

  int64_t Value(uint32_t sample, uint32_t row, uint32_t column) {
    switch (content_) {
      case Content::kZero:
        return 0;
      case Content::kConstant:
        return constant_;
      case Content::kNoise:
        return Noise();
      case Content::kGradient:
        return At(static_cast<double>(row + column) / (format_.rows + format_.columns));
      case Content::kImage:
        return At(Image(sample, row, column)) + static_cast<int64_t>(random_.Below(3)) - 1;
    }
    return 0;
  }
  int64_t Clamp(int64_t value) const { return std::clamp(value, low_, high_); }

 private:
  int64_t Noise() {
    return low_ + static_cast<int64_t>(random_.Below(static_cast<uint64_t>(high_ - low_ + 1)));
  }
  int64_t At(double share) const {
    return low_ + static_cast<int64_t>(share * static_cast<double>(high_ - low_));
  }
  // A bright body with a soft edge and a sharp one inside.
  double Image(uint32_t sample, uint32_t row, uint32_t column) const {
    const double x = static_cast<double>(column) / format_.columns - 0.5;
    const double y = static_cast<double>(row) / format_.rows - 0.5;
    const double r = std::sqrt(x * x + y * y);
    if (r > 0.45) return 0;
    return std::abs(x) < 0.1 ? 0.95 : 0.4 + 0.1 * sample + 0.3 * std::cos(9 * r + sample);
  }

  const PixelFormat& format_;
  const Content content_;
  Random random_;
  const int64_t low_, high_;
  int64_t constant_ = 0;
};

void StoreCell(const PixelFormat& format, size_t index, int64_t value, std::string* cells) {
  const size_t bytes = format.bits_allocated / 8u;
  if (bytes == 0) {
    if (value & 1) (*cells)[index / 8] = static_cast<char>((*cells)[index / 8] | 1 << (index % 8));
    return;
  }
  for (size_t i = 0; i < bytes; ++i) (*cells)[index * bytes + i] = static_cast<char>(value >> (8 * i));
}

}  // namespace

std::string FrameCase::ToString() const {
  return fmt::format("{}, planar {}, {}", format.ToString(), format.planar_configuration,
                     kContentNames[static_cast<size_t>(content)]);
}

PixelFormat MakeFormat(uint32_t columns, uint32_t rows, uint16_t bits_stored, uint16_t bits_allocated,
                       bool is_signed, std::string_view photometric, uint16_t planar_configuration) {
  PixelFormat format;
  format.rows = rows;
  format.columns = columns;
  format.bits_stored = bits_stored;
  format.bits_allocated = bits_allocated;
  format.high_bit = static_cast<uint16_t>(bits_stored - 1);
  format.is_signed = is_signed;
  format.planar_configuration = planar_configuration;
  format.photometric = PhotometricOf(photometric);
  format.photometric_text = photometric;
  const bool colour = photometric == "RGB" || photometric.starts_with("YBR");
  format.samples_per_pixel = colour ? 3 : 1;
  return format;
}

std::string MakeCells(const PixelFormat& format, Content content, uint64_t seed) {
  std::string cells(format.FrameBytes(), '\0');
  ValueMaker maker(format, content, seed);
  for (uint32_t sample = 0; sample < format.samples_per_pixel; ++sample) {
    for (uint32_t row = 0; row < format.rows; ++row) {
      for (uint32_t column = 0; column < format.columns; ++column) {
        const size_t pixel = size_t{row} * format.columns + column;
        const size_t index = format.planar_configuration == 1
                                 ? pixel + size_t{sample} * format.rows * format.columns
                                 : pixel * format.samples_per_pixel + sample;
        StoreCell(format, index, maker.Clamp(maker.Value(sample, row, column)), &cells);
      }
    }
  }
  return cells;
}

std::vector<FrameCase> FrameMatrix() {
  struct Size {
    uint32_t columns, rows;
  };
  constexpr Size kSizes[] = {{1, 1},   {2, 1},   {1, 3},   {17, 5},  {16, 16},
                             {33, 31}, {127, 2}, {70, 65}, {130, 97}};
  struct Bits {
    uint16_t stored, allocated;
  };
  constexpr Bits kBits[] = {{1, 8},  {2, 8},   {7, 8},   {8, 8},   {1, 16}, {8, 16},
                            {9, 16}, {10, 16}, {12, 16}, {15, 16}, {16, 16}};
  struct Colour {
    std::string_view photometric;
    uint16_t planar_configuration;
  };
  constexpr Colour kColours[] = {{"MONOCHROME1", 0}, {"MONOCHROME2", 0}, {"PALETTE COLOR", 0}, {"RGB", 0},
                                 {"RGB", 1},         {"YBR_FULL", 0},    {"YBR_FULL", 1}};
  std::vector<FrameCase> cases;
  for (const Size& size : kSizes) {
    for (const Bits& bits : kBits) {
      for (const Colour& colour : kColours) {
        for (const bool is_signed : {false, true}) {
          if (is_signed && colour.photometric == "PALETTE COLOR") continue;
          const PixelFormat format = MakeFormat(size.columns, size.rows, bits.stored, bits.allocated,
                                                is_signed, colour.photometric, colour.planar_configuration);
          for (const Content content : kContents) cases.push_back({format, content});
        }
      }
    }
  }
  return cases;
}

std::string FirstDifference(const PixelFormat& format, std::string_view expected, std::string_view actual) {
  if (expected.size() != actual.size())
    return fmt::format("{} bytes, not {}", actual.size(), expected.size());
  const auto at = std::mismatch(expected.begin(), expected.end(), actual.begin());
  if (at.first == expected.end()) return "";
  return fmt::format("byte {} of {} is {:#x}, not {:#x} ({})", at.first - expected.begin(), expected.size(),
                     static_cast<uint8_t>(*at.second), static_cast<uint8_t>(*at.first), format.ToString());
}

}  // namespace argent::codec
