// PDUs and Command Sets as bytes, and the two ends of an association without a server.
#include <sys/socket.h>

#include <thread>

#include "ingest/dimse/abstract_syntax.h"
#include "ingest/dimse/negotiation.h"
#include "tests/ingest/dimse_fixture.h"

namespace argent::ingest::testing {
namespace {

ByteView BodyOf(const std::string& pdu) { return AsBytes(pdu).subspan(kPduHeaderBytes); }

TEST(Pdu, AssociateRequestComesBackAsEncoded) {
  AssociateRequest request = MakeRequest(kCtImageStorage, {kExplicitLittle, kImplicitLittle});
  request.contexts.push_back({255, kVerification, {kImplicitLittle}});
  request.user_information.pdu_bytes_max = 65536;
  request.user_information.implementation_version = "VERSION 1";
  request.user_information.asynchronous_operations = AsynchronousOperations{4, 5};
  request.user_information.roles = {{kCtImageStorage, true, false}};
  request.user_information.extended_negotiation = {{"1.2.3", std::string("\1\0\1", 3)}};
  const auto decoded = DecodeAssociateRequest(BodyOf(EncodeAssociateRequest(request)));
  ASSERT_TRUE(decoded.ok()) << decoded.status().ToString();
  EXPECT_EQ(EncodeAssociateRequest(*decoded), EncodeAssociateRequest(request));
  EXPECT_EQ(decoded->contexts[0].transfer_syntaxes, request.contexts[0].transfer_syntaxes);
  EXPECT_EQ(decoded->user_information.asynchronous_operations->performed_max, 5);
  EXPECT_EQ(decoded->user_information.extended_negotiation[0].bytes, std::string("\1\0\1", 3));
}

TEST(Pdu, EveryTruncationIsRefusedOrShorter) {
  const std::string body(AsText(BodyOf(EncodeAssociateRequest(MakeRequest()))));
  for (size_t size = 0; size < body.size(); ++size) {
    const auto decoded = DecodeAssociateRequest(AsBytes(body).first(size));
    // Cut between two items it is a request with fewer of them.
    EXPECT_TRUE(!decoded.ok() || size >= 68) << size;
  }
}

TEST(Pdu, UnknownItemsAreSkipped) {
  std::string body(AsText(BodyOf(EncodeAssociateRequest(MakeRequest()))));
  body += std::string("\x77\0\0\3abc", 7);
  const auto decoded = DecodeAssociateRequest(AsBytes(body));
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(decoded->contexts.size(), 1u);
}

TEST(Pdu, PasscodeIsNotKept) {
  std::string body(AsText(BodyOf(EncodeAssociateRequest(MakeRequest()))));
  const std::string identity = std::string("\2\1\0\4user\0\6secret", 16);
  body += std::string("\x50\0\0\x14\x58\0\0\x10", 8) + identity;
  const auto decoded = DecodeAssociateRequest(AsBytes(body));
  ASSERT_TRUE(decoded.ok()) << decoded.status().ToString();
  ASSERT_TRUE(decoded->user_information.user_identity.has_value());
  EXPECT_EQ(decoded->user_information.user_identity->type, 2);
  EXPECT_EQ(decoded->user_information.user_identity->primary, "user");
  EchoService echo;
  const auto negotiated = Negotiate(*decoded, {}, {&echo});
  const auto* accepted = std::get_if<AcceptedAssociation>(&negotiated);
  ASSERT_NE(accepted, nullptr);
  EXPECT_EQ(accepted->answer.user_information.user_identity_server_response, "");
  EXPECT_EQ(accepted->parameters.user_identity.primary, "user");
}

TEST(CommandSet, EveryFieldComesBack) {
  const Command store = Command::StoreRequest({.message_id = 258,
                                               .sop_class_uid = kCtImageStorage,
                                               .sop_instance_uid = "1.2.3.4",
                                               .priority = Priority::kLow,
                                               .move_originator_ae_title = "ORIGIN",
                                               .move_originator_message_id = 513});
  const auto parsed = Command::Parse(AsBytes(store.Encode(true)));
  ASSERT_TRUE(parsed.ok()) << parsed.status().ToString();
  EXPECT_EQ(parsed->field(), CommandField::kCStoreRq);
  EXPECT_TRUE(parsed->has_data_set());
  EXPECT_EQ(parsed->message_id(), 258);
  EXPECT_EQ(parsed->sop_class_uid(), kCtImageStorage);
  EXPECT_EQ(parsed->sop_instance_uid(), "1.2.3.4");
  EXPECT_EQ(parsed->priority(), Priority::kLow);
  EXPECT_EQ(parsed->move_originator_ae_title(), "ORIGIN");
  EXPECT_EQ(parsed->move_originator_message_id(), 513);

  const auto move =
      Command::Parse(AsBytes(Command::MoveRequest(1, "1.2", "DEST", Priority::kHigh).Encode(true)));
  ASSERT_TRUE(move.ok());
  EXPECT_EQ(move->move_destination(), "DEST");
  EXPECT_EQ(move->priority(), Priority::kHigh);

  const auto cancel = Command::Parse(AsBytes(Command::CancelRequest(77).Encode(false)));
  ASSERT_TRUE(cancel.ok());
  EXPECT_EQ(cancel->message_id_being_responded_to(), 77);
  EXPECT_FALSE(cancel->is_request() || cancel->is_response());
}

TEST(CommandSet, ResponseAnswersItsRequest) {
  Command response = Command::Response(Command::FindRequest(9, "1.2.3"), 0xA900);
  response.SetErrorComment(std::string(100, 'e') + "\\\n")
      .SetOffendingElements({{0x0010, 0x0020}, {0x0008, 0x0052}})
      .SetSubOperations({.remaining = 1, .completed = 2, .failed = 3, .warning = 4});
  const auto parsed = Command::Parse(AsBytes(response.Encode(false)));
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed->field(), CommandField::kCFindRsp);
  EXPECT_EQ(parsed->message_id_being_responded_to(), 9);
  EXPECT_EQ(parsed->sop_class_uid(), "1.2.3");
  EXPECT_EQ(parsed->status(), 0xA900);
  EXPECT_EQ(parsed->error_comment(), std::string(64, 'e'));
  EXPECT_EQ(parsed->offending_elements(), (std::vector<codec::Tag>{{0x0010, 0x0020}, {0x0008, 0x0052}}));
  const SubOperations counts = parsed->sub_operations();
  EXPECT_EQ(counts.remaining, 1);
  EXPECT_EQ(counts.completed + counts.failed + counts.warning, 9);
  EXPECT_FALSE(parsed->has_data_set());
}

TEST(CommandSet, EncodingIsThatOfTheStandard) {
  // PS3.7 9.3.5.1, byte for byte: group length 56, Verification, C-ECHO-RQ, Message ID 1, no Data Set.
  const std::string expected(
      "\0\0\0\0\4\0\0\0\x38\0\0\0"
      "\0\0\2\0\x12\0\0\0"
      "1.2.840.10008.1.1\0"
      "\0\0\0\1\2\0\0\0\x30\0"
      "\0\0\x10\1\2\0\0\0\1\0"
      "\0\0\0\x8\2\0\0\0\1\1",
      12 + 8 + 18 + 30);
  EXPECT_EQ(Command::EchoRequest(1).Encode(false), expected);
}

TEST(CommandSet, WhatIsMissingIsNamed) {
  const std::string echo = Command::EchoRequest(1).Encode(false);
  const auto without_type = Command::Parse(AsBytes(echo).first(echo.size() - 10));
  ASSERT_FALSE(without_type.ok());
  EXPECT_NE(without_type.status().message().find("(0000,0800)"), std::string::npos);
  EXPECT_FALSE(Command::Parse({}).ok());
}

TEST(AbstractSyntax, EverythingUnknownMayBeStorage) {
  for (const char* uid :
       {kCtImageStorage, "1.2.840.10008.5.1.4.1.1.77.1.6", "1.2.840.10008.5.1.4.1.1.9999", "1.3.6.1.4.1.5",
        "1.2.840.10008.5.1.4.34.7", "1.2.840.10008.5.1.4.38.1", "1.2.840.10008.5.1.1.30", "2.25.1"}) {
    EXPECT_TRUE(MayBeStorageSopClass(uid)) << uid;
  }
  for (const char* uid : {kVerification, "1.2.840.10008.1.20.1", "1.2.840.10008.5.1.4.1.2.1.1",
                          "1.2.840.10008.5.1.4.31", "1.2.840.10008.5.1.1.9", "1.2.840.10008.3.1.2.3.3",
                          "1.2.840.10008.5.1.4.34.6.1", "", "not a uid", "1.2.840.10008.5.1.4.1.1.201.2"}) {
    EXPECT_FALSE(MayBeStorageSopClass(uid)) << uid;
  }
  EXPECT_TRUE(MayBeStorageSopClass("1.2.840.10008.5.1.4.1.20"));  // only looks like Query/Retrieve
}

// Both ends of one association, joined by a pair of sockets.
class AssociationPair : public ::testing::Test {
 protected:
  void SetUp() override {
    int descriptors[2];
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, descriptors), 0);
    AssociationParameters parameters;
    parameters.peer_pdu_bytes_max = 16384;
    parameters.contexts = {{1, kCtImageStorage, kExplicitLittle, true, true}};
    acceptor_ = std::make_unique<Association>(std::make_unique<Socket>(descriptors[0]), parameters);
    parameters.is_requestor = true;
    requestor_ = std::make_unique<Association>(std::make_unique<Socket>(descriptors[1]), parameters);
  }
  std::unique_ptr<Association> acceptor_;
  std::unique_ptr<Association> requestor_;
};

TEST_F(AssociationPair, ReleaseByBothAtOnceIsARelease) {
  for (int i = 0; i < 20; ++i) {
    SetUp();
    Status accepted;
    std::thread other([&] { accepted = acceptor_->Release(); });
    const Status requested = requestor_->Release();
    other.join();
    // Either may also see the other's request as the first thing and be done.
    EXPECT_TRUE(accepted.ok()) << accepted.ToString();
    EXPECT_TRUE(requested.ok()) << requested.ToString();
    EXPECT_EQ(acceptor_->state(), Association::State::kReleased);
    EXPECT_EQ(requestor_->state(), Association::State::kReleased);
  }
}

TEST_F(AssociationPair, ReleaseThatIsNotAnsweredIsAborted) {
  EXPECT_EQ(requestor_->Release(milliseconds(50)).code(), StatusCode::kAborted);
  EXPECT_EQ(requestor_->state(), Association::State::kAborted);
  // The other end sees the release first: it answers, and is released.
  EXPECT_EQ(acceptor_->ReceiveCommand(seconds(1)).status().code(), StatusCode::kAborted);
  EXPECT_FALSE(acceptor_->is_open());
}

TEST_F(AssociationPair, NothingComesIsNotTheEnd) {
  const auto received = requestor_->ReceiveCommand(milliseconds(20));
  EXPECT_EQ(received.status().code(), StatusCode::kOverloaded);
  EXPECT_TRUE(requestor_->is_open());
}

TEST_F(AssociationPair, PollCancelDoesNotWaitForHalfAMessage) {
  const PresentationContext& context = requestor_->parameters().contexts[0];
  const auto nothing = acceptor_->PollCancel(1);
  ASSERT_TRUE(nothing.ok());
  EXPECT_FALSE(*nothing);
  // Another command stays for ReceiveCommand().
  ASSERT_TRUE(requestor_->Send(context, Command::EchoRequest(5)).ok());
  const auto other = acceptor_->PollCancel(1);
  ASSERT_TRUE(other.ok());
  EXPECT_FALSE(*other);
  EXPECT_TRUE(acceptor_->has_buffered_input());
  const auto received = acceptor_->ReceiveCommand(seconds(1));
  ASSERT_TRUE(received.ok());
  EXPECT_EQ(received->command.message_id(), 5);
  requestor_->Abort();
  EXPECT_EQ(acceptor_->PollCancel(1).status().code(), StatusCode::kAborted);
}

TEST_F(AssociationPair, InterruptEndsAWait) {
  std::thread waiter(
      [&] { EXPECT_EQ(acceptor_->ReceiveCommand(seconds(30)).status().code(), StatusCode::kAborted); });
  std::this_thread::sleep_for(milliseconds(20));
  acceptor_->Interrupt(false);
  waiter.join();
  EXPECT_EQ(requestor_->ReceiveCommand(seconds(1)).status().code(), StatusCode::kAborted);
}

}  // namespace
}  // namespace argent::ingest::testing
