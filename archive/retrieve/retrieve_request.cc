#include "archive/retrieve/retrieve_request.h"

#include <algorithm>

#include "archive/model/attributes.h"
#include "archive/query/identifier_message.h"
#include "archive/query/query_status.h"
#include "codec/character_set.h"
#include "storage/base/log.h"

namespace argent::archive {
namespace {

using ingest::Command;

// The value field of UI has a 16-bit length in Explicit VR; a list that does not fit ends early.
constexpr size_t kFailedListBytesMax = 65'000;

uint16_t Clamp(size_t count) { return static_cast<uint16_t>(std::min<size_t>(count, 65'535)); }

std::string FailedIdentifier(const std::vector<std::string>& uids,
                             const ingest::PresentationContext& context) {
  std::string list;
  for (const std::string& uid : uids) {
    if (list.size() + uid.size() + 1 > kFailedListBytesMax) break;
    list.append(list.empty() ? "" : "\\").append(uid);
  }
  codec::DataSet identifier;
  identifier.SetText(tags::kFailedSopInstanceUidList, codec::MakeVr("UI"), list);
  return EncodeIdentifier(identifier, context);
}

}  // namespace

void SubOperationTally::Warn(const std::string& sop_instance_uid, const Status& reason) {
  Take(&warned_);
  ARGENT_LOG_WARNING("retrieve: instance={} warning: {}", sop_instance_uid, reason.message());
  if (first_reason_.empty()) first_reason_ = reason.message();
}

void SubOperationTally::Fail(const std::string& sop_instance_uid, const Status& reason) {
  Take(&failed_);
  ARGENT_LOG_WARNING("retrieve: instance={} not sent: {}", sop_instance_uid, reason.ToString());
  failed_uids_.push_back(sop_instance_uid);
  if (first_reason_.empty()) first_reason_ = reason.message();
}

ingest::SubOperations SubOperationTally::Counts(bool with_remaining) const {
  ingest::SubOperations counts;
  if (with_remaining) counts.remaining = Clamp(remaining_);
  counts.completed = Clamp(completed_);
  counts.failed = Clamp(failed_);
  counts.warning = Clamp(warned_);
  return counts;
}

Result<bool> RetrieveRequest::IsCancelled() {
  if (cancelled_) return true;
  ARGENT_ASSIGN_OR_RETURN(cancelled_, association_->PollCancel(command_->message_id()));
  return cancelled_;
}

Status RetrieveRequest::SendPending(const SubOperationTally& tally) {
  Command response = Command::Response(*command_, query_status::kPending);
  response.SetSubOperations(tally.Counts(true));
  return association_->Send(*context_, response);
}

Status RetrieveRequest::SendRefusal(uint16_t status, std::string_view comment) {
  ARGENT_LOG_INFO("{} calling={} refused status={:04X}: {}", CommandFieldName(command_->field()),
                  association_->parameters().calling_ae_title, status, comment);
  Command response = Command::Response(*command_, status);
  response.SetErrorComment(comment);
  return association_->Send(*context_, response);
}

Status RetrieveRequest::SendFinal(const SubOperationTally& tally) {
  // A cancel that came after the last sub-operation cancelled nothing.
  const bool cancelled = cancelled_ && tally.remaining() != 0;
  const uint16_t status = cancelled ? query_status::kCancelled : FinalStatus(tally);
  Command response = Command::Response(*command_, status);
  response.SetSubOperations(tally.Counts(cancelled));
  if (!tally.first_reason().empty()) response.SetErrorComment(tally.first_reason());
  ARGENT_LOG_INFO("{} calling={} status={:04X} completed={} failed={} warnings={}",
                  CommandFieldName(command_->field()), association_->parameters().calling_ae_title, status,
                  tally.completed(), tally.failed(), tally.warned());
  if (tally.failed_uids().empty()) return association_->Send(*context_, response);
  const std::string identifier = FailedIdentifier(tally.failed_uids(), *context_);
  return association_->Send(*context_, response, AsBytes(identifier));
}

uint16_t FinalStatus(const SubOperationTally& tally) {
  if (tally.failed() == 0 && tally.warned() == 0) return query_status::kSuccess;
  const bool any_arrived = tally.completed() != 0 || tally.warned() != 0;
  return any_arrived ? query_status::kSomeSubOperationsFailed : query_status::kCannotPerformSubOperations;
}

Result<std::optional<std::vector<RetrieveInstance>>> ResolveRequest(
    storage::Catalog& catalog, RetrieveRequest* request, const ingest::PresentationContext& context,
    Root root) {
  using Resolved = std::optional<std::vector<RetrieveInstance>>;
  ingest::Association& association = request->association();
  const auto refuse = [request](uint16_t code, const Status& reason) -> Result<Resolved> {
    ARGENT_RETURN_IF_ERROR(request->SendRefusal(code, reason.message()));
    return Resolved();
  };
  auto identifier = ReceiveIdentifier(association, context, request->command());
  if (!identifier.ok() && !association.is_open()) return identifier.status();
  if (!identifier.ok()) return refuse(query_status::kIdentifierDoesNotMatch, identifier.status());
  codec::ConvertToUtf8(&*identifier);
  const NegotiatedOptions negotiated =
      ReadNegotiatedOptions(association.ExtendedNegotiation(context.abstract_syntax));
  const auto keys = ParseRetrieveIdentifier(root, negotiated.relational, *identifier);
  if (!keys.ok()) return refuse(query_status::kIdentifierDoesNotMatch, keys.status());
  auto instances = ResolveInstances(catalog, *keys);
  if (instances.ok()) return Resolved(std::move(instances).value());
  const bool bad_keys = instances.status().code() == StatusCode::kInvalidArgument;
  return refuse(bad_keys ? query_status::kIdentifierDoesNotMatch : query_status::kCannotCountMatches,
                instances.status());
}

}  // namespace argent::archive
