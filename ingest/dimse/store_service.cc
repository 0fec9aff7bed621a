#include "ingest/dimse/store_service.h"

#include "ingest/dimse/status.h"
#include "storage/base/log.h"

namespace argent::ingest {

namespace {
constexpr std::string_view kVerification = "1.2.840.10008.1.1";

// Roots of the Standard's SOP Classes that are services, not Instances: print, worklists, query/retrieve, commitment, workflow …
constexpr std::string_view kServiceRoots[] = {
    "1.2.840.10008.1.",        "1.2.840.10008.3.1.2.",        "1.2.840.10008.5.1.1.",         "1.2.840.10008.5.1.4.1.2.",
    "1.2.840.10008.5.1.4.31",  "1.2.840.10008.5.1.4.32",      "1.2.840.10008.5.1.4.33",       "1.2.840.10008.5.1.4.34.4.",
    "1.2.840.10008.5.1.4.34.6.", "1.2.840.10008.5.1.4.37.",   "1.2.840.10008.5.1.4.38.2",     "1.2.840.10008.5.1.4.38.3",
    "1.2.840.10008.5.1.4.39.2", "1.2.840.10008.5.1.4.39.3",   "1.2.840.10008.5.1.4.41",       "1.2.840.10008.5.1.4.42",
    "1.2.840.10008.5.1.4.43.2", "1.2.840.10008.5.1.4.43.3",   "1.2.840.10008.5.1.4.44.2",     "1.2.840.10008.5.1.4.44.3",
    "1.2.840.10008.5.1.4.45.2", "1.2.840.10008.5.1.4.45.3",
};

class UploadSink final : public DataSetSink {
 public:
  explicit UploadSink(Upload* upload) : upload_(upload) {}
  Result<MutableByteView> Reserve() override { return upload_->Reserve(); }
  Status Advance(size_t bytes) override { return upload_->Advance(bytes); }

 private:
  Upload* upload_;
};

void LogOutcome(const Association& association, const Outcome& outcome) {
  if (outcome.kind == OutcomeKind::kConflict) {
    ARGENT_LOG_WARNING("conflict: other content under SOP Instance UID {} from {} ({}); both are kept", outcome.sop_instance_uid.text(),
                       association.parameters().calling_ae_title, association.parameters().peer());
  } else if (!outcome.status.ok()) {
    ARGENT_LOG_WARNING("refused: SOP Instance UID {} from {} ({}): {}", outcome.sop_instance_uid.text(),
                       association.parameters().calling_ae_title, association.parameters().peer(), outcome.status.message());
  }
}
}  // namespace

bool EchoService::Serves(std::string_view abstract_syntax) const { return abstract_syntax == kVerification; }

Status EchoService::Handle(Association& association, const PresentationContext& context, const Command& command) {
  if (command.field() != CommandField::kCEchoRq) return RefuseOperation(association, context, command);
  if (command.has_data_set()) ARGENT_RETURN_IF_ERROR(association.DiscardDataSet());
  return association.Send(context, Command::Response(command, dimse_status::kSuccess));
}

bool StoreService::Serves(std::string_view abstract_syntax) const {
  for (std::string_view root : kServiceRoots) {
    if (abstract_syntax.starts_with(root)) return false;
  }
  return true;
}

int StoreService::ChooseTransferSyntax(std::string_view, const std::vector<std::string>& proposed) const {
  return proposed.empty() ? -1 : 0;
}

bool StoreService::MayBeScu(std::string_view) const { return true; }

Status StoreService::Handle(Association& association, const PresentationContext& context, const Command& command) {
  if (command.field() != CommandField::kCStoreRq) return RefuseOperation(association, context, command);
  if (!command.has_data_set()) {
    Command response = Command::Response(command, dimse_status::kMistypedArgument);
    return association.Send(context, response.SetErrorComment("a C-STORE-RQ without a Data Set"));
  }
  const AssociationParameters& peer = association.parameters();
  UploadRequest request;
  request.transfer_syntax_uid = codec::TransferSyntaxUid(context.transfer_syntax);
  request.source = {Door::kCStore, peer.calling_ae_title, peer.called_ae_title, peer.peer()};
  request.expected_sop_class_uid = codec::SopClassUid(command.sop_class_uid());
  request.expected_sop_instance_uid = codec::SopInstanceUid(command.sop_instance_uid());
  Outcome outcome;
  outcome.sop_instance_uid = request.expected_sop_instance_uid;
  Result<std::unique_ptr<Upload>> upload = uploader_->Begin(std::move(request));
  if (!upload.ok()) {
    outcome.status = upload.status();
    ARGENT_RETURN_IF_ERROR(association.DiscardDataSet());
  } else {
    UploadSink sink(upload->get());
    Status refused;
    ARGENT_RETURN_IF_ERROR(association.ReceiveDataSet(sink, &refused));
    outcome = (*upload)->Finish();
  }
  LogOutcome(association, outcome);
  return association.Send(context, dimse_status::Response(command, outcome));
}

}  // namespace argent::ingest
