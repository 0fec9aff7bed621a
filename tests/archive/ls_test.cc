#include "archive/cli/ls.h"

#include <gmock/gmock.h>

#include "archive/cli/json_line.h"
#include "tests/archive/archive_fixture.h"

namespace argent::archive {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class LsTest : public ArchiveTest {
 protected:
  std::vector<std::string> Ls(const LsOptions& options) {
    std::vector<std::string> lines;
    const Status status =
        List(*catalog_, options, [&lines](std::string_view line) { lines.emplace_back(line); });
    EXPECT_TRUE(status.ok()) << status.ToString();
    return lines;
  }
  StatusCode LsError(const LsOptions& options) {
    return List(*catalog_, options, [](std::string_view) {}).code();
  }
};

TEST_P(LsTest, ListsAndMatchesAsCFindDoes) {
  ReceiveAll({{.study = "1.1",
               .series = "1.1.1",
               .instance = "1.1.1.1",
               .attributes = {{"PatientID", "A"}, {"PatientName", "Doe^Jane"}, {"Modality", "CT"}}},
              {.study = "1.2",
               .series = "1.2.1",
               .instance = "1.2.1.1",
               .attributes = {{"PatientID", "B"}, {"PatientName", "Roe^\x1b[2J"}, {"Modality", "MR"}}}});
  EXPECT_EQ(Ls({.what = "studies"}).size(), 3u) << "a line of headings and two studies";
  const auto json = Ls({.what = "studies", .matches = {"PatientName=doe*"}, .json = true});
  ASSERT_EQ(json.size(), 1u);
  EXPECT_THAT(json[0], HasSubstr("\"StudyInstanceUID\":\"1.1\""));
  EXPECT_THAT(json[0], HasSubstr("\"NumberOfStudyRelatedInstances\":1"));
  EXPECT_THAT(json[0], HasSubstr("\"AccessionNumber\":null"));
  EXPECT_EQ(Ls({.what = "instances", .limit = 1, .json = true}).size(), 1u);
  EXPECT_EQ(Ls({.what = "series", .matches = {"Modality=MR"}, .json = true}).size(), 1u);
  EXPECT_EQ(Ls({.what = "patients", .json = true}).size(), 2u);
  for (const std::string& line : Ls({.what = "studies"})) EXPECT_EQ(line.find('\x1b'), std::string::npos);
}

TEST_P(LsTest, ListsConflicts) {
  Receive({.attributes = {{"PatientID", "A"}}});
  Receive({.attributes = {{"PatientID", "A"}}, .content = 1});
  const auto json = Ls({.what = "conflicts", .json = true});
  ASSERT_EQ(json.size(), 1u);
  EXPECT_THAT(json[0], HasSubstr("\"Kind\":\"content\""));
  EXPECT_THAT(json[0], HasSubstr("\"SOPInstanceUID\":\"1.2.1.1.1\""));
  EXPECT_THAT(json[0], HasSubstr("\"ReceivedDateTime\":\"2023-11-14T22:13:20Z\""));
}

TEST_P(LsTest, SaysWhatIsWrongWithTheCommandLine) {
  EXPECT_EQ(LsError({.what = "images"}), StatusCode::kInvalidArgument);
  EXPECT_EQ(LsError({.what = "studies", .matches = {"PatientName"}}), StatusCode::kInvalidArgument);
  EXPECT_EQ(LsError({.what = "studies", .matches = {"NoSuchKeyword=1"}}), StatusCode::kInvalidArgument);
  EXPECT_EQ(LsError({.what = "studies", .matches = {"StudyDate=yesterday"}}), StatusCode::kInvalidArgument);
  EXPECT_EQ(LsError({.what = "studies", .matches = {"SOPInstanceUID=1.2"}}), StatusCode::kInvalidArgument);
}

ARGENT_OVER_BOTH_CATALOGS(LsTest);

TEST(JsonLine, MapsValueRepresentations) {
  codec::DataSet data_set;
  data_set.SetText(codec::tags::kPatientName, codec::MakeVr("PN"), "A\"\\B\n\xFF");
  data_set.SetText({0x0008, 0x0008}, codec::MakeVr("CS"), "ORIGINAL\\PRIMARY");
  data_set.SetText({0x0020, 0x0013}, codec::MakeVr("IS"), "7 ");
  data_set.SetText({0x0018, 0x0050}, codec::MakeVr("DS"), "1.5");
  data_set.SetText({0x0018, 0x0088}, codec::MakeVr("DS"), "+01");
  data_set.SetUnsigned16({0x0028, 0x0010}, 512);
  data_set.SetText({0x0008, 0x0050}, codec::MakeVr("SH"), "");
  codec::DataSet item;
  item.SetText({0x0008, 0x0100}, codec::MakeVr("SH"), "C1");
  data_set.SetSequence({0x0008, 0x1032}, {item});
  std::string json;
  AppendJsonObject(data_set, &json);
  EXPECT_EQ(
      json,
      "{\"ImageType\":[\"ORIGINAL\",\"PRIMARY\"],\"AccessionNumber\":null,"
      "\"ProcedureCodeSequence\":[{\"CodeValue\":\"C1\"}],\"PatientName\":[\"A\\\"\",\"B\\u000a\uFFFD\"],"
      "\"SliceThickness\":1.5,\"SpacingBetweenSlices\":\"+01\",\"InstanceNumber\":7,\"Rows\":512}");
}

}  // namespace
}  // namespace argent::archive
