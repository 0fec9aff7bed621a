#include "archive/cli/get.h"

#include <gmock/gmock.h>
#include <xxhash.h>

#include <fstream>
#include <iterator>

#include "codec/part10.h"
#include "codec/transfer_syntax.h"
#include "tests/archive/archive_fixture.h"
#include "tests/archive/fake_data_reader.h"

namespace argent::archive {
namespace {

ingest::Digest DigestOf(const std::string& bytes) {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits(bytes.data(), bytes.size()));
  ingest::Digest digest;
  std::copy(std::begin(canonical.digest), std::end(canonical.digest), digest.begin());
  return digest;
}

class GetTest : public ArchiveTest {
 protected:
  void SetUp() override {
    ArchiveTest::SetUp();
    out_ = MakeDirectory();
    for (const char* uid : {"1.2.1.1.1", "1.2.1.1.2"}) Store(uid);
  }

  void Store(const std::string& uid) {
    ingest::InstanceReceived received = MakeReceived({.instance = uid});
    received.attributes.SetText(codec::tags::kSopInstanceUid, codec::MakeVr("UI"), uid);
    codec::DataSet data_set;
    data_set.SetText(codec::tags::kSopInstanceUid, codec::MakeVr("UI"), uid);
    data_set.SetText(codec::tags::kPatientName, codec::MakeVr("PN"), std::string(3000, 'x'));
    std::string& bytes = data_sets_[uid];
    data_set.Serialize(codec::Encoding::kExplicitLittle, &bytes);
    received.data_set_bytes = bytes.size();
    received.digest = DigestOf(bytes);
    received.extents = reader_.Add(bytes);
    extents_[uid] = received.extents[0];
    const storage::Fact fact{++sequence_, storage::FactKind::kInstanceReceived, received.Encode()};
    ProjectInto(std::span(&fact, 1), projector_.get(), catalog_.get());
  }

  Result<GetReport> Get(Level level, const std::string& uid, const std::string& syntax = "as-received") {
    failures_.clear();
    return GetInstances(
        *catalog_, reader_,
        {.level = level, .uid = uid, .out_directory = out_, .transfer_syntax_uid = syntax},
        [this](const std::string& failed, const Status& reason) { failures_[failed] = reason.ToString(); });
  }

  std::string ReadFile(const std::string& name) {
    std::ifstream in(out_ + "/1.2.1/1.2.1.1/" + name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  size_t FilesInSeries() {
    const std::filesystem::path series = out_ + "/1.2.1/1.2.1.1";
    if (!std::filesystem::exists(series)) return 0;
    return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(series), {}));
  }

  FakeDataReader reader_;
  std::string out_;
  std::map<std::string, std::string> data_sets_;
  std::map<std::string, storage::Extent> extents_;
  std::map<std::string, std::string> failures_;
};

TEST_P(GetTest, WritesTheDataSetByteForByte) {
  const auto report = Get(Level::kStudy, "1.2.1");
  ASSERT_TRUE(report.ok()) << report.status().ToString();
  EXPECT_EQ(report->written, 2u);
  EXPECT_EQ(report->failed, 0u);
  EXPECT_EQ(FilesInSeries(), 2u);
  const std::string file = ReadFile("1.2.1.1.2.dcm");
  const auto head = codec::ParseFileHead(AsBytes(file));
  ASSERT_TRUE(head.ok()) << head.status().ToString();
  EXPECT_EQ(head->transfer_syntax_uid.text(), "1.2.840.10008.1.2.1");
  EXPECT_EQ(file.substr(head->data_set_position), data_sets_["1.2.1.1.2"]);
}

TEST_P(GetTest, OneInstanceByItsUidAlone) {
  const auto report = Get(Level::kInstance, "1.2.1.1.1");
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->written, 1u);
  EXPECT_EQ(FilesInSeries(), 1u);
}

TEST_P(GetTest, ADigestThatDiffersIsAnErrorAndLeavesNoFile) {
  std::string other = data_sets_["1.2.1.1.1"];
  other.back() ^= 1;
  reader_.Replace(extents_["1.2.1.1.1"], other);
  const auto report = Get(Level::kStudy, "1.2.1");
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->written, 1u);
  EXPECT_EQ(report->failed, 1u);
  EXPECT_THAT(failures_["1.2.1.1.1"], testing::HasSubstr("digest"));
  EXPECT_EQ(FilesInSeries(), 1u);
}

TEST_P(GetTest, AReadErrorInTheMiddleLeavesNoFile) {
  reader_.Damage(extents_["1.2.1.1.2"], 1000);
  const auto report = Get(Level::kStudy, "1.2.1");
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->failed, 1u);
  EXPECT_EQ(FilesInSeries(), 1u);
}

TEST_P(GetTest, ConvertsToAnotherTransferSyntaxOnRequest) {
  const auto report = Get(Level::kInstance, "1.2.1.1.1", "1.2.840.10008.1.2");
  ASSERT_TRUE(report.ok());
  ASSERT_EQ(report->written, 1u) << failures_["1.2.1.1.1"];
  const std::string file = ReadFile("1.2.1.1.1.dcm");
  const auto head = codec::ParseFileHead(AsBytes(file));
  ASSERT_TRUE(head.ok());
  EXPECT_EQ(head->transfer_syntax_uid.text(), "1.2.840.10008.1.2");
  const auto data_set =
      codec::DataSet::Parse(AsBytes(file).subspan(head->data_set_position), codec::Encoding::kImplicitLittle);
  ASSERT_TRUE(data_set.ok());
  EXPECT_EQ(data_set->Text(codec::tags::kSopInstanceUid), "1.2.1.1.1");
}

TEST_P(GetTest, WhatCannotBeConvertedFailsWithAReason) {
  const auto report = Get(Level::kInstance, "1.2.1.1.1", "1.2.840.10008.1.2.4.90");
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->failed, 1u);
  EXPECT_THAT(failures_["1.2.1.1.1"], testing::HasSubstr("unsupported"));
  EXPECT_EQ(FilesInSeries(), 0u);
}

TEST_P(GetTest, UnknownAndMalformedUidsAreToldApart) {
  EXPECT_EQ(Get(Level::kStudy, "9.9.9").status().code(), StatusCode::kNotFound);
  EXPECT_EQ(Get(Level::kStudy, "../../etc").status().code(), StatusCode::kInvalidArgument);
}

ARGENT_OVER_BOTH_CATALOGS(GetTest);

}  // namespace
}  // namespace argent::archive
