// Frames against other programs: what DCMTK's and GDCM's encoders make, our decoders read; what our encoders
// make, GDCM and OpenJPEG's own tool read. A test is skipped where its program is not installed.
#include <gtest/gtest.h>

#include <cstdlib>

#include "codec/frame/frame_decoder.h"
#include "codec/transfer_syntax.h"
#include "tests/codec/frame_support.h"
#include "tests/codec/pixel_file.h"
#include "tests/codec/scan_support.h"

namespace argent::codec {
namespace {

MutableByteView Mutable(std::string* bytes) {
  return {reinterpret_cast<uint8_t*>(bytes->data()), bytes->size()};
}

// An even number of bytes, so that no padding byte comes between.
const std::vector<PixelFormat>& Greys() {
  static const std::vector<PixelFormat> kFormats = {
      MakeFormat(40, 31, 8, 8),           MakeFormat(40, 31, 12, 16),
      MakeFormat(33, 20, 16, 16),         MakeFormat(33, 20, 16, 16, true),
      MakeFormat(40, 31, 10, 16),         MakeFormat(64, 65, 12, 16, true),
      MakeFormat(1, 2, 12, 16),           MakeFormat(40, 31, 8, 8, false, "MONOCHROME1"),
      MakeFormat(129, 66, 12, 16, false), MakeFormat(32, 32, 15, 16, true),
  };
  return kFormats;
}
const std::vector<PixelFormat>& Colours() {
  static const std::vector<PixelFormat> kFormats = {
      MakeFormat(40, 31, 8, 8, false, "RGB"), MakeFormat(40, 31, 8, 8, false, "RGB", 1),
      MakeFormat(2, 3, 8, 8, false, "RGB"), MakeFormat(66, 50, 8, 8, false, "YBR_FULL")};
  return kFormats;
}

// The largest difference of two Frames of 8 or 16 unsigned bits.
int LargestDifference(const PixelFormat& format, std::string_view a, std::string_view b) {
  int largest = 0;
  const size_t step = format.bits_allocated / 8u;
  for (size_t i = 0; i + step <= a.size(); i += step) {
    const auto at = [&](std::string_view s) {
      return step == 1 ? static_cast<uint8_t>(s[i]) : LoadLe16(AsBytes(s).data() + i);
    };
    largest = std::max(largest, std::abs(at(a) - at(b)));
  }
  return largest;
}

// The tool of OpenJPEG leaves the sign above Bits Stored out.
std::string WithoutHighBits(const PixelFormat& format, std::string cells) {
  if (format.bits_allocated == 8) return cells;
  for (size_t i = 1; i < cells.size(); i += 2) {
    cells[i] = static_cast<char>(cells[i] & ((1 << (format.bits_stored - 8)) - 1));
  }
  return cells;
}

class FramePeers : public testing::Test {
 protected:
  // A tool makes an encapsulated file of the native cells; what it is then is in `file`. False when the tool
  // refuses such images.
  bool Make(const PixelFormat& format, std::string_view cells, const std::string& command, PixelFile* file) {
    const std::string in = folder_.Write("in.dcm", MakePixelFile(format, kExplicitVrLittleEndian, cells));
    std::filesystem::remove(folder_.path("out.dcm"));
    if (!RunTool(command + " " + in + " " + folder_.path("out.dcm"))) return false;
    const auto loaded = LoadPixelFile(folder_.path("out.dcm"));
    EXPECT_TRUE(loaded.ok()) << loaded.status().ToString();
    if (!loaded.ok() || !loaded->encapsulated) return false;
    *file = *loaded;
    return true;
  }

  Result<DecodedFrame> Decode(const PixelFile& file, std::string* cells) {
    cells->assign(file.image.format.FrameBytes(), '\x5A');
    EXPECT_EQ(file.frames.size(), 1u);
    return DecodeFrame(file.transfer_syntax_uid, file.image.format, AsBytes(file.frames[0]), Mutable(cells));
  }

  // Every lossless encoding gives the cells back. Returns how many the tool has made.
  int CheckLossless(const std::vector<PixelFormat>& formats, const std::string& command,
                    std::string_view transfer_syntax_uid) {
    int checked = 0;
    for (const PixelFormat& format : formats) {
      const std::string original = MakeCells(format, Content::kImage, 5);
      PixelFile file;
      if (!Make(format, original, command, &file)) continue;
      EXPECT_EQ(file.transfer_syntax_uid, transfer_syntax_uid);
      // Compared in the original's Planar Configuration, whatever the tool made of it.
      file.image.format.planar_configuration = format.planar_configuration;
      std::string decoded;
      const auto frame = Decode(file, &decoded);
      EXPECT_TRUE(frame.ok()) << frame.status().ToString();
      if (!frame.ok()) continue;
      EXPECT_EQ(FirstDifference(format, original, decoded), "") << command;
      EXPECT_EQ(PhotometricText(frame->photometric), format.photometric_text);
      ++checked;
    }
    return checked;
  }

  TestFolder folder_;
};

#define NEED_TOOL(name) \
  if (!HasTool(name)) GTEST_SKIP() << name " is not installed"

TEST_F(FramePeers, JpegLosslessOfDcmtkIsReadBitForBit) {
  NEED_TOOL("dcmcjpeg");
  EXPECT_EQ(CheckLossless(Greys(), "dcmcjpeg +e1", "1.2.840.10008.1.2.4.70"), 10);
  EXPECT_EQ(CheckLossless(Colours(), "dcmcjpeg +e1", "1.2.840.10008.1.2.4.70"), 4);
  for (int predictor = 1; predictor <= 7; ++predictor) {
    const std::string command = "dcmcjpeg +el +sv " + std::to_string(predictor);
    EXPECT_EQ(CheckLossless({Greys()[1]}, command, "1.2.840.10008.1.2.4.57"), 1) << command;
  }
}

TEST_F(FramePeers, JpegLsOfDcmtkIsReadBitForBit) {
  NEED_TOOL("dcmcjpls");
  EXPECT_EQ(CheckLossless(Greys(), "dcmcjpls +el", "1.2.840.10008.1.2.4.80"), 10);
  for (const char* interleave : {"+il", "+is", "+in"}) {
    const std::string command = std::string("dcmcjpls +el ") + interleave;
    EXPECT_EQ(CheckLossless(Colours(), command, "1.2.840.10008.1.2.4.80"), 4) << command;
  }
}

TEST_F(FramePeers, RleOfDcmtkIsReadBitForBit) {
  NEED_TOOL("dcmcrle");
  EXPECT_EQ(CheckLossless(Greys(), "dcmcrle", "1.2.840.10008.1.2.5"), 10);
  EXPECT_EQ(CheckLossless(Colours(), "dcmcrle", "1.2.840.10008.1.2.5"), 4);
}

TEST_F(FramePeers, LosslessEncodingsOfGdcmAreReadBitForBit) {
  NEED_TOOL("gdcmconv");
  EXPECT_GE(CheckLossless(Greys(), "gdcmconv --jpeg", "1.2.840.10008.1.2.4.70"), 8);
  EXPECT_GE(CheckLossless(Greys(), "gdcmconv --jpegls", "1.2.840.10008.1.2.4.80"), 8);
  EXPECT_GE(CheckLossless(Greys(), "gdcmconv --rle", "1.2.840.10008.1.2.5"), 8);
  EXPECT_GE(CheckLossless(Greys(), "gdcmconv --j2k", "1.2.840.10008.1.2.4.90"), 8);
}

TEST_F(FramePeers, NearLosslessStaysNear) {
  NEED_TOOL("dcmcjpls");
  for (const PixelFormat& format : {Greys()[0], Greys()[1]}) {
    const std::string original = MakeCells(format, Content::kImage, 5);
    PixelFile file;
    ASSERT_TRUE(Make(format, original, "dcmcjpls +en +md 2", &file));
    EXPECT_EQ(file.transfer_syntax_uid, "1.2.840.10008.1.2.4.81");
    std::string decoded;
    ASSERT_TRUE(Decode(file, &decoded).ok());
    EXPECT_GT(LargestDifference(format, original, decoded), 0);
    EXPECT_LE(LargestDifference(format, original, decoded), 2);
  }
}

// Against what DCMTK decodes, which is another IDCT for 8 bits and the same library for 12.
TEST_F(FramePeers, LossyJpegIsReadAsDcmtkReadsIt) {
  NEED_TOOL("dcmdjpeg");
  struct Case {
    PixelFormat format;
    const char* command;
    const char* transfer_syntax_uid;
    Photometric photometric;
    int difference_max;
  };
  const PixelFormat rgb = MakeFormat(64, 48, 8, 8, false, "RGB");
  const Case kCases[] = {
      {MakeFormat(64, 48, 8, 8), "dcmcjpeg +eb", "1.2.840.10008.1.2.4.50", Photometric::kMonochrome2, 1},
      {MakeFormat(63, 49, 8, 8), "dcmcjpeg +eb +q 50", "1.2.840.10008.1.2.4.50", Photometric::kMonochrome2,
       1},
      {MakeFormat(64, 48, 12, 16), "dcmcjpeg +ee", "1.2.840.10008.1.2.4.51", Photometric::kMonochrome2, 0},
      {rgb, "dcmcjpeg +eb +s4", "1.2.840.10008.1.2.4.50", Photometric::kRgb, 2},
      {rgb, "dcmcjpeg +eb +s2", "1.2.840.10008.1.2.4.50", Photometric::kRgb, 2},
      {rgb, "dcmcjpeg +eb +cr", "1.2.840.10008.1.2.4.50", Photometric::kRgb, 1},
  };
  for (const Case& c : kCases) {
    PixelFile file;
    ASSERT_TRUE(Make(c.format, MakeCells(c.format, Content::kImage, 5), c.command, &file)) << c.command;
    EXPECT_EQ(file.transfer_syntax_uid, c.transfer_syntax_uid);
    ASSERT_TRUE(RunTool("dcmdjpeg " + folder_.path("out.dcm") + " " + folder_.path("native.dcm")));
    const auto native = LoadPixelFile(folder_.path("native.dcm"));
    ASSERT_TRUE(native.ok() && native->frames.size() == 1);
    file.image.format.planar_configuration = native->image.format.planar_configuration;
    std::string decoded;
    const auto frame = Decode(file, &decoded);
    ASSERT_TRUE(frame.ok()) << c.command << ": " << frame.status().ToString();
    EXPECT_EQ(frame->photometric, c.photometric) << c.command;
    EXPECT_LE(LargestDifference(c.format, native->frames[0], decoded), c.difference_max) << c.command;
  }
}

// Our codestreams, read by other programs.
class OurFrames : public FramePeers, public testing::WithParamInterface<FrameCodecKind> {
 protected:
  bool Encode(const PixelFormat& format, const std::string& cells) {
    auto codec = MakeFrameCodec(GetParam());
    const Status status = (*codec)->Encode(format, AsBytes(cells), &codestream_);
    EXPECT_TRUE(status.ok()) << status.ToString();
    encoded_ = format;
    encoded_.planar_configuration = 0;
    encoded_.photometric = (*codec)->EncodedPhotometric(format);
    encoded_.photometric_text = PhotometricText(encoded_.photometric);
    transfer_syntax_uid_ = (*codec)->transfer_syntax_uid(format);
    return status.ok();
  }

  std::string codestream_;
  PixelFormat encoded_;  // as the Data Set around the codestream must say
  std::string transfer_syntax_uid_;
};

TEST_P(OurFrames, AreReadByOpenJpegsTool) {
  NEED_TOOL("opj_decompress");
  std::vector<PixelFormat> formats = Greys();
  formats.push_back(MakeFormat(40, 31, 8, 8, false, "RGB", 1));
  for (const PixelFormat& format : formats) {
    const std::string cells = MakeCells(format, Content::kImage, 5);
    ASSERT_TRUE(Encode(format, cells));
    const std::string in = folder_.Write("frame.j2k", codestream_);
    ASSERT_TRUE(RunTool("opj_decompress -i " + in + " -o " + folder_.path("frame.rawl")))
        << format.ToString();
    const std::string decoded = ReadFile(folder_.path("frame.rawl"));
    EXPECT_EQ(FirstDifference(format, WithoutHighBits(format, cells), decoded), "");
  }
}

TEST_P(OurFrames, AreReadByGdcm) {
  NEED_TOOL("gdcmconv");
  if (GetParam() == FrameCodecKind::kHtj2k) return;  // GDCM 3.0 does not know it
  std::vector<PixelFormat> formats = Greys();
  formats.insert(formats.end(), Colours().begin(), Colours().end());
  int compared = 0;
  for (const PixelFormat& format : formats) {
    const std::string cells = MakeCells(format, Content::kImage, 5);
    ASSERT_TRUE(Encode(format, cells));
    const std::string file = MakePixelFile(encoded_, transfer_syntax_uid_, Encapsulate({codestream_}));
    const std::string in = folder_.Write("ours.dcm", file);
    ASSERT_TRUE(RunTool("gdcmconv --raw " + in + " " + folder_.path("native.dcm"))) << format.ToString();
    const auto native = LoadPixelFile(folder_.path("native.dcm"));
    ASSERT_TRUE(native.ok()) << native.status().ToString();
    ASSERT_EQ(native->frames.size(), 1u);
    if (format.planar_configuration != native->image.format.planar_configuration) continue;
    EXPECT_EQ(FirstDifference(format, cells, native->frames[0]), "");
    ++compared;
  }
  EXPECT_GE(compared, 12);
}

TEST_P(OurFrames, AreReadByTheDecoderOfTheirTransferSyntax) {
  for (const PixelFormat& format : Colours()) {
    const std::string cells = MakeCells(format, Content::kImage, 5);
    ASSERT_TRUE(Encode(format, cells));
    PixelFormat announced = encoded_;
    announced.planar_configuration = format.planar_configuration;
    std::string decoded(format.FrameBytes(), '\0');
    const auto frame = DecodeFrame(transfer_syntax_uid_, announced, AsBytes(codestream_), Mutable(&decoded));
    ASSERT_TRUE(frame.ok()) << frame.status().ToString();
    EXPECT_EQ(frame->photometric, format.photometric);
    EXPECT_EQ(frame->precision, 8);
    EXPECT_EQ(FirstDifference(format, cells, decoded), "");
  }
}

INSTANTIATE_TEST_SUITE_P(Standard, OurFrames, testing::Values(FrameCodecKind::kJ2k, FrameCodecKind::kHtj2k),
                         [](const auto& p) { return std::string(FrameCodecName(p.param)); });

}  // namespace
}  // namespace argent::codec
