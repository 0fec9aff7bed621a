#include "codec/frame/safe_subset.h"

#include <gtest/gtest.h>

#include <functional>

#include "tests/support/dicom_builder.h"

namespace argent::codec {
namespace {

using test::DicomBuilder;

constexpr uint64_t kValueBytes = 20 * 10 * 2;

// The attributes of an image of 20 x 10 cells of 12 bits; a change replaces what it names.
struct Attributes {
  uint16_t rows = 10, columns = 20, allocated = 16, stored = 12, high_bit = 11, samples = 1;
  uint16_t representation = 0, planar = 0;
  std::string photometric = "MONOCHROME2";
  std::string frames = {};
  std::function<void(DicomBuilder*)> more = {};  // elements of groups above 0028
};

std::string Head(const Attributes& a, Encoding encoding = Encoding::kExplicitLittle) {
  DicomBuilder builder(encoding);
  builder.BeginSequence({0x0008, 0x1140}).BeginItem();
  builder.U16({0x0028, 0x0010}, 999).EndItem().EndSequence();  // of no concern: within an item
  builder.U16({0x0028, 0x0002}, a.samples).Text({0x0028, 0x0004}, "CS", a.photometric);
  if (a.samples > 1) builder.U16({0x0028, 0x0006}, a.planar);
  if (!a.frames.empty()) builder.Text({0x0028, 0x0008}, "IS", a.frames);
  builder.U16({0x0028, 0x0010}, a.rows).U16({0x0028, 0x0011}, a.columns);
  builder.U16({0x0028, 0x0100}, a.allocated).U16({0x0028, 0x0101}, a.stored);
  builder.U16({0x0028, 0x0102}, a.high_bit).U16({0x0028, 0x0103}, a.representation);
  if (a.more) a.more(&builder);
  return builder.bytes();
}

ImageDescription Describe(const Attributes& a, std::string_view after = {}) {
  const auto image = DescribeImage(AsBytes(Head(a)), AsBytes(after), Encoding::kExplicitLittle);
  EXPECT_TRUE(image.ok()) << image.status().ToString();
  return image.ok() ? *image : ImageDescription{};
}

KeepReason Judge(const Attributes& a, uint64_t value_bytes = kValueBytes,
                 FrameCodecKind kind = FrameCodecKind::kJ2k) {
  return JudgeNative(Describe(a), tags::kPixelData, value_bytes, kind);
}

TEST(ImageDescription, ReadsEveryEncoding) {
  Attributes a;
  a.frames = "3 ";
  a.representation = 1;
  for (const Encoding encoding :
       {Encoding::kExplicitLittle, Encoding::kImplicitLittle, Encoding::kExplicitBig}) {
    const auto image = DescribeImage(AsBytes(Head(a, encoding)), {}, encoding);
    ASSERT_TRUE(image.ok());
    EXPECT_TRUE(image->is_image);
    EXPECT_EQ(image->format.ToString(), "20 x 10, 1 sample of 12 of 16 bits, signed, MONOCHROME2");
    EXPECT_EQ(image->number_of_frames, 3u);
    EXPECT_FALSE(image->lossy);
    EXPECT_FALSE(image->has_digital_signature);
    EXPECT_FALSE(image->has_overlay_in_pixel_data);
  }
}

TEST(ImageDescription, StopsWithinTheHeaderOfPixelData) {
  DicomBuilder builder;
  builder.Header(tags::kPixelData, "OW", kValueBytes);
  const std::string header = builder.bytes();
  for (size_t length = 0; length <= header.size(); ++length) {
    const std::string head = Head({}) + header.substr(0, length);
    EXPECT_TRUE(DescribeImage(AsBytes(head), {}, Encoding::kExplicitLittle).ok());
  }
}

TEST(ImageDescription, SeesSignaturesOnEitherSide) {
  Attributes a;
  a.more = [](DicomBuilder* b) { b->BeginSequence({0x4FFE, 0x0001}).EndSequence(); };
  EXPECT_TRUE(Describe(a).has_digital_signature);
  DicomBuilder after;
  after.BeginSequence({0xFFFA, 0xFFFA}).BeginItem().EndItem().EndSequence();
  EXPECT_TRUE(Describe({}, after.bytes()).has_digital_signature);
}

TEST(ImageDescription, TellsOverlaysInPixelDataFromThoseBesideIt) {
  Attributes a;
  a.more = [](DicomBuilder* b) { b->U16({0x6002, 0x0100}, 16).U16({0x6002, 0x0102}, 12); };
  EXPECT_TRUE(Describe(a).has_overlay_in_pixel_data);
  a.more = [](DicomBuilder* b) {
    b->U16({0x6002, 0x0100}, 1).U16({0x6002, 0x0102}, 12).Bytes({0x6002, 0x3000}, "OW", "overlay!");
  };
  EXPECT_FALSE(Describe(a).has_overlay_in_pixel_data);
  a.more = [](DicomBuilder* b) { b->U16({0x6000, 0x0100}, 1).U16({0x6000, 0x0102}, 0); };
  EXPECT_FALSE(Describe(a).has_overlay_in_pixel_data);
}

TEST(ImageDescription, RefusesANumberOfFramesThatIsNone) {
  for (const char* frames : {"x", "1.5", "-1", "99999999999999999999", "3 4"}) {
    Attributes a;
    a.frames = frames;
    EXPECT_EQ(DescribeImage(AsBytes(Head(a)), {}, Encoding::kExplicitLittle).status().code(),
              StatusCode::kInvalidArgument)
        << frames;
  }
}

TEST(SafeSubset, TakesOrdinaryImages) {
  EXPECT_EQ(Judge({}), KeepReason::kNone);
  EXPECT_EQ(Judge({.representation = 1}), KeepReason::kNone);
  EXPECT_EQ(Judge({.photometric = "MONOCHROME1"}), KeepReason::kNone);
  EXPECT_EQ(Judge({.frames = "7"}, 7 * kValueBytes), KeepReason::kNone);
  Attributes colour{
      .allocated = 8, .stored = 8, .high_bit = 7, .samples = 3, .planar = 1, .photometric = "RGB"};
  EXPECT_EQ(Judge(colour, 600), KeepReason::kNone);
  colour.photometric = "YBR_FULL";
  EXPECT_EQ(Judge(colour, 600), KeepReason::kNone);
  EXPECT_EQ(Judge({.rows = 9, .columns = 3, .allocated = 8, .stored = 8, .high_bit = 7}, 28),
            KeepReason::kNone)
      << "an odd length is padded";
  EXPECT_EQ(Judge({.rows = 9, .columns = 3, .allocated = 8, .stored = 8, .high_bit = 7}, 27),
            KeepReason::kNone);
}

TEST(SafeSubset, KeepsWhatACodestreamCannotHoldBitForBit) {
  EXPECT_EQ(Judge({.stored = 12, .high_bit = 15}), KeepReason::kHighBit);
  EXPECT_EQ(Judge({.allocated = 32, .stored = 32, .high_bit = 31}, 2 * kValueBytes),
            KeepReason::kBitsAllocated);
  EXPECT_EQ(Judge({.allocated = 1, .stored = 1, .high_bit = 0}, 26), KeepReason::kBitsAllocated);
  EXPECT_EQ(Judge({.rows = 16, .allocated = 1, .stored = 1, .high_bit = 0}, 40), KeepReason::kBitsAllocated);
  EXPECT_EQ(Judge({.photometric = "HSV"}), KeepReason::kPhotometric);
  EXPECT_EQ(Judge({.photometric = "RGB"}), KeepReason::kPhotometric) << "of one sample";
  EXPECT_EQ(Judge({.representation = 1, .photometric = "PALETTE COLOR"}), KeepReason::kPhotometric);
  Attributes half{.allocated = 8, .stored = 8, .high_bit = 7, .samples = 3, .photometric = "YBR_FULL_422"};
  EXPECT_EQ(Judge(half, 400), KeepReason::kPhotometric);
  EXPECT_EQ(Judge(half, 400, FrameCodecKind::kFast), KeepReason::kPhotometric);
  Attributes overlay;
  overlay.more = [](DicomBuilder* b) { b->U16({0x6000, 0x0102}, 12); };
  EXPECT_EQ(Judge(overlay), KeepReason::kOverlayInPixelData);
  Attributes signature;
  signature.more = [](DicomBuilder* b) { b->BeginSequence({0x4FFE, 0x0001}).EndSequence(); };
  EXPECT_EQ(Judge(signature), KeepReason::kDigitalSignature);
}

TEST(SafeSubset, KeepsWhatIsNoImageOrNotAllOfOne) {
  EXPECT_EQ(Judge({}, kValueBytes - 2), KeepReason::kPixelDataLength);
  EXPECT_EQ(Judge({}, kValueBytes + 2), KeepReason::kPixelDataLength);
  EXPECT_EQ(Judge({.frames = "0"}), KeepReason::kPixelDataLength);
  EXPECT_EQ(Judge({.frames = "9223372036854775807"}), KeepReason::kPixelDataLength);
  EXPECT_EQ(Judge({}, 0), KeepReason::kNoPixelData);
  EXPECT_EQ(Judge({.rows = 0}), KeepReason::kBadAttributes);
  EXPECT_EQ(Judge({.stored = 17}), KeepReason::kBadAttributes);
  EXPECT_EQ(Judge({.rows = 65535, .columns = 65535}), KeepReason::kTooLarge);
  EXPECT_EQ(JudgeNative(Describe({}), tags::kFloatPixelData, kValueBytes, FrameCodecKind::kJ2k),
            KeepReason::kFloatPixelData);
  EXPECT_EQ(JudgeNative(Describe({}), Tag{}, 0, FrameCodecKind::kJ2k), KeepReason::kNoPixelData);
}

TEST(SafeSubset, LetsCodecsOfBytesKeepAnyCells) {
  EXPECT_EQ(Judge({.stored = 12, .high_bit = 15}, kValueBytes, FrameCodecKind::kFast), KeepReason::kNone);
  const Attributes wide{.allocated = 32, .stored = 32, .high_bit = 31};
  EXPECT_EQ(Judge(wide, 2 * kValueBytes, FrameCodecKind::kFast), KeepReason::kNone);
  const Attributes bits{.rows = 3, .columns = 5, .allocated = 1, .stored = 1, .high_bit = 0};
  EXPECT_EQ(Judge(bits, 2, FrameCodecKind::kFast), KeepReason::kNone);
  Attributes more = bits;
  more.frames = "2";
  EXPECT_EQ(Judge(more, 4, FrameCodecKind::kFast), KeepReason::kBitsAllocated)
      << "the second Frame begins within a byte";
}

TEST(SafeSubset, HasWordsForEveryReason) {
  for (int reason = 0; reason <= static_cast<int>(KeepReason::kEncoderFailed); ++reason) {
    EXPECT_FALSE(KeepReasonName(static_cast<KeepReason>(reason)).empty());
    EXPECT_FALSE(KeepReasonText(static_cast<KeepReason>(reason)).empty());
  }
  EXPECT_EQ(KeepReasonName(KeepReason::kEncoderFailed), "encoder_failed") << "the table is in order";
  EXPECT_EQ(KeepReasonName(KeepReason::kHighBit), "high_bit");
}

}  // namespace
}  // namespace argent::codec
