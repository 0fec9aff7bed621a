// What a hostile, broken or merely odd peer may do to the server: it gets the answer the Standard says, costs
// nobody else anything and leaves nothing behind.
#include <thread>

#include "storage/base/random.h"
#include "tests/ingest/dimse_fixture.h"

namespace argent::ingest::testing {
namespace {

std::string StoreCommand(uint16_t message_id = 1) {
  return Command::StoreRequest(
             {.message_id = message_id, .sop_class_uid = kCtImageStorage, .sop_instance_uid = "1.2.3"})
      .Encode(true);
}

std::string EchoCommand() { return Command::EchoRequest(1).Encode(false); }

std::string PduHeader(uint8_t type, uint32_t length) {
  std::string header{static_cast<char>(type), '\0'};
  for (int shift = 24; shift >= 0; shift -= 8) header.push_back(static_cast<char>(length >> shift));
  return header;
}

// A PDV without the PDU around it.
std::string Pdv(uint8_t context_id, bool is_command, bool is_last, std::string_view fragment) {
  return DataPdu(context_id, is_command, is_last, fragment).substr(kPduHeaderBytes);
}

std::string PduOf(const std::string& pdvs) { return PduHeader(4, static_cast<uint32_t>(pdvs.size())) + pdvs; }

class BadClientTest : public DimseTest {
 protected:
  // A client with one accepted context, 1, for CT or Verification.
  std::unique_ptr<RawClient> AssociatedClient(const char* abstract_syntax = kCtImageStorage) {
    auto client = std::make_unique<RawClient>(port());
    client->Associate(MakeRequest(abstract_syntax, {kExplicitLittle}));
    return client;
  }
  // The status of the response the client gets next; -1 when it is none.
  static int ResponseStatus(RawClient& client) {
    const std::string pdu = client.ReceivePdu();
    if (pdu.size() < 12 || pdu[0] != 4) return -1;
    const auto command = Command::Parse(AsBytes(pdu).subspan(12));
    return command.ok() ? command->status().value_or(0xFFFF) : -1;
  }
};

TEST_F(BadClientTest, ManySilentClientsDelayNobody) {
  StartServer();
  std::vector<std::unique_ptr<RawClient>> silent;
  for (int i = 0; i < 300; ++i) {
    silent.push_back(std::make_unique<RawClient>(port()));
    if (i % 3 == 1) silent.back()->Send(EncodeAssociateRequest(MakeRequest()).substr(0, 50));
    if (i % 3 == 2) silent.back()->Associate(MakeRequest());
  }
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(Echo(), 0);
  EXPECT_LT(std::chrono::steady_clock::now() - start, seconds(2));
}

TEST_F(BadClientTest, HalfMessagesOfOthersDelayNobody) {
  StartServer();
  std::vector<std::unique_ptr<RawClient>> stuck;
  for (int i = 0; i < 50; ++i) {
    stuck.push_back(AssociatedClient());
    stuck.back()->Send(DataPdu(1, true, true, StoreCommand()) +
                       DataPdu(1, false, false, "half").substr(0, 14));
  }
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(Echo(), 0);
  EXPECT_LT(std::chrono::steady_clock::now() - start, seconds(2));
}

TEST_F(BadClientTest, OldestSilentConnectionGivesWay) {
  options_.connections_waiting_max = 40;
  StartServer();
  std::vector<std::unique_ptr<RawClient>> silent;
  for (int i = 0; i < 120; ++i) silent.push_back(std::make_unique<RawClient>(port()));
  EXPECT_EQ(Echo(), 0);
  EXPECT_TRUE(silent.front()->IsClosed());
  EXPECT_LE(server_->counters().connections_waiting, 40u);
}

TEST_F(BadClientTest, SilentConnectionIsClosedByArtim) {
  options_.artim_timeout = milliseconds(150);
  StartServer();
  RawClient silent(port());
  RawClient half(port());
  half.Send(EncodeAssociateRequest(MakeRequest()).substr(0, 80));
  EXPECT_TRUE(silent.IsClosed());
  EXPECT_TRUE(half.IsClosed());
  EXPECT_EQ(server_->counters().connections_waiting, 0u);
}

TEST_F(BadClientTest, RequestInSingleBytesIsUnderstood) {
  StartServer();
  RawClient client(port());
  for (const char byte : EncodeAssociateRequest(MakeRequest())) client.Send({&byte, 1});
  EXPECT_EQ(client.ReceivePdu().substr(0, 1), "\2");
}

TEST_F(BadClientTest, OtherFirstPdusAreAborted) {
  StartServer();
  const struct {
    std::string bytes;
    AbortReason reason;
  } kCases[] = {
      {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", AbortReason::kUnrecognizedPdu},
      {std::string(100, '\0'), AbortReason::kUnrecognizedPdu},
      {DataPdu(1, true, true, EchoCommand()), AbortReason::kUnexpectedPdu},
      {EncodeReleaseRequest(), AbortReason::kUnexpectedPdu},
      {PduHeader(1, 100'000), AbortReason::kInvalidPduParameterValue},
      {PduHeader(1, 0xFFFFFFFF), AbortReason::kInvalidPduParameterValue},
      {PduHeader(1, 0), AbortReason::kInvalidPduParameterValue},
      {PduHeader(1, 20) + std::string(20, 'x'), AbortReason::kInvalidPduParameterValue},
  };
  for (const auto& c : kCases) {
    RawClient client(port());
    client.Send(c.bytes);
    EXPECT_TRUE(IsAbort(client.ReceivePdu(), c.reason)) << ::testing::PrintToString(c.bytes.substr(0, 16));
    EXPECT_TRUE(client.IsClosed());
  }
  EXPECT_EQ(Echo(), 0);
}

TEST_F(BadClientTest, RequestsAreRejectedForTheRightReason) {
  options_.policy.called_ae_titles = {"ARGENT", "ARCHIVE"};
  options_.policy.calling_ae_titles = {"RAW", "SCU"};
  StartServer();
  const auto answer = [this](auto spoil) {
    AssociateRequest request = MakeRequest();
    spoil(&request);
    RawClient client(port());
    client.Send(EncodeAssociateRequest(request));
    return client.ReceivePdu();
  };
  EXPECT_TRUE(IsReject(answer([](auto* r) { r->called_ae_title = "OTHER"; }), kRejectCalledAeTitle));
  EXPECT_TRUE(IsReject(answer([](auto* r) { r->called_ae_title = ""; }), kRejectCalledAeTitle));
  EXPECT_TRUE(IsReject(answer([](auto* r) { r->calling_ae_title = "OTHER"; }), kRejectCallingAeTitle));
  EXPECT_TRUE(IsReject(answer([](auto* r) { r->protocol_version = 2; }), kRejectProtocolVersion));
  EXPECT_TRUE(
      IsReject(answer([](auto* r) { r->application_context_name = "1.2"; }), kRejectApplicationContext));
  EXPECT_TRUE(IsReject(answer([](auto* r) { r->contexts.clear(); }), kRejectNoReason));
  EXPECT_TRUE(IsReject(answer([](auto* r) { r->user_information.pdu_bytes_max = 20; }), kRejectNoReason));
  EXPECT_EQ(answer([](auto* r) { r->called_ae_title = "ARCHIVE"; }).substr(0, 1), "\2");
  EXPECT_EQ(server_->counters().associations_rejected, 7u);
}

TEST_F(BadClientTest, RejectsBeyondTheLimitAndServesAgainAfterwards) {
  options_.associations_max = 3;
  StartServer();
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 3; ++i) clients.push_back(AssociatedClient());
  RawClient one_more(port());
  one_more.Send(EncodeAssociateRequest(MakeRequest()));
  EXPECT_TRUE(IsReject(one_more.ReceivePdu(), kRejectLocalLimit));
  clients.clear();
  EXPECT_TRUE(WaitForAssociations(0));
  EXPECT_EQ(Echo(), 0);
}

TEST_F(BadClientTest, ContextsUpTo128) {
  StartServer();
  AssociateRequest request = MakeRequest();
  request.contexts.clear();
  for (int id = 1; id <= 255; id += 2) {
    request.contexts.push_back(
        {static_cast<uint8_t>(id), kCtImageStorage, {kExplicitLittle, kImplicitLittle}});
  }
  RawClient client(port());
  client.Send(EncodeAssociateRequest(request));
  const std::string pdu = client.ReceivePdu();
  const auto accept = DecodeAssociateAccept(AsBytes(pdu).subspan(kPduHeaderBytes));
  ASSERT_TRUE(accept.ok()) << accept.status().ToString();
  ASSERT_EQ(accept->contexts.size(), 128u);
  for (const auto& context : accept->contexts) EXPECT_EQ(context.result, ContextResult::kAcceptance);
  client.Send(DataPdu(255, true, true, StoreCommand()) + DataPdu(255, false, true, "x"));
  EXPECT_EQ(ResponseStatus(client), 0);
}

TEST_F(BadClientTest, ContextsThatCannotBeAreAborted) {
  StartServer();
  AssociateRequest too_many = MakeRequest();
  for (int id = 3; id <= 257; id += 2) {
    too_many.contexts.push_back({static_cast<uint8_t>(id), kCtImageStorage, {kExplicitLittle}});
  }
  ASSERT_EQ(too_many.contexts.size(), 129u);
  AssociateRequest even = MakeRequest();
  even.contexts[0].id = 2;
  AssociateRequest without_syntax = MakeRequest();
  without_syntax.contexts[0].transfer_syntaxes.clear();
  for (const AssociateRequest& request : {too_many, even, without_syntax}) {
    RawClient client(port());
    client.Send(EncodeAssociateRequest(request));
    EXPECT_TRUE(IsAbort(client.ReceivePdu(), AbortReason::kInvalidPduParameterValue));
  }
}

TEST_F(BadClientTest, ViolationsInsideAnAssociationAreAborted) {
  StartServer();
  const std::string echo = EchoCommand();
  const struct {
    std::string what;
    std::string bytes;
    AbortReason reason;
  } kCases[] = {
      {"unknown PDU", PduHeader(9, 4) + "abcd", AbortReason::kUnrecognizedPdu},
      {"second request", EncodeAssociateRequest(MakeRequest()), AbortReason::kUnexpectedPdu},
      {"release response", EncodeReleaseResponse(), AbortReason::kUnexpectedPdu},
      {"long release", PduHeader(5, 5000), AbortReason::kInvalidPduParameterValue},
      {"empty P-DATA-TF", PduHeader(4, 0), AbortReason::kInvalidPduParameterValue},
      {"P-DATA-TF too long", PduHeader(4, 2 << 20), AbortReason::kInvalidPduParameterValue},
      {"PDV beyond its PDU", PduHeader(4, 10) + std::string("\0\0\1\0\1\3", 6) + "abcd",
       AbortReason::kInvalidPduParameterValue},
      {"PDV without its header", PduHeader(4, 6) + std::string("\0\0\0\1\1\3", 6),
       AbortReason::kInvalidPduParameterValue},
      {"unknown context", DataPdu(3, true, true, echo), AbortReason::kInvalidPduParameterValue},
      {"context changes",
       DataPdu(1, true, false, echo.substr(0, 10)) + DataPdu(3, true, true, echo.substr(10)),
       AbortReason::kInvalidPduParameterValue},
      {"Data Set first", DataPdu(1, false, true, "abcd"), AbortReason::kUnexpectedPduParameter},
      {"command inside a Data Set",
       DataPdu(1, true, true, StoreCommand()) + DataPdu(1, false, false, "ab") + DataPdu(1, true, true, echo),
       AbortReason::kUnexpectedPduParameter},
      {"context changes in the Data Set",
       DataPdu(1, true, true, StoreCommand()) + DataPdu(1, false, false, "ab") +
           DataPdu(5, false, true, "cd"),
       AbortReason::kInvalidPduParameterValue},
      {"endless command",
       DataPdu(1, true, false, std::string(60'000, 'x')) + DataPdu(1, true, false, std::string(6'000, 'x')),
       AbortReason::kInvalidPduParameterValue},
  };
  for (const auto& c : kCases) {
    auto client = AssociatedClient();
    client->Send(c.bytes);
    EXPECT_TRUE(IsAbort(client->ReceivePdu(), c.reason)) << c.what;
    EXPECT_TRUE(client->IsClosed()) << c.what;
  }
  EXPECT_TRUE(WaitForAssociations(0));
  EXPECT_TRUE(uploader_.kept().empty());
  EXPECT_EQ(Echo(), 0);
}

TEST_F(BadClientTest, CommandsThatAreNoneAreAbortedByTheUser) {
  StartServer();
  const std::string response = Command::Response(Command::EchoRequest(1), 0).Encode(false);
  for (const std::string& command :
       {std::string("garbage, garbage"), std::string(), response, EchoCommand().substr(0, 40)}) {
    auto client = AssociatedClient(kVerification);
    client->Send(DataPdu(1, true, true, command));
    EXPECT_EQ(client->ReceivePdu(), EncodeAbort(0, 0)) << ::testing::PrintToString(command);
  }
}

TEST_F(BadClientTest, AnyFragmentationIsUnderstood) {
  StartServer();
  const std::string command = StoreCommand();
  const std::string data_set = RandomBytes(7, 1001);
  std::vector<std::string> variants;
  variants.push_back(PduOf(Pdv(1, true, true, command) + Pdv(1, false, true, data_set)));
  variants.push_back(PduOf(Pdv(1, true, false, command) + Pdv(1, true, true, "") + Pdv(1, false, false, "") +
                           Pdv(1, false, false, data_set) + Pdv(1, false, true, "")));
  variants.push_back(DataPdu(1, true, true, command) + DataPdu(1, false, false, data_set.substr(0, 333)) +
                     DataPdu(1, false, true, data_set.substr(333)));
  std::string single_bytes;
  for (size_t i = 0; i < command.size(); ++i) {
    single_bytes += DataPdu(1, true, i + 1 == command.size(), command.substr(i, 1));
  }
  for (size_t i = 0; i < data_set.size(); ++i) {
    single_bytes += DataPdu(1, false, i + 1 == data_set.size(), data_set.substr(i, 1));
  }
  variants.push_back(single_bytes);
  auto client = AssociatedClient();
  for (const std::string& bytes : variants) {
    client->Send(bytes);
    EXPECT_EQ(ResponseStatus(*client), 0);
    EXPECT_EQ(uploader_.kept().back().data_set, data_set);
  }
  // And several messages at once, without waiting for the responses.
  client->Send(variants[0] + variants[1] + variants[2] + EncodeReleaseRequest());
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ResponseStatus(*client), 0);
  EXPECT_EQ(client->ReceivePdu(), EncodeReleaseResponse());
  EXPECT_TRUE(client->IsClosed());
  EXPECT_EQ(uploader_.kept().size(), 7u);
}

TEST_F(BadClientTest, AbortInTheMiddleOfADataSetLeavesNothing) {
  StartServer();
  auto client = AssociatedClient();
  client->Send(DataPdu(1, true, true, StoreCommand()) + DataPdu(1, false, false, RandomBytes(1, 100'000)) +
               EncodeAbort(0, 0));
  EXPECT_TRUE(client->IsClosed());
  EXPECT_TRUE(WaitForAssociations(0));
  EXPECT_EQ(uploader_.abandoned(), 1);
  EXPECT_TRUE(uploader_.kept().empty());
  EXPECT_EQ(server_->counters().associations_aborted, 1u);
}

TEST_F(BadClientTest, VanishingInTheMiddleOfADataSetLeavesNothing) {
  StartServer();
  auto client = AssociatedClient();
  client->Send(DataPdu(1, true, true, StoreCommand()) +
               DataPdu(1, false, true, RandomBytes(1, 100'000)).substr(0, 50'000));
  client->Close();
  EXPECT_TRUE(WaitForAssociations(0));
  EXPECT_EQ(uploader_.abandoned(), 1);
}

TEST_F(BadClientTest, ReleaseInTheMiddleOfADataSetIsAnsweredAndLeavesNothing) {
  StartServer();
  auto client = AssociatedClient();
  client->Send(DataPdu(1, true, true, StoreCommand()) + DataPdu(1, false, false, "half") +
               EncodeReleaseRequest());
  EXPECT_EQ(client->ReceivePdu(), EncodeReleaseResponse());
  EXPECT_TRUE(client->IsClosed());
  EXPECT_TRUE(WaitForAssociations(0));
  EXPECT_EQ(uploader_.abandoned(), 1);
}

TEST_F(BadClientTest, SilenceInsideAMessageIsAborted) {
  options_.read_timeout = milliseconds(200);
  StartServer();
  auto client = AssociatedClient();
  client->Send(DataPdu(1, true, true, StoreCommand()) + DataPdu(1, false, false, "half"));
  EXPECT_TRUE(IsAbort(client->ReceivePdu(), AbortReason::kNotSpecified));
  EXPECT_TRUE(WaitForAssociations(0));
  EXPECT_EQ(uploader_.abandoned(), 1);
}

TEST_F(BadClientTest, NegotiationAnswersEveryItem) {
  StartServer();
  AssociateRequest request = MakeRequest(kCtImageStorage, {kExplicitLittle});
  request.user_information.pdu_bytes_max = 0;
  request.user_information.asynchronous_operations = AsynchronousOperations{0, 0};
  request.user_information.roles = {
      {kCtImageStorage, false, true}, {kVerification, true, true}, {"1.2.840.10008.5.1.1.9", true, true}};
  request.user_information.extended_negotiation = {{kCtImageStorage, "\2"}};
  RawClient client(port());
  client.Send(EncodeAssociateRequest(request));
  const std::string pdu = client.ReceivePdu();
  const auto accept = DecodeAssociateAccept(AsBytes(pdu).subspan(kPduHeaderBytes));
  ASSERT_TRUE(accept.ok());
  const UserInformation& info = accept->user_information;
  EXPECT_EQ(info.pdu_bytes_max, options_.policy.pdu_bytes_max);
  ASSERT_TRUE(info.asynchronous_operations.has_value());
  EXPECT_EQ(info.asynchronous_operations->invoked_max, 1);
  EXPECT_EQ(info.asynchronous_operations->performed_max, 1);
  ASSERT_EQ(info.roles.size(), 2u);
  EXPECT_TRUE(!info.roles[0].scu && info.roles[0].scp);
  EXPECT_TRUE(info.roles[1].scu && !info.roles[1].scp);
  EXPECT_TRUE(info.extended_negotiation.empty());
  EXPECT_FALSE(info.implementation_class_uid.empty());
  // Of the role it was given it may not be SCU: that is a mistake of the SCU, not of the Upper Layer.
  client.Send(DataPdu(1, true, true, StoreCommand()));
  EXPECT_EQ(client.ReceivePdu(), EncodeAbort(0, 0));
}

TEST_F(BadClientTest, MutatedStreamsNeverHarmTheServer) {
  constexpr uint64_t kSeed = 20261124;
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  options_.read_timeout = milliseconds(500);
  StartServer();
  AssociateRequest request = MakeRequest(kCtImageStorage, {kExplicitLittle});
  request.contexts.push_back({3, kVerification, {kImplicitLittle}});
  request.user_information.roles = {{kCtImageStorage, true, true}};
  const std::string whole = EncodeAssociateRequest(request) + DataPdu(3, true, true, EchoCommand()) +
                            DataPdu(1, true, true, StoreCommand()) +
                            DataPdu(1, false, false, RandomBytes(1, 200)) +
                            DataPdu(1, false, true, RandomBytes(2, 100)) + EncodeReleaseRequest();
  Random random(kSeed);
  for (int i = 0; i < 400; ++i) {
    std::string bytes = whole;
    for (uint64_t changes = 1 + random.Below(4); changes > 0; --changes) {
      bytes[random.Below(bytes.size())] = static_cast<char>(random.Next());
    }
    if (random.OneIn(4)) bytes.resize(random.Below(bytes.size()));
    RawClient client(port());
    client.Send(bytes);
    client.FinishSending();
    ASSERT_TRUE(client.IsClosed()) << "mutation " << i;
  }
  EXPECT_TRUE(WaitForAssociations(0));
  EXPECT_EQ(Echo(), 0);
}

}  // namespace
}  // namespace argent::ingest::testing
