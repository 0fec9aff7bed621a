// A DIMSE server with a scripted Uploader behind C-STORE, an SCU for it, and a raw client that sends any
// bytes.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "ingest/dimse/association.h"
#include "ingest/dimse/pdu.h"
#include "ingest/dimse/server.h"
#include "ingest/dimse/socket.h"
#include "ingest/dimse/store_service.h"
#include "tests/ingest/fake_uploader.h"

namespace argent::ingest::testing {

inline constexpr char kCtImageStorage[] = "1.2.840.10008.5.1.4.1.1.2";
inline constexpr char kVerification[] = "1.2.840.10008.1.1";
inline constexpr char kImplicitLittle[] = "1.2.840.10008.1.2";
inline constexpr char kExplicitLittle[] = "1.2.840.10008.1.2.1";

// Speaks whatever bytes it is given.
class RawClient {
 public:
  explicit RawClient(uint16_t port);

  void Send(std::string_view bytes);
  // The next whole PDU, header included; empty when the server closes, or nothing comes for `timeout`.
  std::string ReceivePdu(milliseconds timeout = seconds(10));
  // True when the server closes within the time.
  bool IsClosed(milliseconds timeout = seconds(10));
  void Associate(const AssociateRequest& request);  // expects an A-ASSOCIATE-AC
  void FinishSending() { socket_->ShutdownWrite(); }
  void Close() { socket_.reset(); }

 private:
  std::unique_ptr<Socket> socket_;
};

// An A-ASSOCIATE-RQ for one context (id 1), as whole bytes or as fields to spoil.
AssociateRequest MakeRequest(std::string abstract_syntax = kVerification,
                             std::vector<std::string> transfer_syntaxes = {kImplicitLittle});
// One P-DATA-TF with one PDV.
std::string DataPdu(uint8_t context_id, bool is_command, bool is_last, std::string_view fragment);
// `is an A-ABORT of the provider with this reason`.
::testing::AssertionResult IsAbort(const std::string& pdu, AbortReason reason);
::testing::AssertionResult IsReject(const std::string& pdu, const AssociateReject& reject);

std::string RandomBytes(uint64_t seed, size_t bytes);

class DimseTest : public ::testing::Test {
 protected:
  DimseTest();
  ~DimseTest() override;

  // With options_ as they are.
  void StartServer();
  uint16_t port() const { return server_->port(); }
  // An SCU's association; null, with a test failure, when there is none.
  std::unique_ptr<Association> Connect(std::vector<ProposedContext> contexts);
  Result<std::unique_ptr<Association>> TryConnect(std::vector<ProposedContext> contexts);
  std::unique_ptr<Association> ConnectForStore() { return Connect({{kCtImageStorage, {kExplicitLittle}}}); }
  // Sends a C-STORE-RQ on the first context and gives back the response.
  Result<Command> Store(Association& association, ByteView data_set, std::string_view instance_uid = "1.2.3");
  // The status of a C-ECHO on an association of its own, as a number; -1 when it fails.
  int Echo();
  // Until the counter is as wanted, or ten seconds have passed.
  bool WaitForAssociations(size_t count);

  DimseServerOptions options_;
  FakeUploader uploader_;
  EchoService echo_;
  StoreService store_{&uploader_};
  std::vector<DimseService*> services_{&echo_, &store_};
  std::unique_ptr<DimseServer> server_;
};

}  // namespace argent::ingest::testing
