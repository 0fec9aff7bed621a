// Our SCU and our server over loopback: what the two promise each other.
#include <functional>
#include <thread>

#include "tests/ingest/dimse_fixture.h"

namespace argent::ingest::testing {
namespace {

// Gives a Data Set in pieces of given sizes.
class PiecesSource final : public DataSetSource {
 public:
  PiecesSource(std::string bytes, std::vector<size_t> sizes)
      : bytes_(std::move(bytes)), sizes_(std::move(sizes)) {}
  Result<ByteView> Next() override {
    if (fails_at_ == index_) return Status::Corruption("damaged");
    if (position_ == bytes_.size()) return ByteView();
    const size_t size = std::min(sizes_[index_++ % sizes_.size()], bytes_.size() - position_);
    const ByteView piece = AsBytes(bytes_).subspan(position_, size);
    position_ += size;
    return piece;
  }
  void FailAt(size_t index) { fails_at_ = index; }

 private:
  const std::string bytes_;
  const std::vector<size_t> sizes_;
  size_t index_ = 0;
  size_t position_ = 0;
  size_t fails_at_ = ~size_t{0};
};

// A service under the test's hand: a private SOP Class.
constexpr char kScriptedSopClass[] =
    "1.2.840.10008.5.1.4.1.2.1.1";  // a query, so that Storage does not claim it

class ScriptedService final : public DimseService {
 public:
  using Script = std::function<Status(Association&, const PresentationContext&, const Command&)>;
  bool Serves(std::string_view abstract_syntax) const override {
    return abstract_syntax == kScriptedSopClass;
  }
  std::optional<std::string> AnswerExtendedNegotiation(std::string_view, ByteView asked) const override {
    return std::string(asked.size(), '\1');
  }
  Status Handle(Association& association, const PresentationContext& context,
                const Command& command) override {
    return script(association, context, command);
  }
  Script script;
};

class ScriptedTest : public DimseTest {
 protected:
  ScriptedTest() { services_.push_back(&scripted_); }
  ScriptedService scripted_;
};

TEST_F(DimseTest, EchoSucceeds) {
  StartServer();
  EXPECT_EQ(Echo(), 0);
}

TEST_F(DimseTest, ServesManyEchosOnOneAssociation) {
  StartServer();
  auto association = Connect({{kVerification, {kImplicitLittle}}});
  ASSERT_NE(association, nullptr);
  for (int i = 1; i <= 100; ++i) {
    ASSERT_TRUE(
        association
            ->Send(association->parameters().contexts[0], Command::EchoRequest(association->NextMessageId()))
            .ok());
    const auto received = association->ReceiveCommand(seconds(10));
    ASSERT_TRUE(received.ok()) << received.status().ToString();
    EXPECT_EQ(received->command.field(), CommandField::kCEchoRsp);
    EXPECT_EQ(received->command.message_id_being_responded_to(), i);
  }
  EXPECT_TRUE(association->Release().ok());
  EXPECT_EQ(association->state(), Association::State::kReleased);
  EXPECT_TRUE(WaitForAssociations(0));
  EXPECT_EQ(server_->counters().associations_aborted, 0u);
}

TEST_F(DimseTest, StoresDataSetsOfAnySizeUnchanged) {
  StartServer();
  auto association = ConnectForStore();
  ASSERT_NE(association, nullptr);
  const size_t sizes[] = {0, 1, 2, 100, 4096, 131064, 131065, 131066, 131067, 1 << 20, (5 << 20) + 1};
  for (const size_t size : sizes) {
    const std::string data_set = RandomBytes(size, size);
    const auto response = Store(*association, AsBytes(data_set));
    ASSERT_TRUE(response.ok()) << response.status().ToString();
    EXPECT_EQ(response->status(), 0x0000);
    EXPECT_EQ(response->sop_instance_uid(), "1.2.3");
    EXPECT_TRUE(uploader_.kept().back().data_set == data_set) << size;
  }
}

TEST_F(DimseTest, UploadKnowsWhereItComesFrom) {
  StartServer();
  auto association = ConnectForStore();
  ASSERT_NE(association, nullptr);
  ASSERT_TRUE(Store(*association, AsBytes("x")).ok());
  const UploadRequest request = uploader_.kept().at(0).request;
  EXPECT_EQ(request.transfer_syntax_uid.text(), kExplicitLittle);
  EXPECT_EQ(request.expected_sop_class_uid.text(), kCtImageStorage);
  EXPECT_EQ(request.expected_sop_instance_uid.text(), "1.2.3");
  EXPECT_EQ(request.source.door, Door::kCStore);
  EXPECT_EQ(request.source.calling_ae_title, "SCU");
  EXPECT_EQ(request.source.called_ae_title, "ARGENT");
  EXPECT_TRUE(request.source.peer.starts_with("127.0.0.1:")) << request.source.peer;
}

TEST_F(DimseTest, ReceivesIntoSmallBuffers) {
  uploader_.SetSpace(7);
  StartServer();
  auto association = ConnectForStore();
  ASSERT_NE(association, nullptr);
  const std::string data_set = RandomBytes(1, 300'001);
  ASSERT_TRUE(Store(*association, AsBytes(data_set)).ok());
  EXPECT_TRUE(uploader_.kept().at(0).data_set == data_set);
}

TEST_F(DimseTest, SendsPiecesOfAnySize) {
  StartServer();
  auto association = ConnectForStore();
  ASSERT_NE(association, nullptr);
  const PresentationContext& context = association->parameters().contexts[0];
  const std::vector<std::vector<size_t>> all_sizes = {{1},      {2},         {3},      {1, 2, 3, 4, 5},
                                                      {131066}, {131067, 1}, {2 << 20}};
  for (const auto& sizes : all_sizes) {
    for (const size_t bytes : {size_t{0}, size_t{1}, size_t{2}, size_t{3}, size_t{2001}, sizes[0] * 3}) {
      const std::string data_set = RandomBytes(bytes, bytes);
      PiecesSource source(data_set, sizes);
      const Command request = Command::StoreRequest({.message_id = association->NextMessageId(),
                                                     .sop_class_uid = kCtImageStorage,
                                                     .sop_instance_uid = "1.2.3"});
      ASSERT_TRUE(association->Send(context, request, source).ok());
      const auto received = association->ReceiveCommand(seconds(20));
      ASSERT_TRUE(received.ok()) << received.status().ToString();
      EXPECT_TRUE(uploader_.kept().back().data_set == data_set) << sizes[0] << " " << bytes;
    }
  }
}

TEST_F(DimseTest, ASourceThatFailsAbortsAndLeavesNothing) {
  StartServer();
  auto association = ConnectForStore();
  ASSERT_NE(association, nullptr);
  PiecesSource source(RandomBytes(1, 1 << 20), {100'000});
  source.FailAt(3);
  const Status status = association->Send(
      association->parameters().contexts[0],
      Command::StoreRequest({.message_id = 1, .sop_class_uid = kCtImageStorage, .sop_instance_uid = "1.2.3"}),
      source);
  EXPECT_EQ(status.code(), StatusCode::kCorruption);
  EXPECT_EQ(association->state(), Association::State::kAborted);
  EXPECT_TRUE(WaitForAssociations(0));
  EXPECT_EQ(uploader_.abandoned(), 1);
  EXPECT_TRUE(uploader_.kept().empty());
}

TEST_F(DimseTest, RefusalInTheMiddleKeepsTheAssociationInStep) {
  uploader_.FailAfter(100'000, Status::InvalidArgument("element (7FE0,0010) at byte 99: beyond the end"));
  StartServer();
  auto association = ConnectForStore();
  ASSERT_NE(association, nullptr);
  const auto refused = Store(*association, AsBytes(RandomBytes(1, 3 << 20)));
  ASSERT_TRUE(refused.ok()) << refused.status().ToString();
  EXPECT_EQ(refused->status(), 0xC000);
  EXPECT_EQ(refused->error_comment(), "element (7FE0,0010) at byte 99: beyond the end");
  const auto stored = Store(*association, AsBytes("small"));
  ASSERT_TRUE(stored.ok());
  EXPECT_EQ(stored->status(), 0x0000);
}

TEST_F(DimseTest, EveryFailureHasItsStatus) {
  const struct {
    Status status;
    bool uid_mismatch;
    uint16_t wanted;
  } kCases[] = {
      {Status::NoSpace("full"), false, 0xA700},       {Status::Overloaded("busy"), false, 0xA700},
      {Status::IoError("disk"), false, 0xA700},       {Status::InvalidArgument("odd"), false, 0xC000},
      {Status::Unsupported("no"), false, 0x0122},     {Status::Internal("bug"), false, 0x0110},
      {Status::InvalidArgument("uid"), true, 0xA900},
  };
  StartServer();
  for (const auto& c : kCases) {
    uploader_.AnswerWith(MakeOutcome(OutcomeKind::kRefused, c.status, c.uid_mismatch));
    auto association = ConnectForStore();
    ASSERT_NE(association, nullptr);
    const auto response = Store(*association, AsBytes("x"));
    ASSERT_TRUE(response.ok());
    EXPECT_EQ(response->status(), c.wanted) << c.status.ToString();
    EXPECT_EQ(response->error_comment(), c.status.message());
  }
}

TEST_F(DimseTest, DuplicateAndConflictAreSuccesses) {
  StartServer();
  for (const OutcomeKind kind : {OutcomeKind::kDuplicate, OutcomeKind::kConflict}) {
    uploader_.AnswerWith(MakeOutcome(kind));
    auto association = ConnectForStore();
    ASSERT_NE(association, nullptr);
    const auto response = Store(*association, AsBytes("x"));
    ASSERT_TRUE(response.ok());
    EXPECT_EQ(response->status(), 0x0000);
  }
}

TEST_F(DimseTest, RefusedBeforeTheFirstByteIsA700AndInStep) {
  uploader_.FailBegin(Status::NoSpace("the volume is full"));
  StartServer();
  auto association = ConnectForStore();
  ASSERT_NE(association, nullptr);
  for (int i = 0; i < 3; ++i) {
    const auto response = Store(*association, AsBytes(RandomBytes(1, 1 << 20)));
    ASSERT_TRUE(response.ok()) << response.status().ToString();
    EXPECT_EQ(response->status(), 0xA700);
  }
}

TEST_F(DimseTest, StoreWithoutDataSetIsRefused) {
  StartServer();
  auto association = ConnectForStore();
  ASSERT_NE(association, nullptr);
  const Command request =
      Command::StoreRequest({.message_id = 9, .sop_class_uid = kCtImageStorage, .sop_instance_uid = "1.2.3"});
  ASSERT_TRUE(association->Send(association->parameters().contexts[0], request).ok());
  const auto received = association->ReceiveCommand(seconds(10));
  ASSERT_TRUE(received.ok());
  EXPECT_EQ(received->command.status(), 0x0212);
}

TEST_F(DimseTest, OperationOfAnotherSopClassIsUnrecognized) {
  StartServer();
  auto association = ConnectForStore();
  ASSERT_NE(association, nullptr);
  const PresentationContext& context = association->parameters().contexts[0];
  ASSERT_TRUE(
      association->Send(context, Command::FindRequest(5, kCtImageStorage), AsBytes(RandomBytes(1, 200'000)))
          .ok());
  const auto received = association->ReceiveCommand(seconds(10));
  ASSERT_TRUE(received.ok()) << received.status().ToString();
  EXPECT_EQ(received->command.field(), CommandField::kCFindRsp);
  EXPECT_EQ(received->command.status(), 0x0211);
  EXPECT_EQ(Store(*association, AsBytes("x"))->status(), 0x0000);
}

TEST_F(DimseTest, AcceptsAnyStorageClassAndTransferSyntax) {
  StartServer();
  auto association = Connect({{"1.2.840.10008.5.1.4.1.1.999", {"1.2.840.10008.1.2.4.201", kImplicitLittle}},
                              {"1.2.826.0.1.3680043.9.9.9", {"1.3.6.1.4.1.1.1"}},
                              {"1.2.840.10008.5.1.1.9", {kImplicitLittle}}});  // a print class
  ASSERT_NE(association, nullptr);
  const auto& contexts = association->parameters().contexts;
  ASSERT_EQ(contexts.size(), 2u);
  EXPECT_EQ(contexts[0].transfer_syntax, "1.2.840.10008.1.2.4.201");
  EXPECT_EQ(contexts[1].transfer_syntax, "1.3.6.1.4.1.1.1");
}

TEST_F(DimseTest, RoleSelectionLetsTheRequestorBeScp) {
  StartServer();
  auto association =
      Connect({{.abstract_syntax = kCtImageStorage, .transfer_syntaxes = {kExplicitLittle}, .as_scp = true},
               {.abstract_syntax = kVerification, .transfer_syntaxes = {kImplicitLittle}, .as_scp = true}});
  ASSERT_NE(association, nullptr);
  const auto& contexts = association->parameters().contexts;
  ASSERT_EQ(contexts.size(), 2u);
  EXPECT_TRUE(contexts[0].as_scu && contexts[0].as_scp);
  EXPECT_TRUE(contexts[1].as_scu && !contexts[1].as_scp);
  EXPECT_EQ(association->FindContextAsScu(kCtImageStorage), &contexts[0]);
  EXPECT_EQ(association->FindContextAsScu(kCtImageStorage, kImplicitLittle), nullptr);
}

TEST_F(DimseTest, RejectionSaysWhy) {
  options_.policy.ae_title = "OTHER";
  options_.policy.called_ae_titles = {"ANOTHER"};
  StartServer();
  const auto association = TryConnect({{kVerification, {kImplicitLittle}}});
  ASSERT_FALSE(association.ok());
  EXPECT_EQ(association.status().code(), StatusCode::kUnsupported);
  EXPECT_NE(association.status().message().find("called AE title not recognized"), std::string::npos);
}

TEST_F(DimseTest, UnreachablePeerIsAnIoError) {
  StartServer();
  const uint16_t closed_port = port();
  server_.reset();
  ConnectRequest request;
  request.host = "127.0.0.1";
  request.port = closed_port;
  request.contexts = {{kVerification, {kImplicitLittle}}};
  EXPECT_EQ(Association::Connect(request).status().code(), StatusCode::kIoError);
}

TEST_F(DimseTest, ListensOnIpv6Too) {
  options_.bind = "";
  StartServer();
  ConnectRequest request;
  request.host = "::1";
  request.port = port();
  request.calling_ae_title = "SCU";
  request.called_ae_title = "ARGENT";
  request.contexts = {{kVerification, {kImplicitLittle}}};
  const auto association = Association::Connect(request);
  if (!association.ok()) GTEST_SKIP() << "no IPv6 here: " << association.status().ToString();
  EXPECT_EQ((*association)->parameters().peer(), "[::1]:" + std::to_string(port()));
  EXPECT_EQ(Echo(), 0);
}

TEST_F(DimseTest, PortInUseIsSaid) {
  StartServer();
  options_.port = port();
  DimseServer second(options_, services_);
  const Status started = second.Start();
  EXPECT_EQ(started.code(), StatusCode::kAlreadyExists);
  EXPECT_NE(started.message().find(std::to_string(port())), std::string::npos);
}

TEST_F(DimseTest, IdleAssociationIsAbortedInTime) {
  options_.idle_timeout = milliseconds(200);
  options_.linger_timeout = milliseconds(20);
  StartServer();
  auto association = Connect({{kVerification, {kImplicitLittle}}});
  ASSERT_NE(association, nullptr);
  const auto received = association->ReceiveCommand(seconds(10));
  EXPECT_EQ(received.status().code(), StatusCode::kAborted);
  EXPECT_EQ(association->state(), Association::State::kAborted);
  EXPECT_TRUE(WaitForAssociations(0));
}

TEST_F(DimseTest, IdleAssociationsNeedNoThread) {
  options_.linger_timeout = milliseconds(20);
  StartServer();
  std::vector<std::unique_ptr<Association>> associations;
  for (int i = 0; i < 200; ++i) {
    associations.push_back(ConnectForStore());
    ASSERT_NE(associations.back(), nullptr);
    ASSERT_EQ(Store(*associations.back(), AsBytes("x"))->status(), 0x0000);
  }
  for (int i = 0; i < 1000 && server_->counters().active_associations != 0; ++i) {
    std::this_thread::sleep_for(milliseconds(10));
  }
  EXPECT_EQ(server_->counters().active_associations, 0u);
  EXPECT_EQ(server_->counters().associations, 200u);
  for (auto& association : associations) EXPECT_EQ(Store(*association, AsBytes("y"))->status(), 0x0000);
}

TEST_F(DimseTest, LimitOfAssociationsRejectsForNow) {
  options_.associations_max = 2;
  StartServer();
  auto first = ConnectForStore();
  auto second = ConnectForStore();
  const auto third = TryConnect({{kVerification, {kImplicitLittle}}});
  ASSERT_FALSE(third.ok());
  EXPECT_EQ(third.status().code(), StatusCode::kOverloaded);
  EXPECT_NE(third.status().message().find("local limit exceeded"), std::string::npos);
  ASSERT_TRUE(first->Release().ok());
  ASSERT_TRUE(WaitForAssociations(1));
  EXPECT_EQ(Echo(), 0);
}

TEST_F(DimseTest, StopLetsARunningStoreFinish) {
  StartServer();
  uploader_.HoldFinish();
  auto association = ConnectForStore();
  ASSERT_NE(association, nullptr);
  Result<Command> response = Status::Internal("not run");
  std::thread sender([&] { response = Store(*association, AsBytes("x")); });
  ASSERT_TRUE(uploader_.WaitUntilFinishing(seconds(10)));
  std::thread stopper([&] { server_->Stop(seconds(20)); });
  std::this_thread::sleep_for(milliseconds(50));
  uploader_.LetFinish();
  stopper.join();
  sender.join();
  ASSERT_TRUE(response.ok()) << response.status().ToString();
  EXPECT_EQ(response->status(), 0x0000);
  EXPECT_EQ(association->ReceiveCommand(seconds(10)).status().code(), StatusCode::kAborted);
}

TEST_F(DimseTest, StopAbortsWhatDoesNotFinish) {
  StartServer();
  RawClient client(port());
  client.Associate(MakeRequest(kCtImageStorage, {kExplicitLittle}));
  const Command request =
      Command::StoreRequest({.message_id = 1, .sop_class_uid = kCtImageStorage, .sop_instance_uid = "1.2.3"});
  client.Send(DataPdu(1, true, true, request.Encode(true)) + DataPdu(1, false, false, "half"));
  for (int i = 0; i < 1000 && server_->counters().active_associations == 0; ++i) {
    std::this_thread::sleep_for(milliseconds(5));
  }
  server_->Stop(milliseconds(100));
  EXPECT_TRUE(IsAbort(client.ReceivePdu(), AbortReason::kNotSpecified));
  EXPECT_EQ(uploader_.abandoned(), 1);
}

TEST_F(ScriptedTest, CancelIsSeenWithoutWaiting) {
  scripted_.script = [](Association& association, const PresentationContext& context,
                        const Command& command) {
    const auto identifier = association.ReceiveDataSet(1000);
    if (!identifier.ok()) return identifier.status();
    for (;;) {
      ARGENT_ASSIGN_OR_RETURN(const bool is_cancelled, association.PollCancel(command.message_id()));
      if (is_cancelled) return association.Send(context, Command::Response(command, 0xFE00));
      ARGENT_RETURN_IF_ERROR(
          association.Send(context, Command::Response(command, 0xFF00), AsBytes(*identifier)));
    }
  };
  StartServer();
  auto association = Connect({{kScriptedSopClass, {kImplicitLittle}}});
  ASSERT_NE(association, nullptr);
  const PresentationContext& context = association->parameters().contexts[0];
  ASSERT_TRUE(association->Send(context, Command::FindRequest(7, kScriptedSopClass), AsBytes("keys")).ok());
  for (int pending = 0;; ++pending) {
    const auto received = association->ReceiveCommand(seconds(10));
    ASSERT_TRUE(received.ok()) << received.status().ToString();
    if (received->command.status() == 0xFE00) break;
    ASSERT_EQ(received->command.status(), 0xFF00);
    const auto identifier = association->ReceiveDataSet(100);
    ASSERT_TRUE(identifier.ok());
    EXPECT_EQ(*identifier, "keys");
    if (pending == 3) {
      ASSERT_TRUE(association->Send(context, Command::CancelRequest(99)).ok());  // of nothing
      ASSERT_TRUE(association->Send(context, Command::CancelRequest(7)).ok());
    }
  }
  // A cancel that comes late is no harm.
  ASSERT_TRUE(association->Send(context, Command::CancelRequest(7)).ok());
  EXPECT_TRUE(association->Release().ok());
}

TEST_F(ScriptedTest, IdentifierBeyondItsLimitIsDiscarded) {
  StatusCode code = StatusCode::kOk;
  scripted_.script = [&code](Association& association, const PresentationContext& context,
                             const Command& command) {
    code = association.ReceiveDataSet(1000).status().code();
    return association.Send(context, Command::Response(command, 0xC000));
  };
  StartServer();
  auto association = Connect({{kScriptedSopClass, {kImplicitLittle}}});
  ASSERT_NE(association, nullptr);
  const PresentationContext& context = association->parameters().contexts[0];
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(
        association
            ->Send(context, Command::FindRequest(7, kScriptedSopClass), AsBytes(RandomBytes(1, 1 << 20)))
            .ok());
    ASSERT_TRUE(association->ReceiveCommand(seconds(10)).ok());
    EXPECT_EQ(code, StatusCode::kOverloaded);
  }
}

TEST_F(ScriptedTest, AServiceThatFailsEndsTheAssociation) {
  scripted_.script = [](Association&, const PresentationContext&, const Command&) {
    return Status::Internal("x");
  };
  StartServer();
  auto association = Connect({{kScriptedSopClass, {kImplicitLittle}}});
  ASSERT_NE(association, nullptr);
  ASSERT_TRUE(
      association->Send(association->parameters().contexts[0], Command::FindRequest(7, kScriptedSopClass))
          .ok());
  EXPECT_EQ(association->ReceiveCommand(seconds(10)).status().code(), StatusCode::kAborted);
}

TEST_F(ScriptedTest, StoreSubOperationsGoBackOnTheSameAssociation) {
  scripted_.script = [](Association& association, const PresentationContext& context,
                        const Command& command) {
    const PresentationContext* store = association.FindContextAsScu(kCtImageStorage);
    if (store == nullptr) return Status::Internal("no context");
    PiecesSource source(RandomBytes(3, 700'001), {300'000});
    const Command request = Command::StoreRequest({.message_id = association.NextMessageId(),
                                                   .sop_class_uid = kCtImageStorage,
                                                   .sop_instance_uid = "1.2.3"});
    ARGENT_RETURN_IF_ERROR(association.Send(*store, request, source));
    ARGENT_ASSIGN_OR_RETURN(const ReceivedCommand received, association.ReceiveCommand(seconds(10)));
    Command response = Command::Response(command, received.command.status().value_or(0xC000));
    return association.Send(context, response.SetSubOperations({.remaining = {}, .completed = 1}));
  };
  StartServer();
  auto association = Connect({{kScriptedSopClass, {kImplicitLittle}},
                              {kCtImageStorage, {kExplicitLittle}, /*as_scu=*/false, /*as_scp=*/true}});
  ASSERT_NE(association, nullptr);
  ASSERT_TRUE(
      association->Send(association->parameters().contexts[0], Command::GetRequest(7, kScriptedSopClass))
          .ok());
  const auto store = association->ReceiveCommand(seconds(10));
  ASSERT_TRUE(store.ok()) << store.status().ToString();
  EXPECT_EQ(store->command.field(), CommandField::kCStoreRq);
  const auto data_set = association->ReceiveDataSet(1 << 20);
  ASSERT_TRUE(data_set.ok());
  EXPECT_TRUE(*data_set == RandomBytes(3, 700'001));
  ASSERT_TRUE(association->Send(*store->context, Command::Response(store->command, 0)).ok());
  const auto final_response = association->ReceiveCommand(seconds(10));
  ASSERT_TRUE(final_response.ok());
  EXPECT_EQ(final_response->command.sub_operations().completed, 1);
}

TEST_F(ScriptedTest, ExtendedNegotiationIsAnswered) {
  StartServer();
  ConnectRequest request;
  request.host = "127.0.0.1";
  request.port = port();
  request.calling_ae_title = "SCU";
  request.called_ae_title = "ARGENT";
  request.contexts = {{kScriptedSopClass, {kImplicitLittle}}};
  request.extended_negotiation[kScriptedSopClass] = std::string(3, '\1');
  request.extended_negotiation["1.2.3"] = "x";
  const auto association = Association::Connect(request);
  ASSERT_TRUE(association.ok());
  EXPECT_EQ((*association)->ExtendedNegotiation(kScriptedSopClass), std::string(3, '\1'));
  EXPECT_EQ((*association)->ExtendedNegotiation("1.2.3"), "");
}

}  // namespace
}  // namespace argent::ingest::testing
