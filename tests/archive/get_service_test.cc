#include "archive/retrieve/get_service.h"

#include <gmock/gmock.h>

#include "tests/archive/service_fixture.h"

namespace argent::archive {
namespace {

using testing::HasSubstr;

class GetServiceTest : public ServiceTest {
 protected:
  void SetUp() override {
    ServiceTest::SetUp();
    service_ = NewGetService(catalog_.get(), &reader_);
    Store({.study = "1.1", .series = "1.1.1", .instance = "1.1.1.1", .attributes = {{"PatientID", "A"}}},
          kCtImageStorage, kExplicitLittle);
    Store({.study = "1.1", .series = "1.1.1", .instance = "1.1.1.2", .attributes = {{"PatientID", "A"}}},
          kCtImageStorage, kExplicitLittle, 300'000);
    Store({.study = "1.1", .series = "1.1.2", .instance = "1.1.2.1", .attributes = {{"PatientID", "A"}}},
          kMrImageStorage, kJpegBaseline);
  }

  static std::vector<ingest::PresentationContext> Contexts(const char* ct_syntax, const char* mr_syntax) {
    return {{1, std::string(kStudyRootGet), kExplicitLittle, true, false},
            {3, kCtImageStorage, ct_syntax, false, true},
            {5, kMrImageStorage, mr_syntax, false, true}};
  }

  // Sends the request and plays the Storage SCP until the final response. After `cancel_after` Instances a
  // C-CANCEL is sent.
  Response GetOver(AssociationPair* pair, const Attributes& identifier, size_t cancel_after = 1000) {
    pair->Serve(service_.get());
    ingest::Association& association = pair->requestor();
    const auto* context = association.FindContext(1);
    const uint16_t id = association.NextMessageId();
    const std::string bytes = Encoded(MakeKeys(identifier));
    EXPECT_TRUE(
        association.Send(*context, ingest::Command::GetRequest(id, kStudyRootGet), AsBytes(bytes)).ok());
    while (true) {
      auto received = association.ReceiveCommand(kPatience);
      EXPECT_TRUE(received.ok()) << received.status().ToString();
      if (!received.ok()) return {ingest::Command::EchoRequest(1), {}};
      if (received->command.field() == ingest::CommandField::kCGetRsp) {
        Response response{received->command, {}};
        if (IsPending(response)) {
          ++pending_;
          continue;
        }
        if (!received->command.has_data_set()) return response;
        auto list = association.ReceiveDataSet(1 << 20);
        response.identifier = *codec::DataSet::Parse(AsBytes(*list), codec::Encoding::kExplicitLittle);
        return response;
      }
      EXPECT_EQ(received->command.field(), ingest::CommandField::kCStoreRq);
      auto data = association.ReceiveDataSet(64 << 20);
      EXPECT_TRUE(data.ok());
      kept_[received->command.sop_instance_uid()] = *data;
      if (kept_.size() == cancel_after) {
        EXPECT_TRUE(association.Send(*context, ingest::Command::CancelRequest(id)).ok());
      }
      const auto status = store_status_.find(received->command.sop_instance_uid());
      const uint16_t code = status == store_status_.end() ? uint16_t{0} : status->second;
      EXPECT_TRUE(
          association.Send(*received->context, ingest::Command::Response(received->command, code)).ok());
    }
  }

  std::unique_ptr<ingest::DimseService> service_;
  std::map<std::string, std::string> kept_;
  std::map<std::string, uint16_t> store_status_;
  int pending_ = 0;
};

TEST_P(GetServiceTest, SendsEveryInstanceByteForByte) {
  AssociationPair pair(Contexts(kExplicitLittle, kJpegBaseline));
  const Response last = GetOver(&pair, {{"QueryRetrieveLevel", "STUDY"}, {"StudyInstanceUID", "1.1"}});
  EXPECT_EQ(last.status(), query_status::kSuccess);
  EXPECT_EQ(last.command.sub_operations().completed, 3);
  EXPECT_FALSE(last.command.has_data_set());
  EXPECT_EQ(pending_, 3);
  EXPECT_TRUE(kept_ == data_sets_);
}

TEST_P(GetServiceTest, ConvertsToWhatThePeerAccepts) {
  AssociationPair pair(Contexts(kImplicitLittle, kJpegBaseline));
  const Response last = GetOver(
      &pair, {{"QueryRetrieveLevel", "SERIES"}, {"StudyInstanceUID", "1.1"}, {"SeriesInstanceUID", "1.1.1"}});
  EXPECT_EQ(last.status(), query_status::kSuccess);
  const auto parsed = codec::DataSet::Parse(AsBytes(kept_["1.1.1.1"]), codec::Encoding::kImplicitLittle);
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed->Text(codec::tags::kSopInstanceUid), "1.1.1.1");
}

TEST_P(GetServiceTest, WhatCannotBeConvertedFailsWithAReason) {
  AssociationPair pair(Contexts(kExplicitLittle, kExplicitLittle));
  const Response last = GetOver(&pair, {{"QueryRetrieveLevel", "STUDY"}, {"StudyInstanceUID", "1.1"}});
  EXPECT_EQ(last.status(), query_status::kSomeSubOperationsFailed);
  EXPECT_EQ(last.command.sub_operations().completed, 2);
  EXPECT_EQ(last.command.sub_operations().failed, 1);
  EXPECT_EQ(last.identifier.Text(tags::kFailedSopInstanceUidList), "1.1.2.1");
  EXPECT_THAT(last.command.error_comment(), HasSubstr(kJpegBaseline));
}

// PS3.4 C.4.3.3.1: a warning would say that something has arrived.
TEST_P(GetServiceTest, IsAFailureWhenNothingArrives) {
  AssociationPair pair(Contexts(kExplicitLittle, kExplicitLittle));
  const Response last = GetOver(
      &pair, {{"QueryRetrieveLevel", "SERIES"}, {"StudyInstanceUID", "1.1"}, {"SeriesInstanceUID", "1.1.2"}});
  EXPECT_EQ(last.status(), query_status::kCannotPerformSubOperations);
  EXPECT_EQ(last.command.sub_operations().failed, 1);
  EXPECT_EQ(last.identifier.Text(tags::kFailedSopInstanceUidList), "1.1.2.1");
}

TEST_P(GetServiceTest, WarningsAloneAreAWarning) {
  store_status_ = {{"1.1.2.1", 0xB000}};
  AssociationPair pair(Contexts(kExplicitLittle, kJpegBaseline));
  const Response last = GetOver(
      &pair, {{"QueryRetrieveLevel", "SERIES"}, {"StudyInstanceUID", "1.1"}, {"SeriesInstanceUID", "1.1.2"}});
  EXPECT_EQ(last.status(), query_status::kSomeSubOperationsFailed);
  EXPECT_EQ(last.command.sub_operations().warning, 1);
  EXPECT_FALSE(last.command.has_data_set());
}

TEST_P(GetServiceTest, CountsWhatThePeerConfirms) {
  store_status_ = {{"1.1.1.1", 0xA700}, {"1.1.1.2", 0xB000}};
  AssociationPair pair(Contexts(kExplicitLittle, kJpegBaseline));
  const Response last = GetOver(&pair, {{"QueryRetrieveLevel", "STUDY"}, {"StudyInstanceUID", "1.1"}});
  EXPECT_EQ(last.status(), query_status::kSomeSubOperationsFailed);
  EXPECT_EQ(last.command.sub_operations().completed, 1);
  EXPECT_EQ(last.command.sub_operations().failed, 1);
  EXPECT_EQ(last.command.sub_operations().warning, 1);
  EXPECT_EQ(last.identifier.Text(tags::kFailedSopInstanceUidList), "1.1.1.1");
}

TEST_P(GetServiceTest, DamageIsAFailedSubOperationAndNeverSent) {
  reader_.Damage(extents_["1.1.1.2"], 100'000);
  AssociationPair pair(Contexts(kExplicitLittle, kJpegBaseline));
  const Response last = GetOver(&pair, {{"QueryRetrieveLevel", "STUDY"}, {"StudyInstanceUID", "1.1"}});
  EXPECT_EQ(last.status(), query_status::kSomeSubOperationsFailed);
  EXPECT_EQ(last.command.sub_operations().failed, 1);
  EXPECT_FALSE(kept_.contains("1.1.1.2"));
}

TEST_P(GetServiceTest, ACancelLeavesTheRestAndSaysHowMuch) {
  AssociationPair pair(Contexts(kExplicitLittle, kJpegBaseline));
  const Response last = GetOver(&pair, {{"QueryRetrieveLevel", "STUDY"}, {"StudyInstanceUID", "1.1"}}, 1);
  EXPECT_EQ(last.status(), query_status::kCancelled);
  EXPECT_EQ(last.command.sub_operations().completed, 1);
  EXPECT_EQ(last.command.sub_operations().remaining, 2);
}

TEST_P(GetServiceTest, NothingMatchesIsASuccessOfNothing) {
  AssociationPair pair(Contexts(kExplicitLittle, kJpegBaseline));
  const Response last = GetOver(&pair, {{"QueryRetrieveLevel", "STUDY"}, {"StudyInstanceUID", "9.9"}});
  EXPECT_EQ(last.status(), query_status::kSuccess);
  EXPECT_EQ(last.command.sub_operations().completed, 0);
}

TEST_P(GetServiceTest, ListsOfUidsAreTaken) {
  AssociationPair pair(Contexts(kExplicitLittle, kJpegBaseline));
  const Response last = GetOver(&pair, {{"QueryRetrieveLevel", "IMAGE"},
                                        {"StudyInstanceUID", "1.1"},
                                        {"SeriesInstanceUID", "1.1.1"},
                                        {"SOPInstanceUID", "1.1.1.2\\1.1.1.1\\1.1.1.9"}});
  EXPECT_EQ(last.status(), query_status::kSuccess);
  EXPECT_EQ(last.command.sub_operations().completed, 2);
}

TEST_P(GetServiceTest, MissingUniqueKeysAreRefused) {
  for (const Attributes& identifier :
       {Attributes{{"QueryRetrieveLevel", "STUDY"}},
        Attributes{{"QueryRetrieveLevel", "SERIES"}, {"SeriesInstanceUID", "1.1.1"}},
        Attributes{{"QueryRetrieveLevel", "STUDY"}, {"StudyInstanceUID", "*"}},
        Attributes{{"StudyInstanceUID", "1.1"}}}) {
    AssociationPair pair(Contexts(kExplicitLittle, kJpegBaseline));
    const Response last = GetOver(&pair, identifier);
    EXPECT_EQ(last.status(), query_status::kIdentifierDoesNotMatch);
    EXPECT_FALSE(last.command.error_comment().empty());
  }
}

ARGENT_OVER_BOTH_CATALOGS(GetServiceTest);

}  // namespace
}  // namespace argent::archive
