// Frames for tests: every kind of cell crossed with every kind of content, made from a seed.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "codec/frame/frame_codec.h"
#include "codec/frame/pixel_format.h"

namespace argent::codec {

enum class Content { kZero, kConstant, kNoise, kGradient, kImage };
inline constexpr Content kContents[] = {Content::kZero, Content::kConstant, Content::kNoise,
                                        Content::kGradient, Content::kImage};

struct FrameCase {
  PixelFormat format;
  Content content = Content::kNoise;
  std::string ToString() const;
};
inline std::ostream& operator<<(std::ostream& out, const FrameCase& c) { return out << c.ToString(); }

PixelFormat MakeFormat(uint32_t columns, uint32_t rows, uint16_t bits_stored, uint16_t bits_allocated,
                       bool is_signed = false, std::string_view photometric = "MONOCHROME2",
                       uint16_t planar_configuration = 0);

// Cells that stay within Bits Stored, negative ones with their sign above it; Bits Allocated 1, 8, 16, 32.
std::string MakeCells(const PixelFormat& format, Content content, uint64_t seed);
inline std::string MakeCells(const FrameCase& c) { return MakeCells(c.format, c.content, 20); }

// Bits 1 to 16 in 8 and 16, signed and not, every Photometric Interpretation and Planar Configuration a
// lossless codestream may have, the contents, and odd sizes from 1 x 1.
std::vector<FrameCase> FrameMatrix();

// The first cell that differs, for messages; "" when equal.
std::string FirstDifference(const PixelFormat& format, std::string_view expected, std::string_view actual);

}  // namespace argent::codec
