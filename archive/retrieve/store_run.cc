#include "archive/retrieve/store_run.h"

#include <fmt/core.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "archive/retrieve/instance_feed.h"
#include "codec/transcode.h"

namespace argent::archive {
namespace {

using ingest::Association;
using ingest::Command;
using ingest::PresentationContext;

// How long a wait for the destination goes without a look at whether the server is stopping.
constexpr std::chrono::milliseconds kWaitSlice{500};

// An accepted context to send the Instance on; nullptr when there is none.
const PresentationContext* ChooseContext(const Association& destination, const RetrieveInstance& instance) {
  const std::string& sop_class = instance.stored.sop_class_uid;
  const std::string& stored_syntax = instance.stored.variant.transfer_syntax_uid;
  if (const auto* as_stored = destination.FindContextAsScu(sop_class, stored_syntax)) return as_stored;
  for (const PresentationContext& context : destination.parameters().contexts) {
    if (context.as_scu && context.abstract_syntax == sop_class &&
        codec::CanTranscode(stored_syntax, context.transfer_syntax)) {
      return &context;
    }
  }
  return nullptr;
}

class FeedSource final : public ingest::DataSetSource {
 public:
  explicit FeedSource(InstanceFeed* feed) : feed_(feed) {}
  Result<ByteView> Next() override { return feed_->NextPiece(); }

 private:
  InstanceFeed* feed_;
};

// PS3.7 Annex C, PS3.4 B.2.3: what was kept, but not quite as sent.
bool IsWarning(uint16_t status) {
  return (status & 0xF000) == 0xB000 || status == 0x0107 || status == 0x0116;
}

// A peer that leaves Nagle's algorithm on and writes a response in two parts, as DCMTK does, holds the second
// back until the first is acknowledged, which our kernel would delay by 40 ms. To be called when the first
// part is there: 48 ms per C-STORE to DCMTK's storescp become 6 ms.
void AcknowledgeAtOnce(const Association& destination) {
  const int on = 1;
  ::setsockopt(destination.socket_descriptor(), IPPROTO_TCP, TCP_QUICKACK, &on, sizeof(on));
}

class StoreRun {
 public:
  StoreRun(Association* destination, const StoreRunOptions& options, RetrieveRequest* request,
           SubOperationTally* tally)
      : destination_(*destination), options_(options), request_(*request), tally_(*tally) {}

  Result<StoreRunEnd> Run(storage::DataReader* reader, const std::vector<const RetrieveInstance*>& instances);

 private:
  struct Planned {
    const RetrieveInstance* instance;
    const PresentationContext* context;
  };

  std::vector<Planned> PlanContexts(const std::vector<const RetrieveInstance*>& instances);
  Status SendOne(InstanceFeed* feed, const Planned& planned);
  Result<uint16_t> ReceiveResponse(uint16_t message_id);
  void TallyResponse(const std::string& uid, uint16_t status);
  bool shares_association() const { return &destination_ == &request_.association(); }

  Association& destination_;
  const StoreRunOptions& options_;
  RetrieveRequest& request_;
  SubOperationTally& tally_;
};

std::vector<StoreRun::Planned> StoreRun::PlanContexts(const std::vector<const RetrieveInstance*>& instances) {
  std::vector<Planned> planned;
  for (const RetrieveInstance* instance : instances) {
    if (const PresentationContext* context = ChooseContext(destination_, *instance)) {
      planned.push_back({instance, context});
      continue;
    }
    tally_.Fail(instance->sop_instance_uid,
                Status::Unsupported("not accepted by the peer: Transfer Syntax " +
                                    instance->stored.variant.transfer_syntax_uid + " of SOP Class " +
                                    instance->stored.sop_class_uid));
  }
  return planned;
}

Result<StoreRunEnd> StoreRun::Run(storage::DataReader* reader,
                                  const std::vector<const RetrieveInstance*>& instances) {
  const std::vector<Planned> planned = PlanContexts(instances);
  std::vector<InstanceFeed::Job> jobs;
  for (const Planned& one : planned) jobs.push_back({one.instance, one.context->transfer_syntax});
  InstanceFeed feed(reader, std::move(jobs));
  for (size_t i = 0; i < planned.size(); ++i) {
    ARGENT_ASSIGN_OR_RETURN(const bool cancelled, request_.IsCancelled());
    if (cancelled) return StoreRunEnd::kCancelled;
    const Status sent = SendOne(&feed, planned[i]);
    if (!sent.ok() && shares_association()) return sent;
    if (!sent.ok()) {
      for (; i < planned.size(); ++i) tally_.Fail(planned[i].instance->sop_instance_uid, sent);
    }
    ARGENT_RETURN_IF_ERROR(request_.SendPending(tally_));
  }
  return StoreRunEnd::kDone;
}

// Tallies the Instance, or returns why the destination is lost.
Status StoreRun::SendOne(InstanceFeed* feed, const Planned& planned) {
  const std::string& uid = planned.instance->sop_instance_uid;
  if (const Status readable = feed->Begin(); !readable.ok()) {
    tally_.Fail(uid, readable);
    return Status::Ok();
  }
  const uint16_t message_id = destination_.NextMessageId();
  const Command command =
      Command::StoreRequest({.message_id = message_id,
                             .sop_class_uid = planned.instance->stored.sop_class_uid,
                             .sop_instance_uid = uid,
                             .move_originator_ae_title = options_.move_originator_ae_title,
                             .move_originator_message_id = options_.move_originator_message_id});
  FeedSource source(feed);
  ARGENT_RETURN_IF_ERROR(destination_.Send(*planned.context, command, source));
  ARGENT_ASSIGN_OR_RETURN(const uint16_t status, ReceiveResponse(message_id));
  TallyResponse(uid, status);
  return Status::Ok();
}

Result<uint16_t> StoreRun::ReceiveResponse(uint16_t message_id) {
  const auto deadline = std::chrono::steady_clock::now() + options_.response_timeout;
  while (true) {
    if (const auto waited = destination_.WaitForInput(kWaitSlice); waited.ok() && *waited) {
      AcknowledgeAtOnce(destination_);
    }
    auto received = destination_.ReceiveCommand(std::chrono::milliseconds(0));
    if (!received.ok() && received.status().code() == StatusCode::kOverloaded && destination_.is_open()) {
      const bool stopping = request_.association().is_interrupted();
      if (!stopping && std::chrono::steady_clock::now() < deadline) continue;
      destination_.Abort();
      return Status::Aborted(stopping ? "the server is stopping" : "the peer did not answer a C-STORE");
    }
    if (!received.ok()) return received.status();
    const Command& command = received->command;
    if (command.field() == ingest::CommandField::kCCancelRq && shares_association()) {
      if (command.message_id_being_responded_to() == request_.command().message_id()) request_.NoteCancel();
      continue;
    }
    if (command.field() != ingest::CommandField::kCStoreRsp ||
        command.message_id_being_responded_to() != message_id) {
      destination_.Abort();
      return Status::Aborted("the peer answered a C-STORE with " + CommandFieldName(command.field()));
    }
    if (const auto status = command.status()) return *status;
    destination_.Abort();
    return Status::Aborted("the peer answered a C-STORE without a status");
  }
}

void StoreRun::TallyResponse(const std::string& uid, uint16_t status) {
  if (status == 0) return tally_.Complete();
  const Status reason = Status::Aborted(fmt::format("the peer answered C-STORE with status {:04X}", status));
  if (IsWarning(status)) {
    tally_.Warn(uid, reason);
  } else {
    tally_.Fail(uid, reason);
  }
}

}  // namespace

Result<StoreRunEnd> RunStores(Association& destination, storage::DataReader* reader,
                              const std::vector<const RetrieveInstance*>& instances,
                              const StoreRunOptions& options, RetrieveRequest* request,
                              SubOperationTally* tally) {
  return StoreRun(&destination, options, request, tally).Run(reader, instances);
}

}  // namespace argent::archive
