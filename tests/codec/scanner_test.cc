// What the scanner finds in well-formed Data Sets of every encoding.
#include "codec/scanner.h"

#include <gtest/gtest.h>

#include "codec/catalog_attributes.h"
#include "storage/base/random.h"
#include "tests/codec/scan_support.h"
#include "tests/support/dicom_builder.h"

namespace argent::codec {
namespace {

using test::DicomBuilder;
using test::InstanceSpec;
using test::kUndefined;
using test::MakeInstance;

InstanceSpec SpecOf(Encoding encoding) {
  InstanceSpec spec;
  spec.encoding = encoding;
  return spec;
}

class ScannerEncodings : public testing::TestWithParam<Encoding> {};

TEST_P(ScannerEncodings, FindsUidsAttributesAndPixelData) {
  const std::string data_set = MakeInstance(SpecOf(GetParam()));
  const Result<ScanResult> result = Scan(data_set, GetParam());
  ASSERT_TRUE(result.ok()) << result.status().ToString();
  EXPECT_EQ(result->study_uid.text(), "1.2.3.1");
  EXPECT_EQ(result->series_uid.text(), "1.2.3.1.1");
  EXPECT_EQ(result->sop_instance_uid.text(), "1.2.3.1.1.1");
  EXPECT_EQ(result->sop_class_uid.text(), "1.2.840.10008.5.1.4.1.1.7");
  EXPECT_EQ(result->attributes.Text(tags::kPatientName), "Example^Anna");
  EXPECT_EQ(result->attributes.Integer({0x0028, 0x0011}), 6);
  EXPECT_EQ(result->pixel_data.tag, tags::kPixelData);
  EXPECT_EQ(result->pixel_data.vr, MakeVr("OW"));
  EXPECT_EQ(result->pixel_data.value_length, 48u);
  EXPECT_EQ(result->pixel_data.value_position, data_set.size() - 48);
  EXPECT_FALSE(result->pixel_data.encapsulated);
  EXPECT_EQ(result->data_set_bytes, data_set.size());
  EXPECT_TRUE(result->warnings.empty()) << result->warnings.front();
}

TEST_P(ScannerEncodings, GivesTheSameResultForAnySplit) {
  DicomBuilder b(GetParam());
  b.Raw(InstanceHead(GetParam()));
  b.BeginSequence({0x0040, 0x0275})
      .BeginItem()
      .Text({0x0040, 0x0009}, "SH", "step 1")
      .EndItem()
      .EndSequence();
  b.Bytes(tags::kPixelData, "OW", std::string(64, 'x'));
  const std::string whole = ToText(Scan(b.bytes(), GetParam()));
  for (uint64_t seed = 0; seed < 200; ++seed) {
    EXPECT_EQ(ToText(ScanSplit(b.bytes(), GetParam(), seed)), whole) << "seed " << seed;
  }
}

TEST_P(ScannerEncodings, KeepsCatalogSequencesWhole) {
  DicomBuilder b(GetParam());
  b.Raw(InstanceHead(GetParam()));
  b.BeginSequence({0x0040, 0x0275}).BeginItem();
  b.Sequence({0x0040, 0x0008}, {DicomBuilder(GetParam()).Text({0x0008, 0x0100}, "SH", "CODE").bytes()});
  b.U16({0x0028, 0x0010}, 7).Text({0x0040, 0x1001}, "SH", "RP1").EndItem().EndSequence();
  const Result<ScanResult> result = Scan(b.bytes(), GetParam());
  ASSERT_TRUE(result.ok()) << result.status().ToString();
  const Element* sequence = result->attributes.Find({0x0040, 0x0275});
  ASSERT_NE(sequence, nullptr);
  ASSERT_EQ(sequence->items.size(), 1u);
  EXPECT_EQ(sequence->items[0].Text({0x0040, 0x1001}), "RP1");
  EXPECT_EQ(sequence->items[0].Integer({0x0028, 0x0010}), 7);
  ASSERT_NE(sequence->items[0].Find({0x0040, 0x0008}), nullptr);
  EXPECT_EQ(sequence->items[0].Find({0x0040, 0x0008})->items.at(0).Text({0x0008, 0x0100}), "CODE");
}

TEST_P(ScannerEncodings, SkipsNestedUidsAndPixelData) {
  DicomBuilder b(GetParam());
  DicomBuilder item(GetParam());
  item.Text({0x0008, 0x0018}, "UI", "9.9").Bytes(tags::kPixelData, "OW", "icon");
  b.Raw(InstanceHead(GetParam())).Sequence({0x0088, 0x0200}, {item.bytes()});
  const Result<ScanResult> result = Scan(b.bytes(), GetParam());
  ASSERT_TRUE(result.ok()) << result.status().ToString();
  EXPECT_EQ(result->sop_instance_uid.text(), "1.2.3.1.1.1");
  EXPECT_FALSE(result->pixel_data.present());
}

TEST_P(ScannerEncodings, LeavesValuesBeyondTheCatalogBoundOut) {
  DicomBuilder b(GetParam());
  b.Raw(InstanceHead(GetParam()));
  b.Text({0x0020, 0x4000}, "LT", std::string(kCatalogValueBytesMax + 2, 'c'));
  b.BeginSequence({0x0040, 0x0275});
  for (int i = 0; i < 600; ++i) b.BeginItem().EndItem();
  b.EndSequence();
  const Result<ScanResult> result = Scan(b.bytes(), GetParam());
  ASSERT_TRUE(result.ok()) << result.status().ToString();
  EXPECT_FALSE(result->attributes.Has({0x0020, 0x4000}));
  EXPECT_FALSE(result->attributes.Has({0x0040, 0x0275}));
}

INSTANTIATE_TEST_SUITE_P(All, ScannerEncodings,
                         testing::Values(Encoding::kImplicitLittle, Encoding::kExplicitLittle,
                                         Encoding::kExplicitBig));

TEST(Scanner, FindsEncapsulatedPixelData) {
  DicomBuilder b;
  b.Raw(InstanceHead(Encoding::kExplicitLittle));
  const size_t start = b.bytes().size();
  b.Fragments({"abcd", "ef"}).Bytes({0xFFFC, 0xFFFC}, "OB", std::string(10, '\0'));
  const Result<ScanResult> result = Scan(b.bytes(), Encoding::kExplicitLittle);
  ASSERT_TRUE(result.ok()) << result.status().ToString();
  EXPECT_TRUE(result->pixel_data.encapsulated);
  EXPECT_EQ(result->pixel_data.fragment_count, 2u);
  EXPECT_EQ(result->pixel_data.value_position, start + 12);
  EXPECT_EQ(result->pixel_data.value_length, 8u + 8 + 4 + 8 + 2 + 8);
}

TEST(Scanner, FindsFloatAndDoublePixelData) {
  for (const Tag tag : {tags::kFloatPixelData, tags::kDoubleFloatPixelData}) {
    DicomBuilder b;
    b.Raw(InstanceHead(Encoding::kExplicitLittle)).Bytes(tag, "OF", std::string(16, 'f'));
    const Result<ScanResult> result = Scan(b.bytes(), Encoding::kExplicitLittle);
    ASSERT_TRUE(result.ok()) << result.status().ToString();
    EXPECT_EQ(result->pixel_data.tag, tag);
    EXPECT_EQ(result->pixel_data.value_length, 16u);
  }
}

TEST(Scanner, InflatesRawAndWrappedStreams) {
  const std::string data_set = MakeInstance({});
  const TransferSyntax deflated = LookUpTransferSyntax(kDeflatedExplicitVrLittleEndian);
  const std::string raw = test::RawDeflate(data_set);
  for (const std::string& stream : {raw, ZlibWrapped(data_set), raw + "12345678"}) {
    const Result<ScanResult> result = ScanSyntax(stream, deflated);
    ASSERT_TRUE(result.ok()) << result.status().ToString();
    EXPECT_EQ(result->sop_instance_uid.text(), "1.2.3.1.1.1");
    EXPECT_EQ(result->data_set_bytes, stream.size());
    EXPECT_EQ(result->pixel_data.value_position, data_set.size() - 48);
  }
}

TEST(Scanner, ConvertsTextToUtf8ButKeepsTheCharsetAsReceived) {
  InstanceSpec spec;
  spec.patient_name = "Buc^J\xE9r\xF4me";
  const Result<ScanResult> result = Scan(MakeInstance(spec), spec.encoding);
  ASSERT_TRUE(result.ok()) << result.status().ToString();
  EXPECT_EQ(result->attributes.Text(tags::kPatientName), "Buc^J\xC3\xA9r\xC3\xB4me");
  EXPECT_EQ(result->attributes.Text(tags::kSpecificCharacterSet), "ISO_IR 100");
}

TEST(Scanner, DoesNotLoseAnInstanceToAWrongCharset) {
  InstanceSpec spec;
  spec.charset = "KLINGON";
  spec.patient_name = "J\xE9r\xF4me";
  const Result<ScanResult> result = Scan(MakeInstance(spec), spec.encoding);
  ASSERT_TRUE(result.ok()) << result.status().ToString();
  EXPECT_EQ(result->attributes.Text(tags::kPatientName), "J\xEF\xBF\xBDr\xEF\xBF\xBDme");
  EXPECT_EQ(result->warnings.size(), 1u);
}

TEST(Scanner, ReadsUnOfUndefinedLengthAsImplicit) {
  for (const Encoding encoding : {Encoding::kExplicitLittle, Encoding::kExplicitBig}) {
    DicomBuilder item(Encoding::kImplicitLittle);
    item.BeginItem().Text({0x0010, 0x0010}, "PN", "inner").EndItem().EndSequence();
    DicomBuilder b(encoding);
    b.Raw(InstanceHead(encoding)).Header({0x0029, 0x1001}, "UN", kUndefined).Raw(item.bytes());
    b.Bytes(tags::kPixelData, "OW", "pixels");
    const Result<ScanResult> result = Scan(b.bytes(), encoding);
    ASSERT_TRUE(result.ok()) << result.status().ToString();
    EXPECT_EQ(result->pixel_data.value_length, 6u);
  }
}

TEST(Scanner, AcceptsTrailingZerosAndOrderViolationsWithAWarning) {
  const std::string data_set = MakeInstance({});
  for (const size_t zeros : {2u, 6u, 8u, 1000u}) {
    const Result<ScanResult> result = Scan(data_set + std::string(zeros, '\0'), Encoding::kExplicitLittle);
    EXPECT_TRUE(result.ok()) << zeros << ": " << result.status().ToString();
  }
  DicomBuilder b;
  b.Raw(data_set).Text({0x0008, 0x1030}, "LO", "late").Text({0x0010, 0x0020}, "LO", "second");
  const Result<ScanResult> result = Scan(b.bytes(), Encoding::kExplicitLittle);
  ASSERT_TRUE(result.ok()) << result.status().ToString();
  EXPECT_EQ(result->attributes.Text({0x0008, 0x1030}), "late");
  EXPECT_EQ(result->attributes.Text(tags::kPatientId), "4711");
  EXPECT_FALSE(result->warnings.empty());
}

}  // namespace
}  // namespace argent::codec
