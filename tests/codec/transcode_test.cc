// Conversion among the uncompressed Transfer Syntaxes: the same elements, whatever the way
// (differential_test.cc holds it against DCMTK over real files).
#include "codec/transcode.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "codec/data_set.h"
#include "storage/base/random.h"
#include "tests/codec/scan_support.h"
#include "tests/codec/transcode_support.h"
#include "tests/support/dicom_builder.h"

namespace argent::codec {
namespace {

using test::DicomBuilder;
using test::kUndefined;

constexpr std::string_view kAll[] = {kImplicitVrLittleEndian, kExplicitVrLittleEndian, kExplicitVrBigEndian,
                                     kDeflatedExplicitVrLittleEndian};

// One element of every word size, sequences of both kinds, private and ambiguous elements; what it holds is
// the same in every encoding.
std::string Sample(Encoding encoding) {
  DicomBuilder item(encoding);
  item.U16({0x0028, 0x0103}, 0).U16({0x0028, 0x0106}, 5).Text({0x0040, 0x0009}, "SH", "step");
  DicomBuilder b(encoding);
  b.Raw(InstanceHead(encoding));
  b.U16({0x0028, 0x0010}, 0x0102).U16({0x0028, 0x0103}, 1).U16({0x0028, 0x0106}, 0xFFFE, "SS");
  b.BeginSequence({0x0040, 0x0275}).BeginItem().Raw(item.bytes()).EndItem().EndSequence();
  b.Sequence({0x0088, 0x0200}, {item.bytes(), item.bytes()});
  b.BeginSequence({0x0400, 0x0561}, 0);
  b.Text({0x0009, 0x0010}, "LO", "ARGENT TEST").Bytes({0x0009, 0x1001}, "UN", "private bytes");
  std::string pixels;
  for (uint16_t i = 0; i < 1000; ++i) {
    const char low = static_cast<char>(i & 0xFF), high = static_cast<char>(i >> 8);
    pixels += encoding == Encoding::kExplicitBig ? std::string{high, low} : std::string{low, high};
  }
  return b.Bytes(tags::kPixelData, "OW", pixels).bytes();
}

Encoding EncodingOf(std::string_view uid) { return LookUpTransferSyntax(uid).encoding; }

std::string SampleIn(std::string_view uid) {
  const std::string data_set = Sample(EncodingOf(uid));
  return uid == kDeflatedExplicitVrLittleEndian ? test::RawDeflate(data_set) : data_set;
}

DataSet ParseIn(std::string_view bytes, std::string_view uid) {
  const std::string plain = uid == kDeflatedExplicitVrLittleEndian
                                ? Transcode(bytes, uid, kExplicitVrLittleEndian)
                                : std::string(bytes);
  Result<DataSet> parsed = DataSet::Parse(AsBytes(plain), EncodingOf(uid));
  EXPECT_TRUE(parsed.ok()) << parsed.status().ToString();
  return parsed.ok() ? std::move(parsed).value() : DataSet();
}

TEST(Transcode, GivesTheSameElementsBetweenAnyTwoSyntaxes) {
  for (std::string_view from : kAll) {
    for (std::string_view to : kAll) {
      const DataSet converted = ParseIn(Transcode(SampleIn(from), from, to), to);
      EXPECT_EQ(ToText(converted), ToText(ParseIn(SampleIn(to), to))) << from << " to " << to;
    }
  }
}

TEST(Transcode, GivesTheSameBytesForAnySplit) {
  for (std::string_view from : kAll) {
    for (std::string_view to : kAll) {
      const std::string whole = Transcode(SampleIn(from), from, to);
      for (uint64_t seed = 1; seed < 20; ++seed) {
        EXPECT_EQ(Transcode(SampleIn(from), from, to, seed), whole)
            << from << " to " << to << " seed " << seed;
      }
    }
  }
}

TEST(Transcode, KeepsTheBytesBetweenExplicitAndDeflated) {
  const std::string data_set = SampleIn(kExplicitVrLittleEndian);
  const std::string deflated = Transcode(data_set, kExplicitVrLittleEndian, kDeflatedExplicitVrLittleEndian);
  EXPECT_EQ(deflated.size() % 2, 0u);
  EXPECT_EQ(Transcode(deflated, kDeflatedExplicitVrLittleEndian, kExplicitVrLittleEndian), data_set);
}

TEST(Transcode, ChoosesUsOrSsByThePixelRepresentationOfTheItem) {
  const DataSet data_set =
      ParseIn(Transcode(SampleIn(kImplicitVrLittleEndian), kImplicitVrLittleEndian, kExplicitVrLittleEndian),
              kExplicitVrLittleEndian);
  EXPECT_EQ(data_set.Integer({0x0028, 0x0106}), -2);
  EXPECT_EQ(data_set.Find({0x0088, 0x0200})->items.at(0).Find({0x0028, 0x0106})->vr, MakeVr("US"));
}

TEST(Transcode, LeavesGroupLengthsOut) {
  DicomBuilder b;
  b.U32({0x0008, 0x0000}, 12345).Raw(InstanceHead(Encoding::kExplicitLittle));
  const std::string converted = Transcode(b.bytes(), kExplicitVrLittleEndian, kImplicitVrLittleEndian);
  EXPECT_FALSE(ParseIn(converted, kImplicitVrLittleEndian).Has({0x0008, 0x0000}));
}

TEST(Transcode, MakesUnOfValuesTooLongForTheirVr) {
  DicomBuilder b(Encoding::kImplicitLittle);
  b.Raw(InstanceHead(Encoding::kImplicitLittle)).Bytes({0x0028, 0x1101}, "US", std::string(70'000, 'L'));
  for (std::string_view to : {kExplicitVrLittleEndian, kExplicitVrBigEndian}) {
    const DataSet data_set = ParseIn(Transcode(b.bytes(), kImplicitVrLittleEndian, to), to);
    ASSERT_TRUE(data_set.Has({0x0028, 0x1101}));
    EXPECT_EQ(data_set.Find({0x0028, 0x1101})->vr, MakeVr("UN"));
    EXPECT_EQ(data_set.Find({0x0028, 0x1101})->value, std::string(70'000, 'L'));
  }
}

TEST(Transcode, PadsOddValues) {
  DicomBuilder b;
  b.Raw(InstanceHead(Encoding::kExplicitLittle)).Header({0x0020, 0x4000}, "LT", 3).Raw("odd");
  const std::string converted = Transcode(b.bytes(), kExplicitVrLittleEndian, kExplicitVrBigEndian);
  EXPECT_EQ(ParseIn(converted, kExplicitVrBigEndian).Find({0x0020, 0x4000})->value, "odd ");
}

TEST(Transcode, ReturnsTheErrorOfItsSink) {
  auto transcoder = Transcoder::Create(kImplicitVrLittleEndian, kExplicitVrLittleEndian,
                                       [](ByteView) { return Status::Aborted("peer is gone"); });
  ASSERT_TRUE(transcoder.ok());
  Status status = (*transcoder)->Feed(AsBytes(SampleIn(kImplicitVrLittleEndian)));
  if (status.ok()) status = (*transcoder)->Finish();
  EXPECT_EQ(status.code(), StatusCode::kAborted);
}

TEST(Transcode, RefusesWhatItCannotDo) {
  EXPECT_FALSE(CanTranscode("1.2.840.10008.1.2.4.90", kExplicitVrLittleEndian));
  EXPECT_EQ(Transcoder::Create(kExplicitVrLittleEndian, "1.2.840.10008.1.2.5", nullptr).status().code(),
            StatusCode::kUnsupported);
  DicomBuilder b;
  b.Raw(InstanceHead(Encoding::kExplicitLittle)).Fragments({"abcd"});
  auto transcoder = Transcoder::Create(kExplicitVrLittleEndian, kImplicitVrLittleEndian,
                                       [](ByteView) { return Status::Ok(); });
  EXPECT_FALSE((*transcoder)->Feed(AsBytes(b.bytes())).ok());
  EXPECT_FALSE((*transcoder)->Finish().ok());
}

TEST(Transcode, RefusesATruncatedDataSet) {
  const std::string data_set = SampleIn(kImplicitVrLittleEndian);
  auto transcoder = Transcoder::Create(kImplicitVrLittleEndian, kExplicitVrLittleEndian,
                                       [](ByteView) { return Status::Ok(); });
  ASSERT_TRUE((*transcoder)->Feed(AsBytes(std::string_view(data_set).substr(0, data_set.size() - 3))).ok());
  EXPECT_FALSE((*transcoder)->Finish().ok());
}

}  // namespace
}  // namespace argent::codec
