#include "codec/data_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "codec/dictionary.h"
#include "codec/transfer_syntax.h"
#include "codec/uid.h"
#include "storage/base/random.h"
#include "tests/codec/scan_support.h"
#include "tests/support/dicom_builder.h"

namespace argent::codec {
namespace {

using test::DicomBuilder;
using test::kUndefined;
using testing::HasSubstr;

constexpr Encoding kEncodings[] = {Encoding::kImplicitLittle, Encoding::kExplicitLittle,
                                   Encoding::kExplicitBig};

DataSet Identifier() {
  DataSet inner;
  inner.SetText({0x0040, 0x0009}, MakeVr("SH"), "step");
  DataSet data_set;
  data_set.SetText(tags::kPatientName, MakeVr("PN"), "A^B");
  data_set.SetText(tags::kStudyInstanceUid, MakeVr("UI"), "1.2.3");
  data_set.SetUnsigned16({0x0028, 0x0010}, 512);
  data_set.SetUnsigned32({0x0018, 0x6018}, 0x01020304);
  data_set.SetSequence({0x0040, 0x0275}, {inner, DataSet()});
  data_set.SetText(tags::kQueryRetrieveLevel, MakeVr("CS"), "STUDY");
  return data_set;
}

TEST(DataSet, ComesBackFromEveryEncoding) {
  for (Encoding encoding : kEncodings) {
    std::string bytes;
    Identifier().Serialize(encoding, &bytes);
    EXPECT_EQ(bytes.size() % 2, 0u);
    const Result<DataSet> parsed = DataSet::Parse(AsBytes(bytes), encoding);
    ASSERT_TRUE(parsed.ok()) << parsed.status().ToString();
    EXPECT_EQ(parsed->Text(tags::kPatientName), "A^B");
    EXPECT_EQ(parsed->Text(tags::kStudyInstanceUid), "1.2.3");
    EXPECT_EQ(parsed->Integer({0x0028, 0x0010}), 512);
    EXPECT_EQ(parsed->Integer({0x0018, 0x6018}), 0x01020304);
    ASSERT_EQ(parsed->Find({0x0040, 0x0275})->items.size(), 2u);
    EXPECT_EQ(parsed->Find({0x0040, 0x0275})->items[0].Text({0x0040, 0x0009}), "step");
  }
}

TEST(DataSet, SortsAndKeepsTheFirstOfEqualTags) {
  DicomBuilder b;
  b.Text({0x0010, 0x0020}, "LO", "first")
      .Text({0x0008, 0x0052}, "CS", "STUDY")
      .Text({0x0010, 0x0020}, "LO", "second");
  const Result<DataSet> parsed = DataSet::Parse(AsBytes(b.bytes()), Encoding::kExplicitLittle);
  ASSERT_TRUE(parsed.ok());
  ASSERT_EQ(parsed->elements().size(), 2u);
  EXPECT_EQ(parsed->elements()[0].tag, tags::kQueryRetrieveLevel);
  EXPECT_EQ(parsed->Text(tags::kPatientId), "first");
}

TEST(DataSet, RefusesWhatIsBeyondItsLimits) {
  DataSetLimits limits;
  limits.bytes_max = 100;
  EXPECT_FALSE(DataSet::Parse(AsBytes(std::string(102, ' ')), Encoding::kExplicitLittle, limits).ok());
  DicomBuilder many;
  for (uint16_t i = 0; i < 10'001; ++i) many.Text({0x0009, i}, "LO", "");
  const Result<DataSet> result = DataSet::Parse(AsBytes(many.bytes()), Encoding::kExplicitLittle);
  ASSERT_FALSE(result.ok());
  EXPECT_THAT(result.status().message(), HasSubstr("more than 10000"));
}

TEST(DataSet, NeverTripsOverRandomBytes) {
  for (uint64_t seed = 0; seed < 2000; ++seed) {
    Random random(seed);
    std::string bytes;
    Identifier().Serialize(kEncodings[seed % 3], &bytes);
    for (int i = 0; i < 4; ++i) bytes[random.Below(bytes.size())] = static_cast<char>(random.Next());
    const Result<DataSet> parsed = DataSet::Parse(AsBytes(bytes), kEncodings[random.Below(3)]);
    EXPECT_TRUE(parsed.ok() || !parsed.status().message().empty()) << "seed " << seed;
  }
}

TEST(DataSet, WritesValuesTooLongForTheirVrAsUn) {
  DataSet data_set;
  data_set.SetText({0x0020, 0x4000}, MakeVr("LT"), std::string(70'000, 'x'));
  std::string bytes;
  data_set.Serialize(Encoding::kExplicitLittle, &bytes);
  EXPECT_EQ(bytes.substr(4, 2), "UN");
  EXPECT_EQ(bytes.size(), 70'012u);
}

TEST(DataSet, ReadsIntegersOfEveryVr) {
  DataSet data_set;
  data_set.SetText({0x0020, 0x0013}, MakeVr("IS"), " +12 \\13");
  data_set.Set({{0x0028, 0x0106}, MakeVr("SS"), std::string("\xFE\xFF", 2), {}});
  data_set.SetText({0x0020, 0x0011}, MakeVr("IS"), "x");
  EXPECT_EQ(data_set.Integer({0x0020, 0x0013}), 12);
  EXPECT_EQ(data_set.Integer({0x0028, 0x0106}), -2);
  EXPECT_EQ(data_set.Integer({0x0020, 0x0011}), std::nullopt);
}

TEST(Dictionary, IsLoadedAndKnowsTheStandard) {
  ASSERT_TRUE(CheckDictionary().ok()) << CheckDictionary().ToString();
  EXPECT_EQ(DictionaryVr(tags::kPatientName), MakeVr("PN"));
  EXPECT_EQ(DictionaryVr(tags::kPixelData), MakeVr("OW"));
  EXPECT_EQ(DictionaryVr({0x6002, 0x3000}), MakeVr("OW"));
  EXPECT_EQ(DictionaryVr({0x0028, 0x3006}), MakeVr("OW"));
  EXPECT_EQ(DictionaryVr({0x0008, 0x0000}), MakeVr("UL"));
  EXPECT_EQ(DictionaryVr({0x0029, 0x0010}), MakeVr("LO"));
  EXPECT_EQ(DictionaryVr({0x0029, 0x1010}), MakeVr("UN"));
  EXPECT_TRUE(IsUsOrSs({0x0028, 0x0106}));
  EXPECT_EQ(DictionaryKeyword(tags::kPatientId), "PatientID");
  EXPECT_EQ(TagOfKeyword("StudyInstanceUID"), tags::kStudyInstanceUid);
  EXPECT_EQ(TagOfKeyword("00100020"), tags::kPatientId);
  EXPECT_EQ(TagOfKeyword("0010,0020"), tags::kPatientId);
  EXPECT_EQ(TagOfKeyword("NoSuchKeyword"), std::nullopt);
}

TEST(Uid, AcceptsDigitsAndDotsUpTo64) {
  EXPECT_TRUE(IsAcceptableUid("1.2.840.10008.1.2"));
  EXPECT_TRUE(IsAcceptableUid("1.02.3"));
  EXPECT_TRUE(IsAcceptableUid(std::string(64, '1')));
  for (std::string_view bad : {"", ".1", "1.", "1..2", "1.2a", "1 2", " 1.2"})
    EXPECT_FALSE(IsAcceptableUid(bad)) << bad;
  EXPECT_FALSE(IsAcceptableUid(std::string(65, '1')));
}

TEST(TransferSyntax, TakesUnknownOnesAsEncapsulatedExplicitLittleEndian) {
  const TransferSyntax unknown = LookUpTransferSyntax("1.2.3.4");
  EXPECT_FALSE(unknown.known);
  EXPECT_TRUE(unknown.encapsulated);
  EXPECT_EQ(unknown.encoding, Encoding::kExplicitLittle);
  EXPECT_TRUE(LookUpTransferSyntax("1.2.840.10008.1.2.4.201").known);
  EXPECT_EQ(LookUpTransferSyntax(kExplicitVrBigEndian).encoding, Encoding::kExplicitBig);
  EXPECT_TRUE(LookUpTransferSyntax(kDeflatedExplicitVrLittleEndian).deflated);
}

}  // namespace
}  // namespace argent::codec
