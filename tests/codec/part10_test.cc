#include "codec/part10.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "codec/transfer_syntax.h"
#include "tests/support/dicom_builder.h"

namespace argent::codec {
namespace {

using test::DicomBuilder;
using test::InstanceSpec;
using test::MakeFile;
using test::MakeInstance;
using testing::HasSubstr;

Result<FileHead> Head(std::string_view file) {
  return ParseFileHead(AsBytes(file.substr(0, kFileHeadBytes)));
}

void ExpectSyntax(std::string_view file, std::string_view uid, size_t position) {
  const Result<FileHead> head = Head(file);
  ASSERT_TRUE(head.ok()) << head.status().ToString();
  EXPECT_EQ(head->transfer_syntax_uid.text(), uid);
  EXPECT_EQ(head->data_set_position, position);
}

std::string InstanceIn(Encoding encoding) {
  InstanceSpec spec;
  spec.encoding = encoding;
  return MakeInstance(spec);
}

TEST(Part10, ReadsWhatItWrites) {
  const FileMetaInput input{SopClassUid("1.2.840.10008.5.1.4.1.1.7"), SopInstanceUid("1.2.3"),
                            TransferSyntaxUid("1.2.840.10008.1.2.4.201"), "SENDER"};
  const std::string head = MakeFileHead(input);
  ExpectSyntax(head + InstanceIn(Encoding::kExplicitLittle), "1.2.840.10008.1.2.4.201", head.size());
  const Result<FileHead> parsed = Head(head + InstanceIn(Encoding::kExplicitLittle));
  EXPECT_EQ(parsed->file_meta.Text({0x0002, 0x0003}), "1.2.3");
  EXPECT_EQ(parsed->file_meta.Text({0x0002, 0x0016}), "SENDER");
  EXPECT_EQ(parsed->file_meta.Integer({0x0002, 0x0000}), static_cast<int64_t>(head.size() - 144));
}

TEST(Part10, RecognisesEveryEncodingWithoutAMetaHeader) {
  ExpectSyntax(InstanceIn(Encoding::kImplicitLittle), kImplicitVrLittleEndian, 0);
  ExpectSyntax(InstanceIn(Encoding::kExplicitLittle), kExplicitVrLittleEndian, 0);
  ExpectSyntax(InstanceIn(Encoding::kExplicitBig), kExplicitVrBigEndian, 0);
}

TEST(Part10, RecognisesAcrNema) {
  DicomBuilder b(Encoding::kImplicitLittle);
  b.U32({0x0008, 0x0000}, 20).Text({0x0008, 0x0010}, "LO", "ACR-NEMA 1.0").Text({0x0010, 0x0010}, "PN", "x");
  ExpectSyntax(b.bytes(), kImplicitVrLittleEndian, 0);
}

TEST(Part10, RecognisesTheEncodingWhenTheTransferSyntaxIsMissingOrWrong) {
  DicomBuilder meta;
  meta.Raw(std::string(128, '\0')).Raw("DICM").Text({0x0002, 0x0003}, "UI", "1.2");
  ExpectSyntax(meta.bytes() + InstanceIn(Encoding::kImplicitLittle), kImplicitVrLittleEndian,
               meta.bytes().size());
  const std::string lying = MakeFile(kExplicitVrLittleEndian, {}, InstanceIn(Encoding::kExplicitBig));
  EXPECT_EQ(Head(lying)->transfer_syntax_uid.text(), kExplicitVrBigEndian);
  const std::string not_deflated =
      MakeFile(kDeflatedExplicitVrLittleEndian, {}, InstanceIn(Encoding::kExplicitLittle));
  EXPECT_EQ(Head(not_deflated)->transfer_syntax_uid.text(), kExplicitVrLittleEndian);
  const std::string deflated =
      MakeFile(kDeflatedExplicitVrLittleEndian, {}, test::RawDeflate(InstanceIn(Encoding::kExplicitLittle)));
  EXPECT_EQ(Head(deflated)->transfer_syntax_uid.text(), kDeflatedExplicitVrLittleEndian);
}

TEST(Part10, AcceptsAMetaHeaderWithoutPreambleOrGroupLength) {
  DicomBuilder b;
  b.Text({0x0002, 0x0010}, "UI", "1.2.840.10008.1.2.4.80");
  ExpectSyntax(b.bytes() + InstanceIn(Encoding::kExplicitLittle), "1.2.840.10008.1.2.4.80", b.bytes().size());
  ExpectSyntax("DICM" + b.bytes() + InstanceIn(Encoding::kExplicitLittle), "1.2.840.10008.1.2.4.80",
               b.bytes().size() + 4);
}

TEST(Part10, RefusesWhatIsNotDicomAndSaysSo) {
  for (const std::string& file : {std::string(), std::string("%PDF-1.4 hello world"), std::string(3000, '\0'),
                                  std::string(3000, 'A'), std::string("{\"json\": true}")}) {
    const Result<FileHead> head = Head(file);
    ASSERT_FALSE(head.ok());
    EXPECT_EQ(head.status().code(), StatusCode::kInvalidArgument);
  }
  EXPECT_THAT(Head("").status().message(), HasSubstr("empty"));
  EXPECT_THAT(Head("plain text, plain text, plain text").status().message(), HasSubstr("not DICOM"));
}

TEST(Part10, RefusesADamagedMetaHeaderAtEveryCut) {
  const std::string head =
      MakeFileHead({SopClassUid("1.2"), SopInstanceUid("1.2.3"), TransferSyntaxUid("1.2.4"), ""});
  for (size_t cut = 0; cut <= head.size(); ++cut) {
    EXPECT_FALSE(Head(std::string_view(head).substr(0, cut)).ok()) << "cut at " << cut;
  }
}

TEST(Part10, RefusesADicomdirAsUnsupported) {
  InstanceSpec spec;
  spec.sop_class_uid = "1.2.840.10008.1.3.10";
  const std::string file =
      MakeFile(kExplicitVrLittleEndian, spec, DicomBuilder().Text({0x0004, 0x1130}, "CS", "X").bytes());
  EXPECT_EQ(Head(file).status().code(), StatusCode::kUnsupported);
}

}  // namespace
}  // namespace argent::codec
