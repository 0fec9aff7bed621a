#include "archive/retrieve/move_service.h"

#include "archive/model/attributes.h"
#include "archive/query/identifier_message.h"
#include "archive/query/query_status.h"
#include "archive/retrieve/context_plan.h"
#include "archive/retrieve/retrieve_request.h"
#include "archive/retrieve/store_run.h"
#include "storage/base/log.h"

namespace argent::archive {
namespace {

using ingest::Association;
using ingest::Command;
using ingest::PresentationContext;

class MoveService final : public ingest::DimseService {
 public:
  MoveService(storage::Catalog* catalog, storage::DataReader* reader, const PeerTable* peers,
              MoveServiceOptions options)
      : catalog_(catalog), reader_(reader), peers_(peers), options_(std::move(options)) {}

  bool Serves(std::string_view abstract_syntax) const override {
    return abstract_syntax == kPatientRootMove || abstract_syntax == kStudyRootMove;
  }
  int ChooseTransferSyntax(std::string_view, const std::vector<std::string>& proposed) const override {
    return ChooseIdentifierSyntax(proposed);
  }
  std::optional<std::string> AnswerExtendedNegotiation(std::string_view, ByteView asked) const override {
    return AnswerOptions(asked, false);
  }
  Status Handle(Association& association, const PresentationContext& context,
                const Command& command) override;

 private:
  Status SendAll(const Peer& peer, const std::vector<RetrieveInstance>& instances, RetrieveRequest* request);
  Result<std::unique_ptr<Association>> ConnectTo(const Peer& peer, const StoreBatch& batch) const;

  storage::Catalog* const catalog_;
  storage::DataReader* const reader_;
  const PeerTable* const peers_;
  const MoveServiceOptions options_;
};

Status MoveService::Handle(Association& association, const PresentationContext& context,
                           const Command& command) {
  if (command.field() != ingest::CommandField::kCMoveRq)
    return RefuseOperation(association, context, command);
  RetrieveRequest request(&association, &context, &command);
  const Root root = context.abstract_syntax == kPatientRootMove ? Root::kPatient : Root::kStudy;
  ARGENT_ASSIGN_OR_RETURN(auto instances, ResolveRequest(*catalog_, &request, context, root));
  if (!instances) return Status::Ok();
  const std::string destination(Trim(command.move_destination()));
  const auto peer = peers_->Find(destination);
  if (!peer) {
    return request.SendRefusal(query_status::kMoveDestinationUnknown,
                               "unknown Move Destination '" + destination + "'");
  }
  return SendAll(*peer, *instances, &request);
}

Result<std::unique_ptr<Association>> MoveService::ConnectTo(const Peer& peer, const StoreBatch& batch) const {
  ingest::ConnectRequest connect;
  connect.host = peer.host;
  connect.port = peer.port;
  connect.calling_ae_title = options_.ae_title;
  connect.called_ae_title = peer.ae_title;
  connect.contexts = batch.contexts;
  return Association::Connect(connect);
}

Status MoveService::SendAll(const Peer& peer, const std::vector<RetrieveInstance>& instances,
                            RetrieveRequest* request) {
  SubOperationTally tally(instances.size());
  StoreRunOptions store_options;
  store_options.move_originator_ae_title = request->association().parameters().calling_ae_title;
  store_options.move_originator_message_id = request->command().message_id();
  for (const StoreBatch& batch : PlanStoreBatches(instances)) {
    ARGENT_ASSIGN_OR_RETURN(const bool cancelled, request->IsCancelled());
    if (cancelled) break;
    auto destination = ConnectTo(peer, batch);
    if (!destination.ok()) {
      const Status reason = destination.status().WithContext("association with " + peer.ae_title);
      for (const RetrieveInstance* instance : batch.instances) tally.Fail(instance->sop_instance_uid, reason);
      continue;
    }
    ARGENT_ASSIGN_OR_RETURN(const StoreRunEnd end, RunStores(**destination, reader_, batch.instances,
                                                             store_options, request, &tally));
    if ((*destination)->is_open())
      (*destination)->Release().IgnoreError("every sub-operation is confirmed already");
    if (end == StoreRunEnd::kCancelled) break;
  }
  return request->SendFinal(tally);
}

}  // namespace

std::unique_ptr<ingest::DimseService> NewMoveService(storage::Catalog* catalog, storage::DataReader* reader,
                                                     const PeerTable* peers, MoveServiceOptions options) {
  return std::make_unique<MoveService>(catalog, reader, peers, std::move(options));
}

}  // namespace argent::archive
