#include "codec/frame/safe_subset.h"

#include <iterator>

namespace argent::codec {
namespace {

struct ReasonText {
  KeepReason reason;
  std::string_view name;
  std::string_view text;
};

constexpr ReasonText kTexts[] = {
    {KeepReason::kNone, "none", "may be compressed"},
    {KeepReason::kNoPixelData, "no_pixel_data", "there is no Pixel Data"},
    {KeepReason::kFloatPixelData, "float_pixel_data", "Float or Double Float Pixel Data"},
    {KeepReason::kBadAttributes, "bad_attributes", "the pixel attributes do not describe an image"},
    {KeepReason::kTooLarge, "too_large", "a Frame is beyond the bounds of what is decoded"},
    {KeepReason::kBitsAllocated, "bits_allocated", "Bits Allocated is neither 8 nor 16"},
    {KeepReason::kHighBit, "high_bit", "High Bit is not Bits Stored minus one"},
    {KeepReason::kPhotometric, "photometric", "the Photometric Interpretation cannot be kept losslessly"},
    {KeepReason::kPixelDataLength, "pixel_data_length",
     "Pixel Data is not as long as Rows, Columns and Number of Frames say"},
    {KeepReason::kOverlayInPixelData, "overlay_in_pixel_data", "an overlay lies in unused bits of the cells"},
    {KeepReason::kDigitalSignature, "digital_signature", "another encoding would break a digital signature"},
    {KeepReason::kUnusedBits, "unused_bits", "cells have bits above Bits Stored that are not their sign"},
    {KeepReason::kNotEqual, "not_equal", "the codestream did not decode to exactly the input"},
    {KeepReason::kNotSmaller, "not_smaller", "the codestream is not smaller than the cells"},
    {KeepReason::kEncoderFailed, "encoder_failed", "the encoder failed"},
};

const ReasonText& TextOf(KeepReason reason) {
  static_assert(std::size(kTexts) == static_cast<size_t>(KeepReason::kEncoderFailed) + 1);
  return kTexts[static_cast<size_t>(reason)];
}

// PS3.5 8.2.4 for JPEG 2000; the others follow it.
bool IsCompressible(const PixelFormat& format) {
  switch (format.photometric) {
    case Photometric::kMonochrome1:
    case Photometric::kMonochrome2:
      return format.samples_per_pixel == 1;
    case Photometric::kPaletteColor:
      return format.samples_per_pixel == 1 && !format.is_signed;
    case Photometric::kRgb:
    case Photometric::kYbrFull:
      return format.samples_per_pixel == 3;
    default:
      return false;
  }
}

// The even length that value must have; a missing padding byte of an odd length is tolerated.
bool LengthFits(const ImageDescription& image, uint64_t value_length) {
  const Result<uint64_t> bytes = image.format.PixelDataBytes(image.number_of_frames);
  return bytes.ok() && image.number_of_frames > 0 &&
         (value_length == *bytes || value_length == *bytes + *bytes % 2);
}

// Chroma of half the width: shorter than FrameBytes(), and nothing of ours splits it into Frames.
bool IsSubsampled(const PixelFormat& format) {
  return format.photometric == Photometric::kYbrFull422 ||
         format.photometric == Photometric::kYbrPartial422 ||
         format.photometric == Photometric::kYbrPartial420;
}

KeepReason JudgeCells(const ImageDescription& image) {
  const PixelFormat& format = image.format;
  if (format.bits_allocated != 8 && format.bits_allocated != 16) return KeepReason::kBitsAllocated;
  if (format.high_bit + 1 != format.bits_stored) return KeepReason::kHighBit;
  if (!IsCompressible(format)) return KeepReason::kPhotometric;
  if (image.has_overlay_in_pixel_data) return KeepReason::kOverlayInPixelData;
  if (image.has_digital_signature) return KeepReason::kDigitalSignature;
  return KeepReason::kNone;
}

}  // namespace

std::string_view KeepReasonName(KeepReason reason) { return TextOf(reason).name; }
std::string_view KeepReasonText(KeepReason reason) { return TextOf(reason).text; }

KeepReason JudgeNative(const ImageDescription& image, Tag pixel_data, uint64_t value_length,
                       FrameCodecKind kind) {
  if (pixel_data == tags::kFloatPixelData || pixel_data == tags::kDoubleFloatPixelData) {
    return KeepReason::kFloatPixelData;
  }
  if (pixel_data != tags::kPixelData || value_length == 0) return KeepReason::kNoPixelData;
  if (!image.is_image) return KeepReason::kBadAttributes;
  const Status status = image.format.Validate();
  if (status.code() == StatusCode::kUnsupported) return KeepReason::kTooLarge;
  if (!status.ok()) return KeepReason::kBadAttributes;
  if (IsSubsampled(image.format)) return KeepReason::kPhotometric;
  if (!LengthFits(image, value_length)) return KeepReason::kPixelDataLength;
  // Frames of single bits follow each other within bytes: more than one are no Frames of whole bytes.
  const bool splits_bytes = image.format.FrameBits() % 8 != 0 && image.number_of_frames > 1;
  if (splits_bytes) return KeepReason::kBitsAllocated;
  if (kind == FrameCodecKind::kFast || kind == FrameCodecKind::kNone) return KeepReason::kNone;
  return JudgeCells(image);
}

}  // namespace argent::codec
