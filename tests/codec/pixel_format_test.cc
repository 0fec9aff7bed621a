#include "codec/frame/pixel_format.h"

#include <gtest/gtest.h>

#include "tests/codec/frame_support.h"

namespace argent::codec {
namespace {

StatusCode CodeOf(void (*change)(PixelFormat*)) {
  PixelFormat format = MakeFormat(20, 10, 12, 16);
  change(&format);
  return format.Validate().code();
}

TEST(PixelFormat, CountsBytesOfFramesAndOfAllOfThem) {
  EXPECT_EQ(MakeFormat(20, 10, 12, 16).FrameBytes(), 400u);
  EXPECT_EQ(MakeFormat(20, 10, 8, 8, false, "RGB").FrameBytes(), 600u);
  const PixelFormat bits = MakeFormat(5, 3, 1, 1);
  EXPECT_EQ(bits.FrameBytes(), 2u);
  EXPECT_EQ(*bits.PixelDataBytes(8), 15u) << "1-bit Frames follow each other without padding";
  EXPECT_EQ(MakeFormat(65535, 65535, 16, 16).PixelDataBytes(uint64_t{1} << 40).status().code(),
            StatusCode::kInvalidArgument);
}

TEST(PixelFormat, RefusesAttributesThatContradictEachOther) {
  EXPECT_EQ(CodeOf([](PixelFormat*) {}), StatusCode::kOk);
  EXPECT_EQ(CodeOf([](PixelFormat* f) { f->rows = 0; }), StatusCode::kInvalidArgument);
  EXPECT_EQ(CodeOf([](PixelFormat* f) { f->columns = 0; }), StatusCode::kInvalidArgument);
  EXPECT_EQ(CodeOf([](PixelFormat* f) { f->rows = 70000; }), StatusCode::kInvalidArgument);
  EXPECT_EQ(CodeOf([](PixelFormat* f) { f->samples_per_pixel = 0; }), StatusCode::kInvalidArgument);
  EXPECT_EQ(CodeOf([](PixelFormat* f) { f->bits_allocated = 0; }), StatusCode::kInvalidArgument);
  EXPECT_EQ(CodeOf([](PixelFormat* f) { f->bits_allocated = 12; }), StatusCode::kInvalidArgument);
  EXPECT_EQ(CodeOf([](PixelFormat* f) { f->bits_stored = 0; }), StatusCode::kInvalidArgument);
  EXPECT_EQ(CodeOf([](PixelFormat* f) { f->bits_stored = 17; }), StatusCode::kInvalidArgument);
  EXPECT_EQ(CodeOf([](PixelFormat* f) { f->high_bit = 16; }), StatusCode::kInvalidArgument);
  EXPECT_EQ(CodeOf([](PixelFormat* f) { f->high_bit = 10; }), StatusCode::kInvalidArgument);
  EXPECT_EQ(CodeOf([](PixelFormat* f) { f->planar_configuration = 2; }), StatusCode::kInvalidArgument);
}

TEST(PixelFormat, RefusesWhatIsBeyondItsBounds) {
  EXPECT_EQ(CodeOf([](PixelFormat* f) { f->samples_per_pixel = 5; }), StatusCode::kUnsupported);
  EXPECT_EQ(CodeOf([](PixelFormat* f) { f->rows = f->columns = 65535; }), StatusCode::kUnsupported);
  EXPECT_EQ(CodeOf([](PixelFormat* f) {
              f->bits_allocated = f->bits_stored = 72;
              f->high_bit = 71;
            }),
            StatusCode::kUnsupported);
  EXPECT_EQ(CodeOf([](PixelFormat* f) {
              f->samples_per_pixel = 65535;
              f->bits_allocated = 65528;
              f->rows = f->columns = 65535;
            }),
            StatusCode::kUnsupported);
}

TEST(PixelFormat, KnowsPhotometricInterpretations) {
  for (const char* text : {"MONOCHROME1", "MONOCHROME2", "PALETTE COLOR", "RGB", "YBR_FULL", "YBR_FULL_422",
                           "YBR_PARTIAL_420", "YBR_PARTIAL_422", "YBR_ICT", "YBR_RCT", "XYB"}) {
    EXPECT_EQ(PhotometricText(PhotometricOf(text)), text);
  }
  EXPECT_EQ(PhotometricOf("ARGB"), Photometric::kOther);
}

}  // namespace
}  // namespace argent::codec
