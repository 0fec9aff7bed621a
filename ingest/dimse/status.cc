#include "ingest/dimse/status.h"

namespace argent::ingest::dimse_status {
namespace {

Command Failed(const Command& request, uint16_t code, const std::string& message) {
  Command response = Command::Response(request, code);
  if (code != kSuccess && !message.empty()) response.SetErrorComment(message);
  return response;
}

}  // namespace

uint16_t FromStatus(const argent::Status& status) {
  switch (status.code()) {
    case StatusCode::kOk:
      return kSuccess;
    case StatusCode::kNoSpace:
    case StatusCode::kOverloaded:
    case StatusCode::kIoError:
      return kOutOfResources;
    case StatusCode::kInvalidArgument:
      return kCannotUnderstand;
    case StatusCode::kUnsupported:
      return kSopClassNotSupported;
    case StatusCode::kNotFound:
    case StatusCode::kAlreadyExists:
    case StatusCode::kCorruption:
    case StatusCode::kAborted:
    case StatusCode::kInternal:
      return kProcessingFailure;
  }
  return kProcessingFailure;
}

uint16_t FromOutcome(const Outcome& outcome) {
  if (outcome.kind != OutcomeKind::kRefused) return kSuccess;
  if (outcome.uid_mismatch) return kDataSetDoesNotMatchSopClass;
  // A refusal is a failure, even if whoever refused forgot to say why.
  return outcome.status.ok() ? kProcessingFailure : FromStatus(outcome.status);
}

Command Response(const Command& request, const argent::Status& status) {
  return Failed(request, FromStatus(status), status.message());
}

Command Response(const Command& request, const Outcome& outcome) {
  return Failed(request, FromOutcome(outcome), outcome.status.message());
}

}  // namespace argent::ingest::dimse_status
