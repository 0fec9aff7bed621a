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
#include "ingest/upload.h"
#include "storage/base/mutex.h"

namespace argent::ingest::testing {

using std::chrono::milliseconds;
using std::chrono::seconds;

inline constexpr char kCtImageStorage[] = "1.2.840.10008.5.1.4.1.1.2";
inline constexpr char kVerification[] = "1.2.840.10008.1.1";
inline constexpr char kImplicitLittle[] = "1.2.840.10008.1.2";
inline constexpr char kExplicitLittle[] = "1.2.840.10008.1.2.1";

Outcome MakeOutcome(OutcomeKind kind, Status status = {}, bool uid_mismatch = false);

// Keeps what is uploaded, in memory; or fails as told.
class FakeUploader final : public Uploader {
 public:
  struct Kept {
    UploadRequest request;
    std::string data_set;
  };

  Result<std::unique_ptr<Upload>> Begin(UploadRequest request) override;

  void FailBegin(Status status) { begin_status_ = std::move(status); }
  // Advance() fails once more than `bytes` have come.
  void FailAfter(size_t bytes, Status status) {
    fail_after_bytes_ = bytes;
    advance_status_ = std::move(status);
  }
  void AnswerWith(Outcome outcome) { outcome_ = std::move(outcome); }
  // Reserve() gives so many bytes at most.
  void SetSpace(size_t bytes) { space_bytes_ = bytes; }
  void HoldFinish() { Hold(true); }
  void LetFinish() { Hold(false); }

  std::vector<Kept> kept();
  int abandoned();  // Uploads destroyed without Finish()
  bool WaitUntilFinishing(seconds timeout);

 private:
  class FakeUpload;
  void Hold(bool hold);
  Outcome Finish(Kept kept);

  // Fixed while Uploads run.
  Status begin_status_;
  Status advance_status_;
  size_t fail_after_bytes_ = ~size_t{0};
  size_t space_bytes_ = 256 * 1024;
  Outcome outcome_ = MakeOutcome(OutcomeKind::kStored);

  Mutex mutex_;
  CondVar changed_;
  std::vector<Kept> kept_ ARGENT_GUARDED_BY(mutex_);
  int abandoned_ ARGENT_GUARDED_BY(mutex_) = 0;
  int finishing_ ARGENT_GUARDED_BY(mutex_) = 0;
  bool hold_ ARGENT_GUARDED_BY(mutex_) = false;
};

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
