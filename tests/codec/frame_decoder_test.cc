// What decoders of peers' Frames refuse, and that they look at headers first.
#include "codec/frame/frame_decoder.h"

#include <gtest/gtest.h>

#include "codec/frame/j2k_header.h"
#include "codec/frame/jpeg_header.h"
#include "tests/codec/frame_support.h"
#include "tests/support/dicom_builder.h"

namespace argent::codec {
namespace {

constexpr const char* kRle = "1.2.840.10008.1.2.5";
constexpr const char* kJpegBaseline = "1.2.840.10008.1.2.4.50";
constexpr const char* kJ2k = "1.2.840.10008.1.2.4.90";

MutableByteView Mutable(std::string* bytes) {
  return {reinterpret_cast<uint8_t*>(bytes->data()), bytes->size()};
}

Result<DecodedFrame> Decode(std::string_view uid, const PixelFormat& format, std::string_view codestream,
                            std::string* cells) {
  cells->assign(format.FrameBytes(), '\x5A');
  return DecodeFrame(uid, format, AsBytes(codestream), Mutable(cells));
}
StatusCode CodeOf(std::string_view uid, const PixelFormat& format, std::string_view codestream) {
  std::string cells;
  return Decode(uid, format, codestream, &cells).status().code();
}

std::string Be16(size_t value) { return {static_cast<char>(value >> 8), static_cast<char>(value)}; }
std::string Be32(size_t value) { return Be16(value >> 16) + Be16(value); }

std::string RleHeader(const std::vector<uint32_t>& offsets) {
  std::string header;
  ByteWriter writer(&header);
  writer.U32(static_cast<uint32_t>(offsets.size()));
  for (const uint32_t offset : offsets) writer.U32(offset);
  header.resize(64);
  return header;
}

TEST(FrameDecoder, KnowsTheTransferSyntaxesOfStillImages) {
  for (const char* last : {"4.50", "4.51", "4.57", "4.70", "4.80", "4.81", "4.90", "4.91", "4.201", "4.202",
                           "4.203", "5", "8.1", "1.98"}) {
    EXPECT_TRUE(CanDecodeFrames(std::string("1.2.840.10008.1.2.") + last)) << last;
  }
  for (const char* last : {"4.100", "4.94", "1", "4.999"}) {
    const std::string uid = std::string("1.2.840.10008.1.2.") + last;
    EXPECT_FALSE(CanDecodeFrames(uid));
    EXPECT_EQ(FrameDecoder::Create(uid).status().code(), StatusCode::kUnsupported);
  }
}

TEST(FrameDecoder, RefusesABufferThatIsNotOneFrame) {
  std::string cells(7, '\0');
  for (const char* uid : {kRle, kJpegBaseline, kJ2k, "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.8.1"}) {
    EXPECT_EQ(DecodeFrame(uid, MakeFormat(4, 2, 8, 8), AsBytes("x"), Mutable(&cells)).status().code(),
              StatusCode::kInvalidArgument);
  }
}

TEST(RleDecoder, FollowsTheStandardsExample) {
  // Repeat, copy, nothing (128), and a repeat that passes the end.
  const std::string codestream = RleHeader({64}) + std::string("\xFE\xAA\x02\x80\x00\x2A\x80\xFF\x22", 9);
  std::string cells;
  ASSERT_TRUE(Decode(kRle, MakeFormat(7, 1, 8, 8), codestream, &cells).ok());
  EXPECT_EQ(cells, std::string("\xAA\xAA\xAA\x80\x00\x2A\x22", 7));
  EXPECT_EQ(CodeOf(kRle, MakeFormat(9, 1, 8, 8), codestream), StatusCode::kInvalidArgument)
      << "one cell is missing";
}

TEST(RleDecoder, PutsTheHighByteFirstAndSamplesWhereTheyBelong) {
  const std::string planes = std::string("\x01\x01\x02", 3) + "\x01\x03\x04";
  std::string cells;
  ASSERT_TRUE(Decode(kRle, MakeFormat(2, 1, 16, 16), RleHeader({64, 67}) + planes, &cells).ok());
  EXPECT_EQ(cells, "\x03\x01\x04\x02");
  const std::string rgb = RleHeader({64, 67, 70}) + planes + "\x01\x05\x06";
  ASSERT_TRUE(Decode(kRle, MakeFormat(2, 1, 8, 8, false, "RGB"), rgb, &cells).ok());
  EXPECT_EQ(cells, "\x01\x03\x05\x02\x04\x06");
  ASSERT_TRUE(Decode(kRle, MakeFormat(2, 1, 8, 8, false, "RGB", 1), rgb, &cells).ok());
  EXPECT_EQ(cells, "\x01\x02\x03\x04\x05\x06");
}

TEST(RleDecoder, RefusesSegmentsThatAreNotThere) {
  const PixelFormat format = MakeFormat(2, 1, 16, 16);
  const std::string data = "\x01\x01\x02\x01\x03\x04";
  EXPECT_EQ(CodeOf(kRle, format, RleHeader({64, 67}) + data), StatusCode::kOk);
  EXPECT_EQ(CodeOf(kRle, format, RleHeader({64}) + data), StatusCode::kInvalidArgument);
  EXPECT_EQ(CodeOf(kRle, format, RleHeader({64, 67, 70}) + data), StatusCode::kInvalidArgument);
  EXPECT_EQ(CodeOf(kRle, format, RleHeader({67, 64}) + data), StatusCode::kInvalidArgument);
  EXPECT_EQ(CodeOf(kRle, format, RleHeader({64, 4'000'000'000}) + data), StatusCode::kInvalidArgument);
  EXPECT_EQ(CodeOf(kRle, format, RleHeader({0, 67}) + data), StatusCode::kInvalidArgument);
  EXPECT_EQ(CodeOf(kRle, format, RleHeader({64, 67})), StatusCode::kInvalidArgument);
  EXPECT_EQ(CodeOf(kRle, format, "\x02"), StatusCode::kInvalidArgument);
}

TEST(DeflatedFrame, InflatesToExactlyTheFrame) {
  constexpr const char* kUid = "1.2.840.10008.1.2.8.1";
  const PixelFormat format = MakeFormat(64, 64, 1, 1);
  const std::string cells = MakeCells(format, Content::kNoise, 1);
  std::string decoded;
  ASSERT_TRUE(Decode(kUid, format, test::RawDeflate(cells), &decoded).ok());
  EXPECT_EQ(decoded, cells);
  EXPECT_EQ(CodeOf(kUid, format, test::RawDeflate(cells + "x")), StatusCode::kInvalidArgument);
  EXPECT_EQ(CodeOf(kUid, format, test::RawDeflate(cells.substr(1))), StatusCode::kInvalidArgument);
  const std::string bomb = test::RawDeflate(std::string(64 << 20, '\0'));
  EXPECT_EQ(CodeOf(kUid, format, bomb), StatusCode::kInvalidArgument);
  const PixelFormat black = MakeFormat(4096, 4096, 16, 16);
  ASSERT_TRUE(Decode(kUid, black, test::RawDeflate(std::string(32 << 20, '\0')), &decoded).ok())
      << "a black Frame may shrink a thousandfold";
}

TEST(UncompressedFrame, IsTheCellsAndAPaddingByte) {
  constexpr const char* kUid = "1.2.840.10008.1.2.1.98";
  std::string cells;
  ASSERT_TRUE(Decode(kUid, MakeFormat(3, 1, 8, 8), std::string("abc\0", 4), &cells).ok());
  EXPECT_EQ(cells, "abc");
  EXPECT_EQ(CodeOf(kUid, MakeFormat(3, 1, 8, 8), "abcde"), StatusCode::kInvalidArgument);
  EXPECT_EQ(CodeOf(kUid, MakeFormat(3, 1, 8, 8), "ab"), StatusCode::kInvalidArgument);
}

// JPEG headers without images behind them.
struct JpegParts {
  int process = 0xC0;
  int precision = 8;
  size_t rows = 4, columns = 8;
  std::string components = std::string("\x01\x11\x00", 3);
  int scans = 1;
};
std::string Jpeg(const JpegParts& p) {
  std::string bytes = "\xFF\xD8\xFF" + std::string(1, static_cast<char>(p.process));
  bytes += Be16(8 + p.components.size()) + static_cast<char>(p.precision) + Be16(p.rows) + Be16(p.columns);
  bytes += static_cast<char>(p.components.size() / 3) + p.components;
  for (int i = 0; i < p.scans; ++i) bytes += "\xFF\xDA" + Be16(8) + std::string("\1\1\0\0\77\0", 6) + "data";
  return bytes + "\xFF\xD9";
}
StatusCode JpegHeaderCode(const JpegParts& p) { return ReadJpegHeader(AsBytes(Jpeg(p))).status().code(); }

TEST(JpegHeader, CountsScansAndSeesTheEnd) {
  const std::string whole = Jpeg({.process = 0xC2, .scans = 5});
  const auto header = ReadJpegHeader(AsBytes(whole));
  ASSERT_TRUE(header.ok()) << header.status().ToString();
  EXPECT_EQ(header->process, JpegProcess::kProgressive);
  EXPECT_EQ(header->scans, 5);
  EXPECT_TRUE(header->is_complete);
  const auto cut = ReadJpegHeader(AsBytes(std::string_view(whole).substr(0, whole.size() - 2)));
  ASSERT_TRUE(cut.ok());
  EXPECT_FALSE(cut->is_complete);
}

TEST(JpegHeader, RefusesWhatWouldCostMoreThanAnImage) {
  EXPECT_EQ(JpegHeaderCode({}), StatusCode::kOk);
  EXPECT_EQ(JpegHeaderCode({.process = 0xC2, .scans = kJpegScansMax}), StatusCode::kOk);
  EXPECT_EQ(JpegHeaderCode({.process = 0xC2, .scans = kJpegScansMax + 1}), StatusCode::kUnsupported);
  EXPECT_EQ(JpegHeaderCode({.rows = 0}), StatusCode::kUnsupported);
  EXPECT_EQ(JpegHeaderCode({.columns = 0}), StatusCode::kInvalidArgument);
  EXPECT_EQ(JpegHeaderCode({.precision = 17}), StatusCode::kInvalidArgument);
  EXPECT_EQ(JpegHeaderCode({.process = 0xC9}), StatusCode::kUnsupported);
  EXPECT_EQ(JpegHeaderCode({.process = 0xC5}), StatusCode::kUnsupported);
  EXPECT_EQ(JpegHeaderCode({.components = std::string("\1\x51\0", 3)}), StatusCode::kInvalidArgument);
  EXPECT_EQ(JpegHeaderCode({.components = std::string("\1\x11\0\2\x11\0\3\x11\0\4\x11\0\5\x11\0", 15)}),
            StatusCode::kUnsupported);
  EXPECT_EQ(JpegHeaderCode({.scans = 0}), StatusCode::kInvalidArgument);
  EXPECT_EQ(ReadJpegHeader(AsBytes("")).status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(ReadJpegHeader(AsBytes("\xFF\xD8\xFF\xC0\x80\x00")).status().code(),
            StatusCode::kInvalidArgument);
}

TEST(JpegDecoder, RefusesAnotherGeometryBeforeItDecodes) {
  EXPECT_EQ(CodeOf(kJpegBaseline, MakeFormat(8, 5, 8, 8), Jpeg({})), StatusCode::kInvalidArgument);
  EXPECT_EQ(CodeOf(kJpegBaseline, MakeFormat(8, 4, 8, 8, false, "RGB"), Jpeg({})),
            StatusCode::kInvalidArgument);
  EXPECT_EQ(CodeOf(kJpegBaseline, MakeFormat(8, 4, 8, 8), Jpeg({.precision = 12})),
            StatusCode::kInvalidArgument);
  EXPECT_EQ(CodeOf(kJpegBaseline, MakeFormat(8, 4, 32, 32), Jpeg({})), StatusCode::kUnsupported);
  EXPECT_EQ(CodeOf(kJpegBaseline, MakeFormat(8, 4, 8, 8), Jpeg({.process = 0xF7})),
            StatusCode::kInvalidArgument);
  EXPECT_EQ(CodeOf("1.2.840.10008.1.2.4.80", MakeFormat(8, 4, 8, 8), Jpeg({})), StatusCode::kInvalidArgument);
  const std::string half = std::string("\1\x21\0\2\x11\0\3\x11\0", 9);
  EXPECT_EQ(CodeOf(kJpegBaseline, MakeFormat(8, 4, 8, 8, false, "RGB"),
                   Jpeg({.process = 0xC3, .components = half})),
            StatusCode::kUnsupported);
}

// A JPEG 2000 main header, and a tile-part without data.
struct J2kParts {
  size_t columns = 64, rows = 64, tile_columns = 64, tile_rows = 64;
  std::string components = "\x0F\x01\x01";
  size_t layers = 1;
  int decompositions = 5;
  int block = 4;       // exponent less two, of either side
  int precincts = -1;  // one size byte for every resolution; -1: as large as can be
};
std::string J2k(const J2kParts& p) {
  std::string bytes =
      "\xFF\x4F\xFF\x51" + Be16(38 + p.components.size()) + Be16(0) + Be32(p.columns) + Be32(p.rows);
  bytes += Be32(0) + Be32(0) + Be32(p.tile_columns) + Be32(p.tile_rows) + Be32(0) + Be32(0);
  bytes += Be16(p.components.size() / 3) + p.components;
  const std::string precincts(p.precincts < 0 ? 0 : static_cast<size_t>(p.decompositions) + 1,
                              static_cast<char>(p.precincts));
  bytes += "\xFF\x52" + Be16(12 + precincts.size()) + static_cast<char>(p.precincts < 0 ? 0 : 1);
  bytes += std::string(1, '\0') + Be16(p.layers) + std::string(1, '\0');
  bytes += static_cast<char>(p.decompositions) + std::string(2, static_cast<char>(p.block));
  bytes += std::string("\0\1", 2) + precincts;
  return bytes + "\xFF\x90" + Be16(10) + Be16(0) + Be32(0) + std::string("\0\1", 2) + "\xFF\x93";
}
StatusCode J2kHeaderCode(const J2kParts& p) { return ReadJ2kHeader(AsBytes(J2k(p))).status().code(); }

TEST(J2kHeader, SaysWhatTheCodestreamIs) {
  const auto header = ReadJ2kHeader(AsBytes(J2k({.components = "\x8B\x01\x01"})));
  ASSERT_TRUE(header.ok()) << header.status().ToString();
  EXPECT_EQ(header->columns, 64u);
  EXPECT_EQ(header->tiles, 1u);
  EXPECT_EQ(header->decompositions, 5);
  EXPECT_EQ(header->components[0].precision, 12);
  EXPECT_TRUE(header->components[0].is_signed);
  EXPECT_FALSE(header->irreversible);
}

TEST(J2kHeader, RefusesWhatWouldCostMoreThanAnImage) {
  EXPECT_EQ(J2kHeaderCode({}), StatusCode::kOk);
  EXPECT_EQ(J2kHeaderCode({.columns = 65536}), StatusCode::kUnsupported);
  EXPECT_EQ(J2kHeaderCode({.columns = 60000, .rows = 60000}), StatusCode::kUnsupported);
  EXPECT_EQ(J2kHeaderCode({.columns = 4000, .rows = 4000, .tile_columns = 1, .tile_rows = 1}),
            StatusCode::kUnsupported);
  EXPECT_EQ(J2kHeaderCode({.tile_columns = 0}), StatusCode::kInvalidArgument);
  EXPECT_EQ(J2kHeaderCode({.components = "\x1F\x01\x01"}), StatusCode::kUnsupported) << "32 bits";
  EXPECT_EQ(J2kHeaderCode({.components = "\x0F\x02\x01"}), StatusCode::kUnsupported) << "subsampled";
  EXPECT_EQ(J2kHeaderCode({.components = ""}), StatusCode::kInvalidArgument);
  EXPECT_EQ(J2kHeaderCode({.decompositions = 33}), StatusCode::kInvalidArgument);
  EXPECT_EQ(J2kHeaderCode({.block = 9}), StatusCode::kInvalidArgument);
  const J2kParts many{.columns = 20000, .rows = 20000, .tile_columns = 20000, .tile_rows = 20000};
  J2kParts bomb = many;
  EXPECT_EQ(J2kHeaderCode(bomb), StatusCode::kOk);
  bomb.layers = 65535;
  EXPECT_EQ(J2kHeaderCode(bomb), StatusCode::kOk) << "layers of a few precincts are cheap";
  bomb.precincts = 0x77;
  EXPECT_EQ(J2kHeaderCode(bomb), StatusCode::kUnsupported) << "layers of many are not";
  bomb = many;
  bomb.precincts = 0x11;
  EXPECT_EQ(J2kHeaderCode(bomb), StatusCode::kUnsupported) << "a hundred million precincts";
  bomb = many;
  bomb.block = 0;
  EXPECT_EQ(J2kHeaderCode(bomb), StatusCode::kUnsupported) << "25 million code-blocks";
}

TEST(J2kDecoder, RefusesAnotherGeometryBeforeItDecodes) {
  EXPECT_EQ(CodeOf(kJ2k, MakeFormat(64, 63, 16, 16), J2k({})), StatusCode::kInvalidArgument);
  EXPECT_EQ(CodeOf(kJ2k, MakeFormat(64, 64, 8, 8), J2k({})), StatusCode::kInvalidArgument);
  EXPECT_EQ(CodeOf(kJ2k, MakeFormat(64, 64, 16, 16, false, "RGB"), J2k({})), StatusCode::kInvalidArgument);
  EXPECT_EQ(CodeOf(kJ2k, MakeFormat(64, 64, 32, 32), J2k({})), StatusCode::kUnsupported);
}

TEST(J2kDecoder, PacksSingleBits) {
  const PixelFormat bytes = MakeFormat(13, 5, 1, 8), bits = MakeFormat(13, 5, 1, 1);
  const std::string cells = MakeCells(bytes, Content::kImage, 1);
  std::string codestream, decoded;
  ASSERT_TRUE((*MakeFrameCodec(FrameCodecKind::kJ2k))->Encode(bytes, AsBytes(cells), &codestream).ok());
  ASSERT_TRUE(Decode(kJ2k, bits, codestream, &decoded).ok());
  EXPECT_EQ(decoded.size(), 9u);
  for (size_t i = 0; i < cells.size(); ++i) EXPECT_EQ(decoded[i / 8] >> (i % 8) & 1, cells[i]) << i;
}

TEST(J2kDecoder, FindsTheCodestreamInAJp2File) {
  const PixelFormat format = MakeFormat(30, 20, 12, 16);
  const std::string cells = MakeCells(format, Content::kImage, 1);
  std::string codestream, decoded;
  ASSERT_TRUE((*MakeFrameCodec(FrameCodecKind::kJ2k))->Encode(format, AsBytes(cells), &codestream).ok());
  const std::string jp2 = std::string("\0\0\0\x0CjP  \r\n\x87\n", 12) + Be32(16) + "ftypjp2 " + Be32(0) +
                          Be32(codestream.size() + 8) + "jp2c" + codestream;
  ASSERT_TRUE(Decode(kJ2k, format, jp2, &decoded).ok());
  EXPECT_EQ(decoded, cells);
}

// Senders code signed cells as bit patterns; the sign must come back into the bits above.
TEST(J2kDecoder, GivesTheSignBackToBitPatterns) {
  const PixelFormat format = MakeFormat(30, 20, 12, 16, true);
  const PixelFormat pattern = MakeFormat(30, 20, 12, 16, false);
  const std::string cells = MakeCells(format, Content::kImage, 1);
  std::string masked = cells, codestream, decoded;
  for (size_t i = 1; i < masked.size(); i += 2) masked[i] = static_cast<char>(masked[i] & 0x0F);
  ASSERT_NE(masked, cells);
  ASSERT_TRUE((*MakeFrameCodec(FrameCodecKind::kJ2k))->Encode(pattern, AsBytes(masked), &codestream).ok());
  ASSERT_TRUE(Decode(kJ2k, format, codestream, &decoded).ok());
  EXPECT_EQ(FirstDifference(format, cells, decoded), "");
  ASSERT_TRUE((*MakeFrameCodec(FrameCodecKind::kJ2k))->Encode(format, AsBytes(cells), &codestream).ok());
  ASSERT_TRUE(Decode(kJ2k, pattern, codestream, &decoded).ok());
  EXPECT_EQ(FirstDifference(pattern, masked, decoded), "");
}

}  // namespace
}  // namespace argent::codec
