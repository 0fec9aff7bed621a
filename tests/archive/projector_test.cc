#include "archive/model/projector.h"

#include <gmock/gmock.h>

#include "archive/model/instance_directory.h"
#include "archive/model/rows.h"
#include "archive/model/schema.h"
#include "storage/base/random.h"
#include "tests/archive/archive_fixture.h"

namespace argent::archive {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class ProjectorTest : public ArchiveTest {
 protected:
  Totals ReadCounts() {
    auto totals = ReadTotals(*catalog_);
    EXPECT_TRUE(totals.ok());
    return totals.ok() ? *totals : Totals{};
  }
  StudyRow Study(const std::string& uid) {
    auto bytes = catalog_->Get(StudyKey(uid));
    EXPECT_TRUE(bytes.ok() && bytes->has_value()) << uid;
    auto row = StudyRow::Decode(**bytes);
    EXPECT_TRUE(row.ok());
    return std::move(row).value();
  }
  std::vector<VariantRow> Variants(const std::string& uid) {
    auto variants = ReadVariants(*catalog_, uid);
    EXPECT_TRUE(variants.ok());
    return std::move(variants).value();
  }
};

TEST_P(ProjectorTest, CountsWhatIsThere) {
  ReceiveAll(
      {{.study = "1.1",
        .series = "1.1.1",
        .instance = "1.1.1.1",
        .attributes = {{"PatientID", "A"}, {"Modality", "CT"}}},
       {.study = "1.1",
        .series = "1.1.1",
        .instance = "1.1.1.2",
        .attributes = {{"PatientID", "A"}, {"Modality", "CT"}}},
       {.study = "1.1",
        .series = "1.1.2",
        .instance = "1.1.2.1",
        .attributes = {{"PatientID", "A"}, {"Modality", "SR"}}},
       {.study = "1.2",
        .series = "1.2.1",
        .instance = "1.2.1.1",
        .attributes = {{"PatientID", "A"}, {"Modality", "MR"}}},
       {.study = "1.3", .series = "1.3.1", .instance = "1.3.1.1", .attributes = {{"PatientID", "B"}}}});
  const Totals totals = ReadCounts();
  EXPECT_EQ(totals.patients, 2u);
  EXPECT_EQ(totals.studies, 3u);
  EXPECT_EQ(totals.series, 4u);
  EXPECT_EQ(totals.instances, 5u);
  EXPECT_EQ(totals.data_set_bytes, 5000u);
  EXPECT_EQ(totals.exceptions, 0u);
  const StudyRow study = Study("1.1");
  EXPECT_EQ(study.series_count, 2u);
  EXPECT_EQ(study.instance_count, 3u);
  EXPECT_THAT(study.modalities, ElementsAre("CT", "SR"));
}

TEST_P(ProjectorTest, FirstReceivedWinsAndLaterOnesFillIn) {
  Receive({.instance = "1.1",
           .attributes = {{"PatientID", "A"}, {"StudyDescription", "FIRST"}, {"AccessionNumber", ""}}});
  Receive({.instance = "1.2",
           .attributes = {{"PatientID", "A"}, {"StudyDescription", "LATER"}, {"AccessionNumber", "ACC"}}});
  const StudyRow study = Study("1.2.1");
  EXPECT_EQ(study.attributes.Text(tags::kStudyDescription), "FIRST");
  EXPECT_EQ(study.attributes.Text(tags::kAccessionNumber), "ACC");
}

TEST_P(ProjectorTest, OtherContentIsKeptAndRaisedAndChangesNothingElse) {
  Receive({.attributes = {{"PatientID", "A"}}});
  Receive({.attributes = {{"PatientID", "A"}, {"StudyDescription", "X"}}, .content = 1});
  Receive({.attributes = {{"PatientID", "A"}}, .content = 2});
  const auto variants = Variants("1.2.1.1.1");
  ASSERT_EQ(variants.size(), 3u);
  EXPECT_EQ(variants[0].variant.sequence, 1u);
  EXPECT_EQ(variants[1].variant.digest[0], 1);
  EXPECT_EQ(variants[2].variant.digest[0], 2);
  const Totals totals = ReadCounts();
  EXPECT_EQ(totals.instances, 1u);
  EXPECT_EQ(totals.variants, 2u);
  EXPECT_EQ(totals.exceptions, 2u);
  EXPECT_EQ(Study("1.2.1").instance_count, 1u);
  EXPECT_EQ(Study("1.2.1").attributes.Text(tags::kStudyDescription), "");
  EXPECT_THAT(Dump(catalog_.get()), HasSubstr("exception c "));
}

TEST_P(ProjectorTest, TheSameBytesInAnotherTransferSyntaxAreOtherContent) {
  Receive({});
  Receive({.transfer_syntax = "1.2.3.4"});
  ASSERT_EQ(Variants("1.2.1.1.1").size(), 2u);
  EXPECT_EQ(Variants("1.2.1.1.1")[1].variant.transfer_syntax_uid, "1.2.3.4");
  EXPECT_EQ(ReadCounts().exceptions, 1u);
}

TEST_P(ProjectorTest, TheDirectoryGivesVariantsInOrderOfArrival) {
  Receive({.content = 5});
  Receive({.content = 3});
  auto directory = NewInstanceDirectory(catalog_.get());
  auto found = directory->FindVariants(codec::SopInstanceUid("1.2.1.1.1"));
  ASSERT_TRUE(found.ok());
  ASSERT_EQ(found->size(), 2u);
  EXPECT_EQ((*found)[0].digest[0], 5);
  EXPECT_EQ((*found)[0].extents.size(), 1u);
  EXPECT_EQ((*found)[1].digest[0], 3);
  auto unknown = directory->FindVariants(codec::SopInstanceUid("9.9"));
  ASSERT_TRUE(unknown.ok());
  EXPECT_TRUE(unknown->empty());
}

TEST_P(ProjectorTest, AnotherPatientIdInAStudyIsRaisedOnceAndTakenForNothingElse) {
  Receive({.instance = "1.1", .attributes = {{"PatientID", "A"}}});
  Receive({.instance = "1.2", .attributes = {{"PatientID", "B"}, {"PatientName", "Wrong"}}});
  Receive({.instance = "1.3", .attributes = {{"PatientID", "B"}, {"PatientName", "Wrong"}}});
  EXPECT_EQ(ReadCounts().exceptions, 1u);
  EXPECT_EQ(ReadCounts().patients, 1u);
  EXPECT_EQ(Study("1.2.1").instance_count, 3u);
  EXPECT_EQ(Study("1.2.1").attributes.Text(codec::tags::kPatientName), "");
}

TEST_P(ProjectorTest, ASeriesUidInAnotherStudyIsRaised) {
  ReceiveAll({{.study = "1.1", .series = "5.5", .instance = "1.1"},
              {.study = "1.2", .series = "5.5", .instance = "1.2"}});
  EXPECT_EQ(ReadCounts().exceptions, 1u);
  Receive({.study = "1.3", .series = "5.5", .instance = "1.3"});
  EXPECT_EQ(ReadCounts().exceptions, 2u);
  EXPECT_EQ(ReadCounts().series, 3u);
}

TEST_P(ProjectorTest, ASopInstanceUidInAnotherStudyStaysWhereItWasFirst) {
  Receive({.study = "1.1", .series = "1.1.1", .instance = "7.7"});
  Receive({.study = "1.2", .series = "1.2.1", .instance = "7.7", .content = 1});
  EXPECT_EQ(ReadCounts().studies, 1u);
  EXPECT_THAT(Dump(catalog_.get()), HasSubstr("exception i "));
  EXPECT_THAT(Dump(catalog_.get()), Not(HasSubstr("study \"1.2\"")));
}

TEST_P(ProjectorTest, AStudyMovesToThePatientThatALaterInstanceNames) {
  Receive({.instance = "1.1", .attributes = {{"PatientName", "Doe^Jane"}}});
  EXPECT_EQ(ReadCounts().patients, 1u);
  Receive({.study = "1.9", .series = "1.9.1", .instance = "1.9.1.1", .attributes = {{"PatientID", "A"}}});
  EXPECT_EQ(ReadCounts().patients, 2u);
  Receive({.instance = "1.2", .attributes = {{"PatientID", "A"}}});
  EXPECT_EQ(ReadCounts().patients, 1u);
  const auto found = Find(Level::kPatient,
                          {{"PatientID", "A"},
                           {"PatientName", ""},
                           {"NumberOfPatientRelatedInstances", ""},
                           {"NumberOfPatientRelatedStudies", ""}},
                          Root::kPatient);
  EXPECT_THAT(found.Values("NumberOfPatientRelatedInstances"), ElementsAre("3"));
  EXPECT_THAT(found.Values("NumberOfPatientRelatedStudies"), ElementsAre("2"));
  EXPECT_THAT(found.Values("PatientName"), ElementsAre("Doe^Jane"));
}

TEST_P(ProjectorTest, StudiesWithoutPatientIdAreNotTakenForOnePatient) {
  ReceiveAll({{.study = "1.1", .series = "1.1.1", .instance = "1"},
              {.study = "1.2", .series = "1.2.1", .instance = "2"}});
  EXPECT_EQ(ReadCounts().patients, 2u);
}

TEST_P(ProjectorTest, ADamagedFactIsAnErrorAndTheProjectorGoesOnAfterIt) {
  Receive({.instance = "1.1", .attributes = {{"PatientID", "A"}}});
  storage::CatalogBatch batch;
  std::vector<storage::Fact> facts{MakeFact({.instance = "1.2"}),
                                   {99, storage::FactKind::kInstanceReceived, "damaged"}};
  const Status status = projector_->Project(facts, &batch);
  EXPECT_EQ(status.code(), StatusCode::kCorruption) << status.ToString();
  EXPECT_THAT(status.message(), HasSubstr("99"));
  Receive({.instance = "1.3", .attributes = {{"PatientID", "A"}}});
  EXPECT_EQ(ReadCounts().instances, 2u);
}

// A few values, so that conflicts, moves and fill-ins come up often.
InstanceSpec RandomSpec(Random* random) {
  InstanceSpec spec;
  const std::string study = std::to_string(1 + random->Below(4));
  const std::string series = std::to_string(1 + random->Below(4));
  spec.study = "1." + study;
  spec.series = "2." + series;
  spec.instance = "3." + std::to_string(random->Below(40));
  spec.content = static_cast<uint8_t>(random->Below(3));
  const char* ids[] = {"", "A", "B"};
  const char* names[] = {"", "Doe^Jane", "M\xC3\xBCller^J=\xE5\xB1\xB1", "Roe"};
  const char* modalities[] = {"", "CT", "MR"};
  const char* dates[] = {"", "20240101", "20250630"};
  spec.attributes = {{"PatientID", ids[random->Below(3)]},
                     {"IssuerOfPatientID", random->OneIn(3) ? "H" : ""},
                     {"PatientName", names[random->Below(4)]},
                     {"Modality", modalities[random->Below(3)]},
                     {"StudyDate", dates[random->Below(3)]},
                     {"AccessionNumber", random->OneIn(2) ? "ACC" + study : ""},
                     {"ReferringPhysicianName", names[random->Below(4)]}};
  return spec;
}

TEST_P(ProjectorTest, AnySplitInBatchesGivesTheSameCatalog) {
  const int seeds = GetParam() == CatalogKind::kMemory ? 20 : 3;
  for (int seed = 1; seed <= seeds; ++seed) {
    Random random(static_cast<uint64_t>(seed));
    std::vector<storage::Fact> facts;
    for (int i = 0; i < 200; ++i) facts.push_back(MakeFact(RandomSpec(&random)));
    auto whole = MakeCatalog();
    ProjectInto(facts, NewProjector(whole.get()).get(), whole.get());
    auto split = MakeCatalog();
    // A tiny cache, and sometimes a new projector, as after a restart.
    auto projector = NewProjector(split.get(), {.cached_rows_max = 1});
    for (size_t start = 0; start < facts.size();) {
      const size_t count = std::min<size_t>(1 + random.Below(17), facts.size() - start);
      ProjectInto(std::span(facts).subspan(start, count), projector.get(), split.get());
      start += count;
      if (random.OneIn(4)) projector = NewProjector(split.get(), {.cached_rows_max = 2});
      if (random.OneIn(4)) projector->Forget();
    }
    ASSERT_EQ(Dump(whole.get()), Dump(split.get())) << "seed " << seed;
  }
}

// The counters and indexes kept by increments equal what the rows say.
TEST_P(ProjectorTest, CountersAgreeWithTheRows) {
  Random random(99);
  for (int i = 0; i < 20; ++i) {
    std::vector<InstanceSpec> specs;
    for (int k = 0; k < 20; ++k) specs.push_back(RandomSpec(&random));
    ReceiveAll(specs);
  }
  const Totals totals = ReadCounts();
  uint64_t rows[256] = {};
  uint64_t studies_of_patients = 0;
  uint64_t instances_of_patients = 0;
  auto cursor = catalog_->NewCursor();
  for (cursor->Seek(""); cursor->Valid(); cursor->Next()) {
    const char table = cursor->key()[0];
    ++rows[static_cast<unsigned char>(table)];
    if (table != static_cast<char>(Table::kPatient)) continue;
    auto row = PatientRow::Decode(cursor->value());
    ASSERT_TRUE(row.ok());
    studies_of_patients += row->study_count;
    instances_of_patients += row->instance_count;
  }
  EXPECT_EQ(totals.patients, rows[size_t{'P'}]);
  EXPECT_EQ(totals.studies, rows[size_t{'S'}]);
  EXPECT_EQ(totals.series, rows[size_t{'E'}]);
  EXPECT_EQ(totals.instances, rows[size_t{'N'}]);
  EXPECT_EQ(totals.instances, rows[size_t{'U'}]);
  EXPECT_EQ(totals.variants, rows[size_t{'V'}]);
  EXPECT_EQ(totals.exceptions, rows[size_t{'X'}]);
  EXPECT_EQ(totals.studies, studies_of_patients);
  EXPECT_EQ(totals.instances, instances_of_patients);
}

ARGENT_OVER_BOTH_CATALOGS(ProjectorTest);

}  // namespace
}  // namespace argent::archive
