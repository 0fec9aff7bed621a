#include <fmt/core.h>
#include <gmock/gmock.h>

#include "archive/query/identifier.h"
#include "storage/base/random.h"
#include "tests/archive/archive_fixture.h"

namespace argent::archive {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class QueryTest : public ArchiveTest {
 protected:
  void SetUp() override {
    ArchiveTest::SetUp();
    AddStudy("1", {{"PatientID", "P1"},
                   {"PatientName", "M\xC3\xBCller^J\xC3\xB6rg"},
                   {"StudyDate", "20240101"},
                   {"StudyTime", "080000"},
                   {"AccessionNumber", "A1"},
                   {"Modality", "CT"},
                   {"StudyID", "S1"},
                   {"StudyDescription", "CT Chest"},
                   {"ReferringPhysicianName", "House^Gregory"}});
    AddStudy("2", {{"PatientID", "P1"},
                   {"PatientName", "Mueller^Joerg"},
                   {"StudyDate", "20240102"},
                   {"StudyTime", "200000"},
                   {"AccessionNumber", "A2"},
                   {"Modality", "MR"},
                   {"StudyID", "S2"},
                   {"StudyDescription", "MR Head"},
                   {"ReferringPhysicianName", "Wilson^James"}});
    AddStudy("3", {{"PatientID", "P2"},
                   {"PatientName", "Yamada^Tarou=\xE5\xB1\xB1\xE7\x94\xB0^\xE5\xA4\xAA\xE9\x83\x8E"},
                   {"StudyDate", "20250630"},
                   {"Modality", "CT"},
                   {"AccessionNumber", "B3"}});
    AddStudy("4", {});  // nothing but its UIDs
    for (int i = 100; i < 400; ++i) {
      const std::string n = std::to_string(i);
      AddStudy(n, {{"PatientID", fmt::format("Q{}", n)},
                   {"PatientName", fmt::format("Filler^{}", n)},
                   {"StudyDate", "20200101"},
                   {"AccessionNumber", fmt::format("F{}", n)},
                   {"Modality", "US"},
                   {"StudyID", "F"},
                   {"StudyDescription", "Filler"},
                   {"ReferringPhysicianName", "Filler"}});
    }
  }

  void AddStudy(const std::string& n, const Attributes& attributes) {
    Receive({.study = fmt::format("1.2.{}", n),
             .series = fmt::format("1.2.{}.1", n),
             .instance = fmt::format("1.2.{}.1.1", n),
             .attributes = attributes});
  }

  std::vector<std::string> Studies(const Attributes& keys) {
    return Find(Level::kStudy, keys).Values("StudyInstanceUID");
  }
};

TEST_P(QueryTest, EveryIndexedKeyIsFoundWithoutAScan) {
  struct Case {
    Attributes keys;
    const char* plan;
    std::vector<std::string> studies;
  };
  const Case cases[] = {
      {{{"StudyInstanceUID", "1.2.1\\1.2.3\\9.9"}}, "study-uid", {"1.2.1", "1.2.3"}},
      {{{"PatientID", "P1"}}, "index patient-id", {"1.2.1", "1.2.2"}},
      {{{"PatientID", "P*"}}, "index patient-id", {"1.2.1", "1.2.2", "1.2.3"}},
      {{{"PatientName", "muller^jorg"}}, "index patient-name", {"1.2.1"}},
      {{{"PatientName", "M*"}}, "index patient-name", {"1.2.1", "1.2.2"}},
      {{{"PatientName", "\xE5\xB1\xB1*"}}, "index patient-name", {"1.2.3"}},
      {{{"PatientName", "YAMADA^*"}}, "index patient-name", {"1.2.3"}},
      {{{"AccessionNumber", "A2"}}, "index accession-number", {"1.2.2"}},
      {{{"AccessionNumber", "A?"}}, "index accession-number", {"1.2.1", "1.2.2"}},
      {{{"StudyDate", "20240101"}}, "index study-date", {"1.2.1"}},
      {{{"StudyDate", "20240101-20241231"}}, "index study-date", {"1.2.1", "1.2.2"}},
      {{{"StudyDate", "20240102-"}}, "index study-date", {"1.2.2", "1.2.3"}},
      {{{"ModalitiesInStudy", "CT"}}, "index modality", {"1.2.1", "1.2.3"}},
      {{{"ModalitiesInStudy", "CT\\MR"}}, "index modality", {"1.2.1", "1.2.2", "1.2.3"}},
      {{{"ModalitiesInStudy", "US"}, {"StudyDate", "20240101-"}}, "index", {}},
      {{{"ReferringPhysicianName", "house*"}}, "index referring-physician", {"1.2.1"}},
      {{{"StudyDescription", "MR*"}}, "index study-description", {"1.2.2"}},
      {{{"StudyDescription", "MR Head"}}, "index study-description", {"1.2.2"}},
      {{{"StudyDescription", "mr head"}}, "index study-description", {}},
      {{{"StudyID", "S1"}}, "index study-id", {"1.2.1"}},
  };
  for (const Case& c : cases) {
    Attributes keys = c.keys;
    if (keys[0].first != std::string("StudyInstanceUID")) keys.push_back({"StudyInstanceUID", ""});
    const Answer answer = Find(Level::kStudy, keys);
    const std::string what = keys[0].first + ("=" + keys[0].second) + ": " + answer.plan;
    EXPECT_FALSE(answer.scanned) << what;
    EXPECT_THAT(answer.plan, HasSubstr(c.plan)) << what;
    EXPECT_THAT(answer.Values("StudyInstanceUID"), testing::UnorderedElementsAreArray(c.studies)) << what;
  }
}

TEST_P(QueryTest, TheMostSelectiveIndexIsTaken) {
  const Answer answer = Find(
      Level::kStudy, {{"StudyDate", "20200101"}, {"PatientName", "Filler*"}, {"AccessionNumber", "F123"}});
  EXPECT_EQ(answer.plan, "index accession-number: 1 range, 1 entry");
  EXPECT_EQ(answer.matches.size(), 1u);
}

TEST_P(QueryTest, AWildcardInFrontScans) {
  const Answer answer = Find(Level::kStudy, {{"PatientName", "*jorg"}, {"StudyInstanceUID", ""}});
  EXPECT_TRUE(answer.scanned);
  EXPECT_THAT(answer.Values("StudyInstanceUID"), ElementsAre("1.2.1"));
}

TEST_P(QueryTest, UniversalMatchingFindsWhatHasNoValues) {
  const Answer answer = Find(Level::kStudy, {{"PatientID", ""}, {"StudyDate", "*"}, {"PatientName", "*"}});
  EXPECT_EQ(answer.matches.size(), 304u);
  const Answer patients = Find(Level::kPatient, {{"PatientID", ""}}, Root::kPatient);
  EXPECT_EQ(patients.matches.size(), 303u);
}

TEST_P(QueryTest, ANameFoundByTwoComponentGroupsIsAnsweredOnce) {
  AddStudy("5", {{"PatientID", "P5"}, {"PatientName", "Suzuki=Suzuki^Ichiro=Suz"}});
  EXPECT_THAT(Studies({{"PatientName", "su*"}, {"StudyInstanceUID", ""}}), ElementsAre("1.2.5"));
}

TEST_P(QueryTest, PatientLevelUsesItsOwnIndexes) {
  const Answer by_id =
      Find(Level::kPatient, {{"PatientID", "P1"}, {"NumberOfPatientRelatedStudies", ""}}, Root::kPatient);
  EXPECT_FALSE(by_id.scanned);
  EXPECT_THAT(by_id.Values("NumberOfPatientRelatedStudies"), ElementsAre("2"));
  const Answer by_prefix = Find(Level::kPatient, {{"PatientID", "P*"}}, Root::kPatient);
  EXPECT_FALSE(by_prefix.scanned);
  EXPECT_THAT(by_prefix.Values("PatientID"), ElementsAre("P1", "P2"));
  const Answer by_name =
      Find(Level::kPatient, {{"PatientName", "yamada*"}, {"PatientID", ""}}, Root::kPatient);
  EXPECT_FALSE(by_name.scanned);
  EXPECT_THAT(by_name.Values("PatientID"), ElementsAre("P2"));
}

TEST_P(QueryTest, EveryLevelAnswersTheRequestedKeysAndMore) {
  Receive(
      {.study = "1.2.1", .series = "1.2.1.2", .instance = "1.2.1.2.1", .attributes = {{"Modality", "SR"}}});
  const Answer study = Find(Level::kStudy, {{"StudyInstanceUID", "1.2.1"},
                                            {"ModalitiesInStudy", ""},
                                            {"NumberOfStudyRelatedSeries", ""},
                                            {"NumberOfStudyRelatedInstances", ""},
                                            {"NumberOfPatientRelatedStudies", ""},
                                            {"SOPClassesInStudy", ""},
                                            {"InstitutionAddress", ""}});
  ASSERT_EQ(study.matches.size(), 1u);
  EXPECT_THAT(study.Values("ModalitiesInStudy"), ElementsAre("CT\\SR"));
  EXPECT_THAT(study.Values("NumberOfStudyRelatedSeries"), ElementsAre("2"));
  EXPECT_THAT(study.Values("NumberOfStudyRelatedInstances"), ElementsAre("2"));
  EXPECT_THAT(study.Values("NumberOfPatientRelatedStudies"), ElementsAre("2"));
  EXPECT_THAT(study.Values("SOPClassesInStudy"), ElementsAre("1.2.840.10008.5.1.4.1.1.2"));
  EXPECT_THAT(study.Values("InstanceAvailability"), ElementsAre("ONLINE"));
  EXPECT_THAT(study.Values("QueryRetrieveLevel"), ElementsAre("STUDY"));
  EXPECT_TRUE(study.matches[0].Has(*codec::TagOfKeyword("InstitutionAddress")));
  const Answer series = Find(Level::kSeries, {{"StudyInstanceUID", "1.2.1"},
                                              {"Modality", "SR"},
                                              {"SeriesInstanceUID", ""},
                                              {"NumberOfSeriesRelatedInstances", ""}});
  EXPECT_THAT(series.Values("SeriesInstanceUID"), ElementsAre("1.2.1.2"));
  EXPECT_THAT(series.Values("NumberOfSeriesRelatedInstances"), ElementsAre("1"));
  EXPECT_THAT(series.Values("StudyInstanceUID"), ElementsAre("1.2.1"));
  const Answer instance =
      Find(Level::kInstance, {{"SOPInstanceUID", "1.2.1.2.1\\1.2.2.1.1"}, {"SOPClassUID", ""}});
  EXPECT_FALSE(instance.scanned);
  EXPECT_THAT(instance.Values("SeriesInstanceUID"), ElementsAre("1.2.1.2", "1.2.2.1"));
  EXPECT_THAT(instance.Values("QueryRetrieveLevel"), ElementsAre("IMAGE", "IMAGE"));
}

TEST_P(QueryTest, UniqueKeysOfHigherLevelsAreRequiredUnlessRelational) {
  struct Case {
    Root root;
    Level level;
    Attributes keys;
    bool ok;
  };
  const Case cases[] = {
      {Root::kStudy, Level::kStudy, {}, true},
      {Root::kStudy, Level::kPatient, {}, false},
      {Root::kStudy, Level::kSeries, {}, false},
      {Root::kStudy, Level::kSeries, {{"StudyInstanceUID", "1.2.1"}}, true},
      {Root::kStudy, Level::kSeries, {{"StudyInstanceUID", "1.2.1\\1.2.2"}}, false},
      {Root::kStudy, Level::kSeries, {{"StudyInstanceUID", "*"}}, false},
      {Root::kStudy, Level::kInstance, {{"StudyInstanceUID", "1.2.1"}}, false},
      {Root::kStudy,
       Level::kInstance,
       {{"StudyInstanceUID", "1.2.1"}, {"SeriesInstanceUID", "1.2.1.1"}},
       true},
      {Root::kPatient, Level::kStudy, {}, false},
      {Root::kPatient, Level::kStudy, {{"PatientID", "P1"}}, true},
      {Root::kPatient, Level::kStudy, {{"PatientID", "P*"}}, false},
  };
  for (const Case& c : cases) {
    Query query;
    query.root = c.root;
    query.level = c.level;
    query.keys = MakeKeys(c.keys);
    const auto run = QueryRun::Start(catalog_.get(), query);
    EXPECT_EQ(run.ok(), c.ok) << LevelName(c.level);
    if (run.ok()) continue;
    EXPECT_EQ(run.status().code(), StatusCode::kInvalidArgument);
    EXPECT_LE(run.status().message().size(), 64u) << "an Error Comment holds 64 characters";
  }
}

TEST_P(QueryTest, CombinedDateTimeIsOnePointInTime) {
  Query query;
  query.relational = true;
  query.keys = MakeKeys(
      {{"StudyDate", "20240101-20240102"}, {"StudyTime", "120000-130000"}, {"StudyInstanceUID", ""}});
  EXPECT_THAT(Find(query).matches, IsEmpty());
  query.combined_date_time = true;
  EXPECT_THAT(Find(query).matches, IsEmpty())
      << "08:00 on the first day is before, 20:00 on the second after";
  query.keys = MakeKeys(
      {{"StudyDate", "20240101-20240102"}, {"StudyTime", "070000-210000"}, {"StudyInstanceUID", ""}});
  EXPECT_EQ(Find(query).matches.size(), 2u);
}

TEST_P(QueryTest, OffsetAndLimitPageThroughAStableOrder) {
  Query query;
  query.relational = true;
  query.keys = MakeKeys({{"PatientName", "Filler*"}, {"StudyInstanceUID", ""}});
  const auto all = Find(query).Values("StudyInstanceUID");
  ASSERT_EQ(all.size(), 300u);
  std::vector<std::string> paged;
  query.limit = 37;
  for (query.offset = 0; query.offset < all.size(); query.offset += query.limit) {
    for (std::string& uid : Find(query).Values("StudyInstanceUID")) paged.push_back(std::move(uid));
  }
  EXPECT_EQ(paged, all);
}

TEST_P(QueryTest, OneStepIsBounded) {
  Query query;
  query.keys = MakeKeys({{"PatientName", "*nobody"}});
  auto run = QueryRun::Start(catalog_.get(), query);
  ASSERT_TRUE(run.ok());
  auto step = (*run)->Advance();
  ASSERT_TRUE(step.ok());
  EXPECT_EQ(*step, QueryRun::Step::kWorking);
}

TEST_P(QueryTest, AnswersComeInACharacterSetThePeerReads) {
  const Answer answer = Find(Level::kStudy, {{"StudyInstanceUID", "1.2.1"}, {"PatientName", ""}});
  codec::DataSet latin1 = answer.matches.at(0);
  ExpressInCharacterSet("ISO_IR 100", &latin1);
  EXPECT_EQ(latin1.Text(codec::tags::kSpecificCharacterSet), "ISO_IR 100");
  EXPECT_EQ(latin1.Text(codec::tags::kPatientName), "M\xFCller^J\xF6rg");
  codec::DataSet cyrillic = answer.matches.at(0);
  ExpressInCharacterSet("ISO_IR 144", &cyrillic);
  EXPECT_EQ(cyrillic.Text(codec::tags::kSpecificCharacterSet), "ISO_IR 192")
      << "there is no u umlaut in ISO 8859-5";
  const Answer ascii = Find(Level::kStudy, {{"StudyInstanceUID", "1.2.2"}, {"PatientName", ""}});
  codec::DataSet plain = ascii.matches.at(0);
  ExpressInCharacterSet("", &plain);
  EXPECT_FALSE(plain.Has(codec::tags::kSpecificCharacterSet));
}

TEST_P(QueryTest, KeysTheCatalogDoesNotHoldAreReportedAndAnsweredEmpty) {
  Query query;
  query.keys = MakeKeys({{"StudyInstanceUID", "1.2.1"}, {"PixelPaddingValue", ""}});
  auto run = QueryRun::Start(catalog_.get(), query);
  ASSERT_TRUE(run.ok());
  EXPECT_TRUE((*run)->has_unsupported_keys());
}

// Whatever the plan, the answer is that of looking at every row.
TEST_P(QueryTest, PlansNeverLoseAMatch) {
  Random random(5);
  const char* values[][6] = {{"PatientID", "P1", "P*", "Q1*", "", "*2*"},
                             {"PatientName", "M*", "filler^1*", "*", "yamada^tarou", "?iller*"},
                             {"AccessionNumber", "A1", "F1*", "", "*1", "F12?"},
                             {"StudyDate", "20200101", "2024", "20240101-", "-20240101", "20240101-20241231"},
                             {"ModalitiesInStudy", "CT", "U*", "CT\\US", "", "?R"},
                             {"StudyDescription", "Filler", "C*", "", "*Head", "CT Chest"}};
  for (int round = 0; round < 200; ++round) {
    Attributes keys{{"StudyInstanceUID", ""}};
    for (const auto& choice : values) {
      if (!random.OneIn(2)) continue;
      std::string value = choice[1 + random.Below(5)];
      if (value != "2024") keys.push_back({choice[0], value});
    }
    const Answer planned = Find(Level::kStudy, keys);
    std::vector<std::string> expected;
    auto compiled = CompiledQuery::Compile({.keys = MakeKeys(keys), .relational = true});
    ASSERT_TRUE(compiled.ok());
    for (const codec::DataSet& study : Find(Level::kStudy, {{"StudyInstanceUID", ""},
                                                            {"PatientID", ""},
                                                            {"PatientName", ""},
                                                            {"AccessionNumber", ""},
                                                            {"StudyDate", ""},
                                                            {"ModalitiesInStudy", ""},
                                                            {"StudyDescription", ""}})
                                           .matches) {
      if (compiled->Matches(Level::kStudy, study)) {
        expected.emplace_back(study.Text(codec::tags::kStudyInstanceUid));
      }
    }
    EXPECT_THAT(planned.Values("StudyInstanceUID"), testing::UnorderedElementsAreArray(expected))
        << planned.plan;
  }
}

ARGENT_OVER_BOTH_CATALOGS(QueryTest);

}  // namespace
}  // namespace argent::archive
