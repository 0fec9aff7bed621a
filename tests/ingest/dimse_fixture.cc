#include "tests/ingest/dimse_fixture.h"

#include <algorithm>
#include <thread>

#include "storage/base/random.h"

namespace argent::ingest::testing {

RawClient::RawClient(uint16_t port) {
  auto socket = Socket::Connect("127.0.0.1", port, seconds(10));
  EXPECT_TRUE(socket.ok()) << socket.status().ToString();
  if (socket.ok()) socket_ = std::move(*socket);
}

void RawClient::Send(std::string_view bytes) {
  iovec buffer{const_cast<char*>(bytes.data()), bytes.size()};
  socket_->WriteAll({&buffer, 1})
      .IgnoreError("the server may have closed: the test looks at what it answers");
}

std::string RawClient::ReceivePdu(milliseconds timeout) {
  std::string pdu;
  for (size_t wanted = kPduHeaderBytes; pdu.size() < wanted;) {
    if (!socket_->WaitReadable(timeout)) return {};
    uint8_t bytes[4096];
    const auto count = socket_->ReadAvailable({bytes, std::min(sizeof bytes, wanted - pdu.size())});
    if (!count.ok()) return {};
    pdu.append(AsText({bytes, *count}));
    if (pdu.size() == kPduHeaderBytes) wanted += LoadBe32(AsBytes(pdu).data() + 2);
  }
  return pdu;
}

bool RawClient::IsClosed(milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (std::chrono::steady_clock::now() < deadline) {
    if (!socket_->WaitReadable(milliseconds(50))) continue;
    uint8_t bytes[4096];
    if (!socket_->ReadAvailable(bytes).ok()) return true;
  }
  return false;
}

void RawClient::Associate(const AssociateRequest& request) {
  Send(EncodeAssociateRequest(request));
  const std::string pdu = ReceivePdu();
  ASSERT_FALSE(pdu.empty());
  ASSERT_EQ(pdu[0], static_cast<char>(PduType::kAssociateAc));
}

AssociateRequest MakeRequest(std::string abstract_syntax, std::vector<std::string> transfer_syntaxes) {
  AssociateRequest request;
  request.called_ae_title = "ARGENT";
  request.calling_ae_title = "RAW";
  request.contexts.push_back({1, std::move(abstract_syntax), std::move(transfer_syntaxes)});
  request.user_information.implementation_class_uid = "1.2.3.4";
  return request;
}

std::string DataPdu(uint8_t context_id, bool is_command, bool is_last, std::string_view fragment) {
  uint8_t header[kPduHeaderBytes + kPdvHeaderBytes];
  EncodeDataHeader(context_id, is_command, is_last, static_cast<uint32_t>(fragment.size()), header);
  return std::string(AsText(header)) + std::string(fragment);
}

::testing::AssertionResult IsAbort(const std::string& pdu, AbortReason reason) {
  if (pdu == EncodeAbort(static_cast<uint8_t>(AbortSource::kServiceProvider), static_cast<uint8_t>(reason))) {
    return ::testing::AssertionSuccess();
  }
  return ::testing::AssertionFailure()
         << "a PDU of " << pdu.size() << " bytes: " << ::testing::PrintToString(pdu);
}

::testing::AssertionResult IsReject(const std::string& pdu, const AssociateReject& reject) {
  if (pdu == EncodeAssociateReject(reject)) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure()
         << "a PDU of " << pdu.size() << " bytes: " << ::testing::PrintToString(pdu);
}

std::string RandomBytes(uint64_t seed, size_t bytes) {
  std::string out(bytes, '\0');
  Random(seed).Fill({reinterpret_cast<uint8_t*>(out.data()), out.size()});
  return out;
}

DimseTest::DimseTest() { options_.port = 0; }

DimseTest::~DimseTest() {
  uploader_.LetFinish();
  server_.reset();
}

void DimseTest::StartServer() {
  server_ = std::make_unique<DimseServer>(options_, services_);
  const Status started = server_->Start();
  ASSERT_TRUE(started.ok()) << started.ToString();
}

Result<std::unique_ptr<Association>> DimseTest::TryConnect(std::vector<ProposedContext> contexts) {
  ConnectRequest request;
  request.host = "127.0.0.1";
  request.port = port();
  request.calling_ae_title = "SCU";
  request.called_ae_title = "ARGENT";
  request.contexts = std::move(contexts);
  return Association::Connect(request);
}

std::unique_ptr<Association> DimseTest::Connect(std::vector<ProposedContext> contexts) {
  auto association = TryConnect(std::move(contexts));
  EXPECT_TRUE(association.ok()) << association.status().ToString();
  return association.ok() ? std::move(*association) : nullptr;
}

Result<Command> DimseTest::Store(Association& association, ByteView data_set, std::string_view instance_uid) {
  const PresentationContext& context = association.parameters().contexts.at(0);
  const Command request = Command::StoreRequest({.message_id = association.NextMessageId(),
                                                 .sop_class_uid = context.abstract_syntax,
                                                 .sop_instance_uid = std::string(instance_uid)});
  ARGENT_RETURN_IF_ERROR(association.Send(context, request, data_set));
  ARGENT_ASSIGN_OR_RETURN(ReceivedCommand received, association.ReceiveCommand(seconds(20)));
  return std::move(received.command);
}

int DimseTest::Echo() {
  auto association = TryConnect({{kVerification, {kImplicitLittle}}});
  if (!association.ok() || (*association)->parameters().contexts.empty()) return -1;
  const PresentationContext& context = (*association)->parameters().contexts.front();
  const Status sent = (*association)->Send(context, Command::EchoRequest((*association)->NextMessageId()));
  const auto received = (*association)->ReceiveCommand(seconds(10));
  if (!sent.ok() || !received.ok()) return -1;
  (*association)->Release().IgnoreError("the answer is there");
  return received->command.status().value_or(0xFFFF);
}

bool DimseTest::WaitForAssociations(size_t count) {
  for (int i = 0; i < 1000 && server_->counters().associations != count; ++i) {
    std::this_thread::sleep_for(milliseconds(10));
  }
  return server_->counters().associations == count;
}

}  // namespace argent::ingest::testing
