#include "archive/query/find_service.h"

#include "archive/query/identifier.h"
#include "archive/query/identifier_message.h"
#include "archive/query/query_run.h"
#include "archive/query/query_status.h"
#include "codec/character_set.h"
#include "ingest/dimse/status.h"
#include "storage/base/log.h"

namespace argent::archive {
namespace {

using ingest::Association;
using ingest::Command;
using ingest::PresentationContext;

class FindService final : public ingest::DimseService {
 public:
  FindService(storage::Catalog* catalog, FindServiceOptions options)
      : catalog_(catalog), options_(std::move(options)) {}

  bool Serves(std::string_view abstract_syntax) const override {
    return abstract_syntax == kPatientRootFind || abstract_syntax == kStudyRootFind;
  }
  int ChooseTransferSyntax(std::string_view, const std::vector<std::string>& proposed) const override {
    return ChooseIdentifierSyntax(proposed);
  }
  std::optional<std::string> AnswerExtendedNegotiation(std::string_view, ByteView asked) const override {
    return AnswerOptions(asked, true);
  }
  Status Handle(Association& association, const PresentationContext& context,
                const Command& command) override;

 private:
  Result<Query> MakeQuery(const Association& association, const PresentationContext& context,
                          codec::DataSet identifier) const;

  storage::Catalog* const catalog_;
  const FindServiceOptions options_;
};

// What is wrong with the request is the identifier's fault; everything else is ours, and unable to process
// unless there is a better word for it (PS3.4 Table C.4-1).
uint16_t FailureOf(const Status& status) {
  if (status.code() == StatusCode::kInvalidArgument) return query_status::kIdentifierDoesNotMatch;
  const uint16_t code = ingest::dimse_status::FromStatus(status);
  return code == ingest::dimse_status::kProcessingFailure ? query_status::kCannotProcess : code;
}

Command FailedResponse(const Command& request, const Status& status) {
  Command response = Command::Response(request, FailureOf(status));
  response.SetErrorComment(status.message());
  return response;
}

Status Answer(Association& association, const PresentationContext& context, const Command& command,
              QueryRun* run, std::string_view character_set) {
  const uint16_t pending =
      run->has_unsupported_keys() ? query_status::kPendingUnsupportedKeys : query_status::kPending;
  uint64_t matches = 0;
  while (true) {
    ARGENT_ASSIGN_OR_RETURN(const bool cancelled, association.PollCancel(command.message_id()));
    if (cancelled) return association.Send(context, Command::Response(command, query_status::kCancelled));
    auto step = run->Advance();
    if (!step.ok()) {
      ARGENT_LOG_ERROR("C-FIND of {} failed: {}", association.parameters().peer(), step.status().ToString());
      return association.Send(context, FailedResponse(command, step.status()));
    }
    if (*step == QueryRun::Step::kDone) break;
    if (*step == QueryRun::Step::kWorking) continue;
    ++matches;
    codec::DataSet identifier = run->identifier();
    ExpressInCharacterSet(character_set, &identifier);
    const std::string bytes = EncodeIdentifier(identifier, context);
    ARGENT_RETURN_IF_ERROR(association.Send(context, Command::Response(command, pending), AsBytes(bytes)));
  }
  ARGENT_LOG_DEBUG("C-FIND calling={} matches={} plan={}", association.parameters().calling_ae_title, matches,
                   run->plan().Explain());
  return association.Send(context, Command::Response(command, query_status::kSuccess));
}

Result<Query> FindService::MakeQuery(const Association& association, const PresentationContext& context,
                                     codec::DataSet identifier) const {
  const auto level = ParseLevelName(identifier.Text(codec::tags::kQueryRetrieveLevel));
  if (!level) return Status::InvalidArgument("no valid Query/Retrieve Level");
  const NegotiatedOptions negotiated =
      ReadNegotiatedOptions(association.ExtendedNegotiation(context.abstract_syntax));
  codec::ConvertToUtf8(&identifier);
  Query query;
  query.root = context.abstract_syntax == kPatientRootFind ? Root::kPatient : Root::kStudy;
  query.level = *level;
  query.keys = std::move(identifier);
  query.relational = negotiated.relational;
  query.combined_date_time = negotiated.combined_date_time;
  query.retrieve_ae_title = options_.ae_title;
  return query;
}

Status FindService::Handle(Association& association, const PresentationContext& context,
                           const Command& command) {
  if (command.field() != ingest::CommandField::kCFindRq)
    return RefuseOperation(association, context, command);
  auto identifier = ReceiveIdentifier(association, context, command);
  if (!identifier.ok() && !association.is_open()) return identifier.status();
  if (!identifier.ok()) return association.Send(context, FailedResponse(command, identifier.status()));
  const std::string character_set(identifier->Text(codec::tags::kSpecificCharacterSet));
  auto query = MakeQuery(association, context, std::move(identifier).value());
  if (!query.ok()) return association.Send(context, FailedResponse(command, query.status()));
  auto run = QueryRun::Start(catalog_, std::move(query).value());
  if (!run.ok()) return association.Send(context, FailedResponse(command, run.status()));
  return Answer(association, context, command, run->get(), character_set);
}

}  // namespace

std::unique_ptr<ingest::DimseService> NewFindService(storage::Catalog* catalog, FindServiceOptions options) {
  return std::make_unique<FindService>(catalog, std::move(options));
}

}  // namespace argent::archive
