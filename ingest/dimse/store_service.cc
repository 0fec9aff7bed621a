#include "ingest/dimse/store_service.h"

#include <algorithm>

#include "ingest/dimse/abstract_syntax.h"
#include "ingest/dimse/status.h"
#include "storage/base/log.h"

namespace argent::ingest {
namespace {

class UploadSink final : public DataSetSink {
 public:
  explicit UploadSink(Upload* upload) : upload_(upload) {}
  Result<MutableByteView> Reserve() override { return upload_->Reserve(); }
  Status Advance(size_t bytes) override { return upload_->Advance(bytes); }

 private:
  Upload* upload_;
};

UploadRequest MakeUploadRequest(const Association& association, const PresentationContext& context,
                                const Command& command) {
  const AssociationParameters& parameters = association.parameters();
  UploadRequest request;
  request.transfer_syntax_uid = codec::TransferSyntaxUid(context.transfer_syntax);
  request.source = {Door::kCStore, parameters.calling_ae_title, parameters.called_ae_title,
                    parameters.peer()};
  request.expected_sop_class_uid = codec::SopClassUid(command.sop_class_uid());
  request.expected_sop_instance_uid = codec::SopInstanceUid(command.sop_instance_uid());
  return request;
}

void LogOutcome(const Association& association, const Command& command, const Outcome& outcome) {
  const AssociationParameters& parameters = association.parameters();
  // What is no UID may hold anything, line breaks among it, and stays out of the log.
  const std::string uid = command.sop_instance_uid();
  const std::string_view sop_instance_uid = codec::IsAcceptableUid(uid) ? std::string_view(uid) : "invalid";
  if (outcome.kind == OutcomeKind::kConflict) {
    ARGENT_LOG_WARNING(
        "C-STORE conflict: other content is kept under the UID, both stay instance={} calling={} peer={}",
        sop_instance_uid, parameters.calling_ae_title, parameters.peer());
  } else if (outcome.kind == OutcomeKind::kRefused) {
    ARGENT_LOG_WARNING("C-STORE refused status={:04X} instance={} calling={} peer={}: {}",
                       dimse_status::FromOutcome(outcome), sop_instance_uid, parameters.calling_ae_title,
                       parameters.peer(), outcome.status.ToString());
  }
}

}  // namespace

bool EchoService::Serves(std::string_view abstract_syntax) const {
  return abstract_syntax == kVerificationSopClass;
}

Status EchoService::Handle(Association& association, const PresentationContext& context,
                           const Command& command) {
  if (command.field() != CommandField::kCEchoRq) return RefuseOperation(association, context, command);
  ARGENT_RETURN_IF_ERROR(association.DiscardDataSet());
  return association.Send(context, Command::Response(command, dimse_status::kSuccess));
}

bool StoreService::Serves(std::string_view abstract_syntax) const {
  return MayBeStorageSopClass(abstract_syntax);
}

int StoreService::ChooseTransferSyntax(std::string_view, const std::vector<std::string>& proposed) const {
  const auto found = std::find_if(proposed.begin(), proposed.end(), codec::IsAcceptableUid);
  return found == proposed.end() ? -1 : static_cast<int>(found - proposed.begin());
}

bool StoreService::MayBeScu(std::string_view) const { return true; }

Status StoreService::Handle(Association& association, const PresentationContext& context,
                            const Command& command) {
  if (command.field() != CommandField::kCStoreRq) return RefuseOperation(association, context, command);
  if (!command.has_data_set()) {
    Command response = Command::Response(command, dimse_status::kMistypedArgument);
    return association.Send(context, response.SetErrorComment("C-STORE-RQ without a Data Set"));
  }
  Outcome outcome;
  ARGENT_RETURN_IF_ERROR(Receive(association, MakeUploadRequest(association, context, command), &outcome));
  LogOutcome(association, command, outcome);
  return association.Send(context, dimse_status::Response(command, outcome));
}

// Whatever becomes of the Data Set, it is read to its end, so that the association stays in step; the Status
// is about the association.
Status StoreService::Receive(Association& association, UploadRequest request, Outcome* outcome) {
  auto upload = uploader_->Begin(std::move(request));
  if (!upload.ok()) {
    outcome->status = upload.status();
    return association.DiscardDataSet();
  }
  UploadSink sink(upload->get());
  Status refused;
  ARGENT_RETURN_IF_ERROR(association.ReceiveDataSet(sink, &refused));
  *outcome = (*upload)->Finish();
  if (!refused.ok()) {
    outcome->kind = OutcomeKind::kRefused;
    if (outcome->status.ok()) outcome->status = refused;
  }
  return Status::Ok();
}

}  // namespace argent::ingest
