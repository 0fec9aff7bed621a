#include "archive/query/find_service.h"

#include <gmock/gmock.h>

#include "archive/model/schema.h"
#include "tests/archive/service_fixture.h"

namespace argent::archive {
namespace {

using testing::ElementsAre;

class FindServiceTest : public ServiceTest {
 protected:
  void SetUp() override {
    ServiceTest::SetUp();
    service_ = NewFindService(catalog_.get(), {.ae_title = "ARGENT"});
    ReceiveAll(
        {{.study = "1.1",
          .series = "1.1.1",
          .instance = "1.1.1.1",
          .attributes = {{"PatientID", "A"}, {"PatientName", "M\xC3\xBCller^J"}, {"StudyDate", "20240101"}}},
         {.study = "1.2",
          .series = "1.2.1",
          .instance = "1.2.1.1",
          .attributes = {{"PatientID", "A"}, {"PatientName", "Doe^Jane"}, {"StudyDate", "20240102"}}}});
  }

  // The final response; what came before it is in pending_.
  Response FindOver(AssociationPair* pair, std::string_view sop_class, const codec::DataSet& identifier) {
    pending_.clear();
    ingest::Association& association = pair->requestor();
    const auto* context = association.FindContextAsScu(sop_class);
    const std::string bytes = Encoded(identifier);
    const auto command = ingest::Command::FindRequest(association.NextMessageId(), sop_class);
    EXPECT_TRUE(association.Send(*context, command, AsBytes(bytes)).ok());
    while (true) {
      Response response = ServiceTest::Receive(association);
      if (!IsPending(response)) return response;
      pending_.push_back(std::move(response));
    }
  }

  Response FindAt(const char* level, Attributes keys, std::string_view sop_class = kStudyRootFind,
                  const std::string& extended = {}) {
    keys.emplace_back("QueryRetrieveLevel", level);
    AssociationPair pair({{1, std::string(sop_class), kExplicitLittle, true, false}}, extended);
    pair.Serve(service_.get());
    return FindOver(&pair, sop_class, MakeKeys(keys));
  }

  std::vector<std::string> Values(const char* keyword) const {
    std::vector<std::string> values;
    for (const Response& response : pending_) {
      values.emplace_back(response.identifier.Text(*codec::TagOfKeyword(keyword)));
    }
    return values;
  }

  std::unique_ptr<ingest::DimseService> service_;
  std::vector<Response> pending_;
};

TEST_P(FindServiceTest, AnswersMatchesThenSuccess) {
  const Response last =
      FindAt("STUDY", {{"PatientID", "A"}, {"StudyInstanceUID", ""}, {"StudyDate", "20240102-"}});
  EXPECT_EQ(last.status(), query_status::kSuccess);
  EXPECT_THAT(Values("StudyInstanceUID"), ElementsAre("1.2"));
  EXPECT_THAT(Values("RetrieveAETitle"), ElementsAre("ARGENT"));
  EXPECT_EQ(pending_[0].status(), query_status::kPending);
}

TEST_P(FindServiceTest, AnswersInTheCharacterSetOfTheRequest) {
  const Response last =
      FindAt("STUDY", {{"SpecificCharacterSet", "ISO_IR 100"}, {"PatientName", "M\xFCLLER*"}});
  EXPECT_EQ(last.status(), query_status::kSuccess);
  EXPECT_THAT(Values("PatientName"), ElementsAre("M\xFCller^J"));
  EXPECT_THAT(Values("SpecificCharacterSet"), ElementsAre("ISO_IR 100"));
  FindAt("STUDY", {{"PatientName", "muller*"}});
  EXPECT_THAT(Values("PatientName"), ElementsAre("M\xC3\xBCller^J"));
  EXPECT_THAT(Values("SpecificCharacterSet"), ElementsAre("ISO_IR 192"));
}

TEST_P(FindServiceTest, PatientRootFindsPatients) {
  FindAt("PATIENT", {{"PatientID", "A"}, {"NumberOfPatientRelatedStudies", ""}}, kPatientRootFind);
  EXPECT_THAT(Values("NumberOfPatientRelatedStudies"), ElementsAre("2"));
}

TEST_P(FindServiceTest, SaysThatAKeyWasNotSupported) {
  FindAt("STUDY", {{"StudyInstanceUID", "1.1"}, {"PixelPaddingValue", ""}});
  ASSERT_EQ(pending_.size(), 1u);
  EXPECT_EQ(pending_[0].status(), query_status::kPendingUnsupportedKeys);
}

TEST_P(FindServiceTest, RefusesBadIdentifiersWithAReason) {
  struct Case {
    const char* level;
    Attributes keys;
  };
  const Case cases[] = {{"", {}}, {"PATIENT", {}}, {"SERIES", {}}, {"STUDY", {{"StudyDate", "soon"}}}};
  for (const Case& c : cases) {
    const Response last = FindAt(c.level, c.keys);
    EXPECT_EQ(last.status(), query_status::kIdentifierDoesNotMatch) << c.level;
    EXPECT_FALSE(last.command.error_comment().empty()) << c.level;
    EXPECT_TRUE(pending_.empty());
  }
}

TEST_P(FindServiceTest, RelationalQueriesNeedNegotiation) {
  const Attributes keys{{"SeriesInstanceUID", ""}};
  EXPECT_EQ(FindAt("SERIES", keys).status(), query_status::kIdentifierDoesNotMatch);
  EXPECT_EQ(FindAt("SERIES", keys, kStudyRootFind, std::string("\x01", 1)).status(), query_status::kSuccess);
  EXPECT_EQ(pending_.size(), 2u);
}

TEST_P(FindServiceTest, GrantsOnlyWhatItHasAndWasAsked) {
  const std::string asked("\x01\x01\x01\x01", 4);
  EXPECT_EQ(service_->AnswerExtendedNegotiation(kStudyRootFind, AsBytes(asked)),
            std::string("\x01\x01\0\0", 4));
  EXPECT_EQ(service_->AnswerExtendedNegotiation(kStudyRootFind, AsBytes(asked.substr(0, 1))),
            std::string("\x01", 1));
}

TEST_P(FindServiceTest, AMalformedIdentifierIsRefusedAndTheAssociationGoesOn) {
  AssociationPair pair({{1, std::string(kStudyRootFind), kExplicitLittle, true, false}});
  pair.Serve(service_.get());
  ingest::Association& association = pair.requestor();
  const auto command = ingest::Command::FindRequest(association.NextMessageId(), kStudyRootFind);
  ASSERT_TRUE(
      association.Send(*association.FindContext(1), command, AsBytes("garbage, not a Data Set")).ok());
  EXPECT_EQ(ServiceTest::Receive(association).status(), query_status::kIdentifierDoesNotMatch);
  const Response last = FindOver(&pair, kStudyRootFind, MakeKeys({{"QueryRetrieveLevel", "STUDY"}}));
  EXPECT_EQ(last.status(), query_status::kSuccess);
  EXPECT_EQ(pending_.size(), 2u);
}

// PS3.4 Table C.4-1 has no processing failure (0110).
TEST_P(FindServiceTest, ADamagedCatalogIsUnableToProcess) {
  storage::CatalogBatch batch;
  batch.Put(StudyKey("1.1"), "damaged");
  ASSERT_TRUE(catalog_->Commit(batch).ok());
  const Response last = FindAt("STUDY", {{"StudyInstanceUID", "1.1"}});
  EXPECT_EQ(last.status(), query_status::kCannotProcess);
  EXPECT_FALSE(last.command.error_comment().empty());
}

TEST_P(FindServiceTest, ACancelEndsTheAnswers) {
  std::vector<InstanceSpec> specs;
  for (int i = 0; i < 3000; ++i) {
    const std::string n = std::to_string(i);
    specs.push_back({.study = "3." + n, .series = "3.1." + n, .instance = "3.1.1." + n});
  }
  ReceiveAll(specs);
  AssociationPair pair({{1, std::string(kStudyRootFind), kExplicitLittle, true, false}});
  pair.Serve(service_.get());
  ingest::Association& association = pair.requestor();
  const auto* context = association.FindContext(1);
  const uint16_t id = association.NextMessageId();
  const std::string bytes = Encoded(MakeKeys({{"QueryRetrieveLevel", "STUDY"}}));
  ASSERT_TRUE(
      association.Send(*context, ingest::Command::FindRequest(id, kStudyRootFind), AsBytes(bytes)).ok());
  ASSERT_TRUE(association.Send(*context, ingest::Command::CancelRequest(id)).ok());
  Response response = ServiceTest::Receive(association);
  while (IsPending(response)) response = ServiceTest::Receive(association);
  EXPECT_EQ(response.status(), query_status::kCancelled);
}

ARGENT_OVER_BOTH_CATALOGS(FindServiceTest);

}  // namespace
}  // namespace argent::archive
