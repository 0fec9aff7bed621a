// Any bytes as what a peer sends: as the body of each associate PDU, and as a stream of PDUs to an
// association, in pieces of the sizes the first bytes say. What decodes must come back the same from what it
// is encoded to.
#include <sys/socket.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>

#include "ingest/dimse/association.h"
#include "ingest/dimse/negotiation.h"
#include "ingest/dimse/pdu.h"
#include "ingest/dimse/socket.h"
#include "ingest/dimse/store_service.h"
#include "storage/base/check.h"

namespace {

using namespace argent;          // NOLINT: a fuzz target is one file
using namespace argent::ingest;  // NOLINT

class FuzzUploader final : public Uploader {
 public:
  Result<std::unique_ptr<Upload>> Begin(UploadRequest) override { return Status::Overloaded("never"); }
};

void CheckBodies(ByteView body) {
  EchoService echo;
  FuzzUploader uploader;
  StoreService store(&uploader);
  const auto request = DecodeAssociateRequest(body);
  if (request.ok()) {
    const std::string encoded = EncodeAssociateRequest(*request);
    const auto again = DecodeAssociateRequest(AsBytes(encoded).subspan(kPduHeaderBytes));
    if (encoded.size() <= kAssociatePduBytesMax) {
      // An AE title may be cut and names trimmed, but not twice.
      ARGENT_CHECK(again.ok());
      ARGENT_CHECK(EncodeAssociateRequest(*again) == encoded);
    }
    const auto negotiated = Negotiate(*request, {}, {&echo, &store});
    if (const auto* accepted = std::get_if<AcceptedAssociation>(&negotiated)) {
      ARGENT_CHECK(accepted->answer.contexts.size() == request->contexts.size());
      EncodeAssociateAccept(accepted->answer);
    }
  }
  DecodeAssociateAccept(body).status().IgnoreError("only that it does not crash");
  if (const auto reject = DecodeAssociateReject(body); reject.ok()) (void)reject->ToString();
  (void)DecodeAbort(body).ToString();
}

class ScrapSink final : public DataSetSink {
 public:
  Result<MutableByteView> Reserve() override { return MutableByteView(space_); }
  Status Advance(size_t bytes) override {
    left_ -= std::min(left_, bytes);
    return left_ == 0 ? Status::NoSpace("enough") : Status::Ok();
  }

 private:
  uint8_t space_[97] = {};
  size_t left_ = 1000;
};

// The peer's bytes are all there and its side is closed, so that nothing waits.
void CheckStream(ByteView bytes) {
  int descriptors[2];
  ARGENT_CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, descriptors) == 0);
  Socket peer(descriptors[0]);
  peer.WriteNow(bytes.first(std::min<size_t>(bytes.size(), 64 * 1024)))
      .IgnoreError("fits in the socket's buffer");
  peer.ShutdownWrite();
  AssociationParameters parameters;
  parameters.contexts = {{1, "1.2.840.10008.1.1", "1.2.840.10008.1.2", false, true},
                         {3, "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.1.2.1", true, true}};
  Association association(std::make_unique<Socket>(descriptors[1]), parameters);
  for (int turn = 0; association.is_open(); ++turn) {
    const auto cancelled = association.PollCancel(1);
    const auto received = association.ReceiveCommand(std::chrono::milliseconds(0));
    if (!received.ok() || !received->command.has_data_set()) continue;
    Status sink_status;
    ScrapSink sink;
    if (turn % 3 == 0) association.ReceiveDataSet(sink, &sink_status).IgnoreError("is_open() tells");
    if (turn % 3 == 1) association.ReceiveDataSet(500).status().IgnoreError("is_open() tells");
    peer.DiscardAvailable();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  CheckBodies({data, size});
  CheckStream({data, size});
  return 0;
}
