// Which native Pixel Data may be kept in a lossless codestream instead, and why not where not: what the
// libraries hold bit for bit and the Standard allows (PS3.5 8.2.4). Being inside is necessary, not
// sufficient: each Frame is decoded and compared before it counts.
#pragma once

#include <cstdint>
#include <string_view>

#include "codec/data_set.h"
#include "codec/frame/frame_codec.h"
#include "codec/frame/image_description.h"

namespace argent::codec {

enum class KeepReason : uint8_t {
  kNone,                // may be compressed
  kNoPixelData,         // no Pixel Data at all
  kFloatPixelData,      // Float or Double Float Pixel Data
  kBadAttributes,       // the attributes do not make a Frame (PixelFormat::Validate)
  kTooLarge,            // beyond our bounds
  kBitsAllocated,       // 1, 24, 32 or more
  kHighBit,             // High Bit is not Bits Stored - 1
  kPhotometric,         // YBR_FULL_422, YBR_PARTIAL_*, ARGB, CMYK, or samples that do not fit it
  kPixelDataLength,     // not Rows x Columns x …: truncated, or something behind it
  kOverlayInPixelData,  // overlay bits in unused bits of the cells
  kDigitalSignature,    // another encoding would break it
  // Found only by encoding:
  kUnusedBits,  // garbage above Bits Stored
  kNotEqual,    // did not decode to the input
  kNotSmaller,  // the codestream is as large as the cells
  kEncoderFailed,
};

// For reports and metrics: "high_bit", and in words: "High Bit is not Bits Stored minus one".
std::string_view KeepReasonName(KeepReason reason);
std::string_view KeepReasonText(KeepReason reason);

// Native Pixel Data of `value_length` bytes. kFast and kNone keep bytes whatever they mean, and are refused
// only what has no Frames of known size.
KeepReason JudgeNative(const ImageDescription& image, Tag pixel_data, uint64_t value_length,
                       FrameCodecKind kind);

}  // namespace argent::codec
