// What every frame codec promises: the cells that went in come out, or it says why not; and damage costs an
// error.
#include "codec/frame/frame_codec.h"

#include <gtest/gtest.h>

#include "storage/base/random.h"
#include "tests/codec/frame_support.h"

namespace argent::codec {
namespace {

MutableByteView Mutable(std::string* bytes) {
  return {reinterpret_cast<uint8_t*>(bytes->data()), bytes->size()};
}

class FrameCodecTest : public testing::TestWithParam<FrameCodecKind> {
 protected:
  void SetUp() override {
    auto codec = MakeFrameCodec(GetParam());
    ASSERT_TRUE(codec.ok()) << codec.status().ToString();
    codec_ = std::move(*codec);
  }

  Status Encode(const PixelFormat& format, std::string_view cells) {
    return codec_->Encode(format, AsBytes(cells), &codestream_);
  }
  Status Decode(const PixelFormat& format, std::string_view codestream) {
    decoded_.assign(format.FrameBytes(), '\x5A');
    return codec_->Decode(format, AsBytes(codestream), Mutable(&decoded_));
  }
  // "" when the Frame survives.
  std::string RoundTrip(const PixelFormat& format, std::string_view cells) {
    if (const Status status = Encode(format, cells); !status.ok()) return status.ToString();
    if (const Status status = Decode(format, codestream_); !status.ok()) return status.ToString();
    return FirstDifference(format, cells, decoded_);
  }
  // Such codestreams would be larger than the library's own buffer.
  bool CannotShrink(const FrameCase& c) const {
    return GetParam() == FrameCodecKind::kJ2k && c.format.bits_stored == 1 && c.format.samples_per_pixel == 3;
  }
  bool NeedsPlainCells() const {
    return GetParam() != FrameCodecKind::kNone && GetParam() != FrameCodecKind::kFast;
  }

  std::unique_ptr<FrameCodec> codec_;
  std::string codestream_;
  std::string decoded_;
};

TEST_P(FrameCodecTest, GivesBackEveryFrameOfTheMatrix) {
  int failures = 0;
  for (const FrameCase& c : FrameMatrix()) {
    const std::string cells = MakeCells(c);
    if (CannotShrink(c) && Encode(c.format, cells).code() == StatusCode::kUnsupported) continue;
    const std::string difference = RoundTrip(c.format, cells);
    EXPECT_EQ(difference, "") << c;
    if (!difference.empty() && ++failures > 5) return;
  }
}

TEST_P(FrameCodecTest, GivesBackALongRowAndALongColumn) {
  for (const auto& [columns, rows] : {std::pair{65535u, 1u}, {1u, 65535u}, {3000u, 40u}}) {
    const PixelFormat format = MakeFormat(columns, rows, 12, 16);
    EXPECT_EQ(RoundTrip(format, MakeCells(format, Content::kImage, 1)), "");
  }
}

TEST_P(FrameCodecTest, ShrinksAnImage) {
  if (GetParam() == FrameCodecKind::kNone) return;  // keeps cells as they are
  const PixelFormat format = MakeFormat(256, 256, 12, 16);
  ASSERT_EQ(RoundTrip(format, MakeCells(format, Content::kImage, 1)), "");
  EXPECT_LT(codestream_.size(), format.FrameBytes() / 2);
}

TEST_P(FrameCodecTest, RefusesOrKeepsBitsAboveBitsStored) {
  for (const bool is_signed : {false, true}) {
    const PixelFormat format = MakeFormat(20, 20, 12, 16, is_signed);
    std::string cells = MakeCells(format, Content::kImage, 1);
    cells[101] = static_cast<char>(cells[101] ^ 0x40);
    if (NeedsPlainCells()) {
      EXPECT_EQ(Encode(format, cells).code(), StatusCode::kUnsupported);
    } else {
      EXPECT_EQ(RoundTrip(format, cells), "");
    }
  }
}

TEST_P(FrameCodecTest, RefusesOrKeepsCellsOfOtherShapes) {
  PixelFormat shifted = MakeFormat(20, 20, 12, 16);
  shifted.high_bit = 15;
  for (const PixelFormat& format :
       {shifted, MakeFormat(20, 20, 1, 1), MakeFormat(13, 3, 1, 1), MakeFormat(20, 20, 32, 32)}) {
    const std::string cells = MakeCells(format, Content::kNoise, 3);
    if (NeedsPlainCells()) {
      EXPECT_EQ(Encode(format, cells).code(), StatusCode::kUnsupported) << format.ToString();
    } else {
      EXPECT_EQ(RoundTrip(format, cells), "") << format.ToString();
    }
  }
}

TEST_P(FrameCodecTest, RefusesAFrameOfAnotherSize) {
  const PixelFormat format = MakeFormat(20, 20, 12, 16);
  const std::string cells = MakeCells(format, Content::kNoise, 3);
  EXPECT_EQ(Encode(format, cells.substr(1)).code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(Encode(format, cells + "x").code(), StatusCode::kInvalidArgument);
  PixelFormat none = format;
  none.rows = 0;
  EXPECT_EQ(Encode(none, "").code(), StatusCode::kInvalidArgument);
}

TEST_P(FrameCodecTest, SaysWhenACodestreamIsOfAnotherFrame) {
  const PixelFormat format = MakeFormat(40, 30, 12, 16);
  ASSERT_TRUE(Encode(format, MakeCells(format, Content::kImage, 3)).ok());
  for (const PixelFormat& other : {MakeFormat(40, 31, 12, 16), MakeFormat(41, 30, 12, 16),
                                   MakeFormat(40, 30, 8, 8), MakeFormat(40, 30, 12, 16, false, "RGB")}) {
    EXPECT_EQ(Decode(other, codestream_).code(), StatusCode::kCorruption) << other.ToString();
  }
}

TEST_P(FrameCodecTest, SurvivesTruncationAnywhere) {
  const PixelFormat format = MakeFormat(40, 30, 12, 16);
  const std::string cells = MakeCells(format, Content::kImage, 3);
  ASSERT_TRUE(Encode(format, cells).ok());
  const std::string whole = codestream_;
  for (size_t length = 0; length < whole.size(); length += length < 200 ? 1 : 37) {
    const Status status = Decode(format, std::string_view(whole).substr(0, length));
    EXPECT_TRUE(status.ok() || status.code() == StatusCode::kCorruption) << length << status.ToString();
  }
  EXPECT_FALSE(Decode(format, std::string_view(whole).substr(0, whole.size() / 2)).ok());
}

TEST_P(FrameCodecTest, SurvivesFlippedBits) {
  const PixelFormat format = MakeFormat(40, 30, 12, 16, true);
  ASSERT_TRUE(Encode(format, MakeCells(format, Content::kImage, 3)).ok());
  const std::string whole = codestream_;
  Random random(7);
  for (int i = 0; i < 2000; ++i) {
    std::string damaged = whole;
    for (uint64_t flips = 1 + random.Below(3); flips > 0; --flips) {
      // The head decides most.
      const uint64_t byte =
          random.Below(random.OneIn(2) ? std::min<size_t>(whole.size(), 100) : whole.size());
      damaged[byte] = static_cast<char>(damaged[byte] ^ 1 << random.Below(8));
    }
    Decode(format, damaged).IgnoreError("damage may go unnoticed here: the caller compares digests");
  }
  EXPECT_EQ(RoundTrip(format, MakeCells(format, Content::kImage, 3)), "") << "an error leaves no trace";
}

TEST_P(FrameCodecTest, IsTheSameBytesEveryTime) {
  const PixelFormat format = MakeFormat(100, 80, 12, 16);
  const std::string cells = MakeCells(format, Content::kImage, 3);
  ASSERT_TRUE(Encode(format, cells).ok());
  const std::string first = codestream_;
  const PixelFormat other = MakeFormat(33, 44, 8, 8, false, "RGB");
  ASSERT_TRUE(Encode(other, MakeCells(other, Content::kNoise, 3)).ok());
  ASSERT_TRUE(Encode(format, cells).ok());
  EXPECT_TRUE(codestream_ == first);
}

TEST(FrameCodecNames, AreThoseOfTheConfiguration) {
  for (const FrameCodecKind kind : {FrameCodecKind::kNone, FrameCodecKind::kJ2k, FrameCodecKind::kHtj2k,
                                    FrameCodecKind::kJxl, FrameCodecKind::kFast}) {
    const auto again = FrameCodecOfName(FrameCodecName(kind));
    ASSERT_TRUE(again.ok());
    EXPECT_EQ(*again, kind);
  }
  EXPECT_EQ(FrameCodecOfName("zip").status().code(), StatusCode::kInvalidArgument);
}

INSTANTIATE_TEST_SUITE_P(All, FrameCodecTest,
                         testing::Values(FrameCodecKind::kNone, FrameCodecKind::kJ2k, FrameCodecKind::kHtj2k,
                                         FrameCodecKind::kFast),
                         [](const auto& p) { return std::string(FrameCodecName(p.param)); });

}  // namespace
}  // namespace argent::codec
