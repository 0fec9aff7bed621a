#include "archive/retrieve/move_service.h"

#include <gmock/gmock.h>

#include "archive/retrieve/context_plan.h"
#include "ingest/dimse/server.h"
#include "storage/base/mutex.h"
#include "tests/archive/service_fixture.h"

namespace argent::archive {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// A Storage SCP that keeps what comes, in what Transfer Syntaxes it is told.
class Destination final : public ingest::DimseService {
 public:
  explicit Destination(std::vector<std::string> syntaxes) : syntaxes_(std::move(syntaxes)) {}

  bool Serves(std::string_view) const override { return true; }
  int ChooseTransferSyntax(std::string_view, const std::vector<std::string>& proposed) const override {
    for (size_t i = 0; i < proposed.size(); ++i) {
      if (std::find(syntaxes_.begin(), syntaxes_.end(), proposed[i]) != syntaxes_.end())
        return static_cast<int>(i);
    }
    return -1;
  }
  Status Handle(ingest::Association& association, const ingest::PresentationContext& context,
                const ingest::Command& command) override {
    ARGENT_ASSIGN_OR_RETURN(std::string data_set, association.ReceiveDataSet(64 << 20));
    {
      MutexLock lock(&mutex_);
      kept_[command.sop_instance_uid()] = std::move(data_set);
      originators_.push_back(command.move_originator_ae_title() + ":" +
                             std::to_string(command.move_originator_message_id().value_or(0)));
      if (kept_.size() == abort_after_) return Status::Aborted("as the test wants");
    }
    return association.Send(context, ingest::Command::Response(command, 0));
  }

  std::map<std::string, std::string> kept() {
    MutexLock lock(&mutex_);
    return kept_;
  }
  std::vector<std::string> originators() {
    MutexLock lock(&mutex_);
    return originators_;
  }
  void AbortAfter(size_t instances) {
    MutexLock lock(&mutex_);
    abort_after_ = instances;
  }

 private:
  const std::vector<std::string> syntaxes_;
  Mutex mutex_;
  std::map<std::string, std::string> kept_ ARGENT_GUARDED_BY(mutex_);
  std::vector<std::string> originators_ ARGENT_GUARDED_BY(mutex_);
  size_t abort_after_ ARGENT_GUARDED_BY(mutex_) = 0;
};

class MoveServiceTest : public ServiceTest {
 protected:
  void SetUp() override {
    ServiceTest::SetUp();
    for (int i = 1; i <= 3; ++i) {
      Store({.study = "1.1",
             .series = "1.1.1",
             .instance = "1.1.1." + std::to_string(i),
             .attributes = {{"PatientID", "A"}}},
            kCtImageStorage, kExplicitLittle, 40'000);
    }
    Store({.study = "1.1", .series = "1.1.2", .instance = "1.1.2.1", .attributes = {{"PatientID", "A"}}},
          kMrImageStorage, kJpegBaseline);
  }

  void StartDestination(std::vector<std::string> syntaxes) {
    destination_ = std::make_unique<Destination>(std::move(syntaxes));
    ingest::DimseServerOptions options;
    options.port = 0;
    server_ = std::make_unique<ingest::DimseServer>(options,
                                                    std::vector<ingest::DimseService*>{destination_.get()});
    const Status started = server_->Start();
    ASSERT_TRUE(started.ok()) << started.ToString();
    peers_.Add({"DEST", "127.0.0.1", server_->port()});
  }

  Response Move(const std::string& destination,
                const Attributes& identifier = {{"QueryRetrieveLevel", "STUDY"},
                                                {"StudyInstanceUID", "1.1"}}) {
    auto service = NewMoveService(catalog_.get(), &reader_, &peers_, {.ae_title = "ARGENT"});
    AssociationPair pair({{1, std::string(kStudyRootMove), kExplicitLittle, true, false}});
    pair.Serve(service.get());
    ingest::Association& association = pair.requestor();
    const std::string bytes = Encoded(MakeKeys(identifier));
    const auto command =
        ingest::Command::MoveRequest(association.NextMessageId(), kStudyRootMove, destination);
    EXPECT_TRUE(association.Send(*association.FindContext(1), command, AsBytes(bytes)).ok());
    pending_ = 0;
    Response response = ServiceTest::Receive(association);
    for (; IsPending(response); ++pending_) response = ServiceTest::Receive(association);
    return response;
  }

  PeerTable peers_;
  std::unique_ptr<Destination> destination_;
  std::unique_ptr<ingest::DimseServer> server_;
  int pending_ = 0;
};

TEST_P(MoveServiceTest, SendsAsStoredAndNamesTheOriginator) {
  StartDestination({kExplicitLittle, kJpegBaseline});
  const Response last = Move("DEST");
  EXPECT_EQ(last.status(), query_status::kSuccess) << last.command.error_comment();
  EXPECT_EQ(last.command.sub_operations().completed, 4);
  EXPECT_EQ(pending_, 4);
  EXPECT_TRUE(destination_->kept() == data_sets_);
  EXPECT_THAT(destination_->originators(), testing::Each("TESTER:1"));
}

TEST_P(MoveServiceTest, ConvertsWhatThePeerDoesNotTake) {
  StartDestination({kImplicitLittle});
  const Response last = Move("DEST");
  EXPECT_EQ(last.status(), query_status::kSomeSubOperationsFailed);
  EXPECT_EQ(last.command.sub_operations().completed, 3);
  EXPECT_EQ(last.identifier.Text(tags::kFailedSopInstanceUidList), "1.1.2.1");
  EXPECT_THAT(last.command.error_comment(), HasSubstr(kJpegBaseline));
  const auto parsed =
      codec::DataSet::Parse(AsBytes(destination_->kept()["1.1.1.1"]), codec::Encoding::kImplicitLittle);
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed->Text(codec::tags::kSopInstanceUid), "1.1.1.1");
}

TEST_P(MoveServiceTest, AnUnknownDestinationIsSaidToBeUnknown) {
  const Response last = Move("NOBODY");
  EXPECT_EQ(last.status(), query_status::kMoveDestinationUnknown);
  EXPECT_THAT(last.command.error_comment(), HasSubstr("NOBODY"));
}

TEST_P(MoveServiceTest, AnUnreachableDestinationFailsEverything) {
  StartDestination({kExplicitLittle});
  server_->Stop(std::chrono::seconds(1));
  const Response last = Move("DEST");
  EXPECT_EQ(last.status(), query_status::kCannotPerformSubOperations);
  EXPECT_EQ(last.command.sub_operations().failed, 4);
  EXPECT_FALSE(last.command.error_comment().empty());
}

TEST_P(MoveServiceTest, IsAFailureWhenTheDestinationTakesNothing) {
  StartDestination({kExplicitLittle});
  const Response last =
      Move("DEST",
           {{"QueryRetrieveLevel", "SERIES"}, {"StudyInstanceUID", "1.1"}, {"SeriesInstanceUID", "1.1.2"}});
  EXPECT_EQ(last.status(), query_status::kCannotPerformSubOperations);
  EXPECT_EQ(last.command.sub_operations().failed, 1);
  EXPECT_EQ(last.identifier.Text(tags::kFailedSopInstanceUidList), "1.1.2.1");
}

TEST_P(MoveServiceTest, WhatTheLostDestinationDidNotConfirmFailed) {
  StartDestination({kExplicitLittle});
  destination_->AbortAfter(2);
  const Response last =
      Move("DEST",
           {{"QueryRetrieveLevel", "SERIES"}, {"StudyInstanceUID", "1.1"}, {"SeriesInstanceUID", "1.1.1"}});
  EXPECT_EQ(last.status(), query_status::kSomeSubOperationsFailed);
  EXPECT_EQ(last.command.sub_operations().completed, 1);
  EXPECT_EQ(last.command.sub_operations().failed, 2);
  EXPECT_EQ(last.identifier.Text(tags::kFailedSopInstanceUidList), "1.1.1.2\\1.1.1.3");
}

TEST_P(MoveServiceTest, MoreSopClassesThanOneAssociationHoldsAreMoved) {
  for (int i = 0; i < 200; ++i) {
    const std::string uid = "1.1.3." + std::to_string(i);
    Store({.study = "1.1", .series = "1.1.3", .instance = uid, .attributes = {{"PatientID", "A"}}},
          "1.9.9." + std::to_string(i), kExplicitLittle);
  }
  StartDestination({kExplicitLittle, kJpegBaseline});
  const Response last = Move("DEST");
  EXPECT_EQ(last.status(), query_status::kSuccess) << last.command.error_comment();
  EXPECT_EQ(last.command.sub_operations().completed, 204);
  EXPECT_TRUE(destination_->kept() == data_sets_);
}

ARGENT_OVER_BOTH_CATALOGS(MoveServiceTest);

TEST(ContextPlan, NeverExceedsAnAssociation) {
  std::vector<RetrieveInstance> instances(500);
  for (size_t i = 0; i < instances.size(); ++i) {
    instances[i].sop_instance_uid = std::to_string(i);
    instances[i].stored.sop_class_uid = "1.9." + std::to_string(i % 150);
    instances[i].stored.variant.transfer_syntax_uid = i % 2 == 0 ? kExplicitLittle : kJpegBaseline;
  }
  size_t planned = 0;
  for (const StoreBatch& batch : PlanStoreBatches(instances)) {
    EXPECT_LE(batch.contexts.size(), 128u);
    planned += batch.instances.size();
  }
  EXPECT_EQ(planned, instances.size());
}

TEST(PeerTable, ParsesPeers) {
  const auto peer = ParsePeer("STATION@[::1]:104");
  ASSERT_TRUE(peer.ok());
  EXPECT_EQ(peer->host, "::1");
  EXPECT_EQ(peer->port, 104);
  for (const char* text : {"", "A", "A@", "A@host", "A@host:", "A@host:0", "A@host:99999", "@host:1", "A@:1",
                           "SEVENTEENCHARSLONG@host:1"}) {
    EXPECT_FALSE(ParsePeer(text).ok()) << text;
  }
}

}  // namespace
}  // namespace argent::archive
