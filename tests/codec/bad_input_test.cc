// What strangers send: each broken or hostile Data Set is refused with a message that says where, and costs
// little.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "codec/scanner.h"
#include "tests/codec/scan_support.h"
#include "tests/support/dicom_builder.h"

namespace argent::codec {
namespace {

using test::DicomBuilder;
using test::InstanceSpec;
using test::kUndefined;
using test::MakeInstance;
using testing::HasSubstr;

constexpr Encoding kLittle = Encoding::kExplicitLittle;

void ExpectRefused(const Result<ScanResult>& result, std::string_view why) {
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.status().code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(result.status().message(), HasSubstr(why));
}

TEST(BadInput, EmptyDataSetIsRefused) { ExpectRefused(Scan("", kLittle), "empty"); }

TEST(BadInput, WhatIsNotDicomIsRefused) {
  EXPECT_FALSE(Scan("GET / HTTP/1.1\r\nHost: example.org\r\n\r\n", kLittle).ok());
  EXPECT_FALSE(Scan(std::string(4096, '\0'), kLittle).ok());
  EXPECT_FALSE(Scan(std::string(4096, '\xFF'), kLittle).ok());
}

// Every cut inside an element is found; one between two top-level elements looks like a shorter Data Set,
// which the transport (last fragment of a PDV, file length) must tell apart.
TEST(BadInput, TruncationAtEveryByteIsRefusedOrLeavesWholeElements) {
  for (Encoding encoding : {Encoding::kImplicitLittle, kLittle, Encoding::kExplicitBig}) {
    DicomBuilder b(encoding);
    b.Raw(InstanceHead(encoding));
    const size_t head_end = b.bytes().size();
    b.BeginSequence({0x0040, 0x0275}).BeginItem().Text({0x0040, 0x0009}, "SH", "a1").EndItem().EndSequence();
    const size_t sequence_end = b.bytes().size();
    b.Sequence({0x0088, 0x0200}, {DicomBuilder(encoding).U16({0x0028, 0x0010}, 1).bytes()});
    const size_t icon_end = b.bytes().size();
    b.Bytes(tags::kPixelData, "OW", "pixels");
    for (size_t cut = 0; cut < b.bytes().size(); ++cut) {
      const bool whole = cut == head_end || cut == sequence_end || cut == icon_end;
      const Result<ScanResult> result = Scan(std::string_view(b.bytes()).substr(0, cut), encoding);
      EXPECT_EQ(result.ok(), whole) << "cut at " << cut << ": " << ToText(result);
    }
  }
}

TEST(BadInput, TruncatedFragmentsAreRefusedAtEveryByte) {
  DicomBuilder b;
  b.Raw(InstanceHead(kLittle));
  const size_t start = b.bytes().size();
  b.Fragments({"abcd", "ef"});
  for (size_t cut = start + 1; cut < b.bytes().size(); ++cut) {
    EXPECT_FALSE(Scan(std::string_view(b.bytes()).substr(0, cut), kLittle).ok()) << "cut at " << cut;
  }
}

TEST(BadInput, TruncationOfADeflatedDataSetIsRefusedAtEveryByte) {
  const std::string deflated = test::RawDeflate(MakeInstance({}));
  const TransferSyntax syntax = LookUpTransferSyntax(kDeflatedExplicitVrLittleEndian);
  for (size_t cut = 0; cut + 2 < deflated.size(); ++cut) {
    EXPECT_FALSE(ScanSyntax(std::string_view(deflated).substr(0, cut), syntax).ok()) << "cut at " << cut;
  }
}

TEST(BadInput, OddLengthsAreAcceptedWithAWarning) {
  DicomBuilder b;
  b.Raw(InstanceHead(kLittle))
      .Header({0x0020, 0x4000}, "LT", 3)
      .Raw("odd")
      .Header(tags::kPixelData, "OB", 5)
      .Raw("12345");
  const Result<ScanResult> result = Scan(b.bytes(), kLittle);
  ASSERT_TRUE(result.ok()) << result.status().ToString();
  ASSERT_EQ(result->warnings.size(), 2u);
  EXPECT_THAT(result->warnings[1], HasSubstr("(7FE0,0010) at byte"));
}

TEST(BadInput, LengthBeyondTheEndIsRefused) {
  DicomBuilder b;
  b.Raw(InstanceHead(kLittle)).Header(tags::kPixelData, "OW", 0x7FFFFFF0).Raw("few");
  ExpectRefused(Scan(b.bytes(), kLittle), "(7FE0,0010)");
}

TEST(BadInput, LengthBeyondTheEnclosingItemIsRefused) {
  DicomBuilder b;
  b.Raw(InstanceHead(kLittle)).BeginSequence({0x0040, 0x0275}, 26).BeginItem(18);
  b.Header({0x0040, 0x0009}, "SH", 200).Raw(std::string(300, 'x'));
  ExpectRefused(Scan(b.bytes(), kLittle), "(0040,0275)[1].(0040,0009)");

  DicomBuilder item;
  item.Raw(InstanceHead(kLittle))
      .BeginSequence({0x0040, 0x0275}, 16)
      .BeginItem(100)
      .Raw(std::string(300, 'x'));
  ExpectRefused(Scan(item.bytes(), kLittle), "runs past the end");
}

TEST(BadInput, DeepNestingIsRefusedEarly) {
  DicomBuilder b;
  b.Raw(InstanceHead(kLittle));
  for (int i = 0; i < 300'000; ++i) b.BeginSequence({0x0040, 0x0275}).BeginItem();
  ExpectRefused(Scan(b.bytes(), kLittle), "nested deeper than 64");
}

TEST(BadInput, NestingAtTheLimitIsAccepted) {
  DicomBuilder b;
  b.Raw(InstanceHead(kLittle));
  for (int i = 0; i < 64; ++i) b.BeginSequence({0x0040, 0x0275}).BeginItem();
  for (int i = 0; i < 64; ++i) b.EndItem().EndSequence();
  EXPECT_TRUE(Scan(b.bytes(), kLittle).ok());
}

TEST(BadInput, MoreThanAMillionElementsAreRefused) {
  DicomBuilder b;
  b.Raw(InstanceHead(kLittle)).BeginSequence({0x0040, 0x0275});
  DicomBuilder item;
  item.BeginItem(0);
  std::string items;
  for (int i = 0; i < 1'000'001; ++i) items += item.bytes();
  b.Raw(items).EndSequence();
  ExpectRefused(Scan(b.bytes(), kLittle), "more than 1000000");
}

TEST(BadInput, ADeflateBombIsRefusedAfterAFewMegabytes) {
  const std::string zeros(64 << 20, '\0');
  DicomBuilder b;
  b.Raw(InstanceHead(kLittle)).Header(tags::kPixelData, "OW", 64 << 20).Raw(zeros);
  const std::string bomb = test::RawDeflate(b.bytes());
  ExpectRefused(ScanSyntax(bomb, LookUpTransferSyntax(kDeflatedExplicitVrLittleEndian)), "200 times");
  ScanLimits limits;
  limits.inflated_bytes_max = 1000;
  ExpectRefused(ScanSyntax(bomb, LookUpTransferSyntax(kDeflatedExplicitVrLittleEndian), limits),
                "more than 1000 bytes");
}

TEST(BadInput, GarbageUnderTheDeflatedSyntaxIsRefused) {
  const TransferSyntax deflated = LookUpTransferSyntax(kDeflatedExplicitVrLittleEndian);
  ExpectRefused(ScanSyntax(std::string(100, '\xFF'), deflated), "damaged");
  ExpectRefused(ScanSyntax(test::RawDeflate(MakeInstance({})) + std::string(40, 'x'), deflated),
                "follow the end");
}

TEST(BadInput, MissingUidsAreNamed) {
  InstanceSpec spec;
  spec.study_uid = "";
  ExpectRefused(Scan(MakeInstance(spec), kLittle), "Study Instance UID (0020,000D) is missing");
  spec = {};
  spec.series_uid = "";
  ExpectRefused(Scan(MakeInstance(spec), kLittle), "Series Instance UID (0020,000E) is missing");
  spec = {};
  spec.sop_instance_uid = "";
  ExpectRefused(Scan(MakeInstance(spec), kLittle), "SOP Instance UID (0008,0018) is missing");
  spec = {};
  spec.sop_class_uid = "";
  ExpectRefused(Scan(MakeInstance(spec), kLittle), "SOP Class UID (0008,0016) is missing");
}

TEST(BadInput, UidsWithLettersOrTooLongAreRefused) {
  InstanceSpec spec;
  spec.sop_instance_uid = "1.2.3a";
  ExpectRefused(Scan(MakeInstance(spec), kLittle), "\"1.2.3a\"");
  spec.sop_instance_uid = "1." + std::string(63, '2');
  ExpectRefused(Scan(MakeInstance(spec), kLittle), "SOP Instance UID");
  spec.sop_instance_uid = "1." + std::string(62, '2');
  EXPECT_TRUE(Scan(MakeInstance(spec), kLittle).ok());
}

TEST(BadInput, UndefinedLengthOfAPlainValueIsRefused) {
  DicomBuilder b;
  b.Raw(InstanceHead(kLittle)).Header({0x0042, 0x0011}, "OB", kUndefined);
  ExpectRefused(Scan(b.bytes(), kLittle), "undefined length with VR OB");
}

TEST(BadInput, ElementsWhereItemsShouldBeAreRefused) {
  DicomBuilder b;
  b.Raw(InstanceHead(kLittle)).BeginSequence({0x0040, 0x0275}).Text({0x0010, 0x0010}, "PN", "x");
  ExpectRefused(Scan(b.bytes(), kLittle), "where an item or the end of the sequence should be");
  DicomBuilder fragments;
  fragments.Raw(InstanceHead(kLittle)).Header(tags::kPixelData, "OB", kUndefined).BeginItem(kUndefined);
  ExpectRefused(Scan(fragments.bytes(), kLittle), "of undefined length");
}

TEST(BadInput, WrongVrLettersAreReadAsDevicesMeanThem) {
  DicomBuilder b;
  b.Raw(InstanceHead(kLittle));
  b.Header({0x0028, 0x0010}, "??", 2)
      .Raw(std::string_view("\x07\0", 2));  // a short length, the VR from the dictionary
  b.Header({0x0028, 0x0120}, "  ", 2).Raw("pp");
  b.Header({0x0029, 0x1010}, "ZZ", 0)
      .Raw(std::string_view("\4\0\0\0four", 8));  // a VR of the future: 32-bit length
  b.Raw(DicomBuilder(Encoding::kImplicitLittle).Text({0x0032, 0x4000}, "LT", "implicit").bytes());
  b.Bytes(tags::kPixelData, "OW", "pixels");
  const Result<ScanResult> result = Scan(b.bytes(), kLittle);
  ASSERT_TRUE(result.ok()) << result.status().ToString();
  EXPECT_EQ(result->attributes.Integer({0x0028, 0x0010}), 7);
  EXPECT_EQ(result->attributes.Text({0x0032, 0x4000}), "implicit");
  EXPECT_EQ(result->pixel_data.value_length, 6u);
  EXPECT_EQ(result->warnings.size(), 4u);
}

TEST(BadInput, WarningsAreBounded) {
  DicomBuilder b;
  b.Raw(MakeInstance({}));
  for (int i = 0; i < 10'000; ++i) b.Header({0x0009, 0x0001}, "??", 1).Raw("x");
  const Result<ScanResult> result = Scan(b.bytes(), kLittle);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->warnings.size(), 16u);
}

TEST(BadInput, AFailedScannerStaysFailed) {
  Scanner scanner(LookUpTransferSyntax(kExplicitVrLittleEndian), {});
  const std::string bad =
      DicomBuilder().BeginSequence({0x0040, 0x0275}).Text({0x0010, 0x0010}, "PN", "x").bytes();
  const Status first = scanner.Feed(AsBytes(bad));
  EXPECT_FALSE(first.ok());
  EXPECT_EQ(scanner.Feed(AsBytes("more")).message(), first.message());
  EXPECT_EQ(scanner.Finish().status().message(), first.message());
}

TEST(BadInput, ADataSetBeyondTheSizeLimitIsRefused) {
  ScanLimits limits;
  limits.data_set_bytes_max = 100;
  ExpectRefused(Scan(MakeInstance({}), kLittle, limits), "more than 100 bytes");
}

}  // namespace
}  // namespace argent::codec
