// What both roles do once the association stands; the requestor's negotiation is in connect.cc.
#include "ingest/dimse/association.h"

#include <fmt/format.h>

#include <algorithm>

#include "ingest/dimse/message_writer.h"
#include "ingest/dimse/pdu.h"
#include "ingest/dimse/pdv_reader.h"
#include "ingest/dimse/socket.h"

namespace argent::ingest {
namespace {

using std::chrono::milliseconds;

// Of our own, when the peer sets no limit: larger fragments gain nothing.
constexpr size_t kFragmentBytesMax = 256 * 1024;
// ReceiveDataSet(bytes_max) grows by what has come, never by what is announced.
constexpr size_t kReadPieceBytes = 64 * 1024;

}  // namespace

std::string AssociationParameters::peer() const {
  const bool is_v6 = peer_host.find(':') != std::string::npos;
  return is_v6 ? fmt::format("[{}]:{}", peer_host, peer_port) : fmt::format("{}:{}", peer_host, peer_port);
}

Association::Association(std::unique_ptr<Socket> socket, AssociationParameters parameters)
    : parameters_(std::move(parameters)),
      socket_(std::move(socket)),
      reader_(std::make_unique<PdvReader>(socket_.get())) {}

Association::~Association() { Abort(); }

const PresentationContext* Association::FindContext(uint8_t id) const {
  for (const PresentationContext& context : parameters_.contexts) {
    if (context.id == id) return &context;
  }
  return nullptr;
}

const PresentationContext* Association::FindContextAsScu(std::string_view abstract_syntax,
                                                         std::string_view transfer_syntax) const {
  for (const PresentationContext& context : parameters_.contexts) {
    if (!context.as_scu || context.abstract_syntax != abstract_syntax) continue;
    if (transfer_syntax.empty() || context.transfer_syntax == transfer_syntax) return &context;
  }
  return nullptr;
}

std::string_view Association::ExtendedNegotiation(std::string_view abstract_syntax) const {
  const auto found = parameters_.extended_negotiation.find(abstract_syntax);
  return found == parameters_.extended_negotiation.end() ? std::string_view()
                                                         : std::string_view(found->second);
}

Result<ReceivedCommand> Association::ReceiveCommand(milliseconds timeout) {
  if (!is_open()) return OverStatus();
  if (pending_command_) {
    ReceivedCommand command = std::move(*pending_command_);
    pending_command_.reset();
    return command;
  }
  ARGENT_RETURN_IF_ERROR(DiscardDataSet());
  ARGENT_ASSIGN_OR_RETURN(const bool is_there, WaitForInput(timeout));
  if (!is_there) return Status::Overloaded(fmt::format("no command within {} ms", timeout.count()));
  return ReadCommand();
}

Result<bool> Association::PollCancel(uint16_t message_id) {
  for (;;) {
    if (!is_open()) return OverStatus();
    // The Data Set of the request may still be there, and a command that is not a cancel waits for
    // ReceiveCommand().
    if (data_set_pending_ || pending_command_) return false;
    const auto is_there = reader_->HasWholePdu();
    if (!is_there.ok()) return Broken(is_there.status());
    if (!*is_there) return false;
    ARGENT_ASSIGN_OR_RETURN(ReceivedCommand received, ReadCommand());
    if (received.command.field() != CommandField::kCCancelRq) {
      pending_command_ = std::move(received);
    } else if (received.command.message_id_being_responded_to() == message_id) {
      return true;
    }
  }
}

Result<bool> Association::WaitForInput(milliseconds timeout) {
  if (!is_open()) return OverStatus();
  if (has_buffered_input()) return true;
  const bool is_readable = socket_->WaitReadable(timeout);
  if (socket_->is_interrupted()) return Broken(Status::Overloaded("the server stops"));
  return is_readable;
}

Result<ReceivedCommand> Association::ReadCommand() {
  const PresentationContext* context = nullptr;
  ARGENT_ASSIGN_OR_RETURN(const std::string bytes, ReadCommandBytes(&context));
  auto command = Command::Parse(AsBytes(bytes));
  if (!command.ok()) return AbortAsUser(command.status().message());
  const bool fits_role = command->is_response() ? context->as_scu : context->as_scp;
  if (!fits_role) {
    return AbortAsUser(fmt::format("{} does not fit the roles of Presentation Context {}",
                                   CommandFieldName(command->field()), context->id));
  }
  data_set_pending_ = command->has_data_set();
  return ReceivedCommand{context, std::move(*command)};
}

Result<std::string> Association::ReadCommandBytes(const PresentationContext** context) {
  std::string bytes;
  for (bool is_last = false; !is_last;) {
    ARGENT_RETURN_IF_ERROR(NextFragment());
    const PdvReader::Fragment fragment = reader_->fragment();
    if (!fragment.is_command)
      return Violation(AbortReason::kUnexpectedPduParameter, "a Data Set without a command");
    if (*context == nullptr) *context = FindContext(fragment.context_id);
    if (*context == nullptr || fragment.context_id != (*context)->id) {
      return Violation(AbortReason::kInvalidPduParameterValue,
                       fmt::format("Presentation Context ID {} was not accepted or changes within a message",
                                   fragment.context_id));
    }
    if (fragment.bytes_left > Command::kBytesMax - bytes.size()) {
      return Violation(AbortReason::kInvalidPduParameterValue, "a Command Set that is too long");
    }
    is_last = fragment.is_last;
    ARGENT_RETURN_IF_ERROR(ReadFragment(&bytes));
  }
  message_context_id_ = (*context)->id;
  return bytes;
}

Status Association::NextFragment() {
  if (!is_open()) return OverStatus();
  const auto event = reader_->Next();
  if (!event.ok()) return Broken(event.status());
  switch (*event) {
    case PdvReader::Event::kFragment:
      return Status::Ok();
    case PdvReader::Event::kReleaseRequest:
      SendControl(EncodeReleaseResponse()).IgnoreError("the peer wants to go, whether it hears us or not");
      End(State::kReleased, "released by the peer");
      return OverStatus();
    case PdvReader::Event::kAbort:
      End(State::kAborted, "aborted by the peer, " + reader_->detail().abort.ToString());
      return OverStatus();
    case PdvReader::Event::kReleaseResponse:
      return Violation(AbortReason::kUnexpectedPdu, "A-RELEASE-RP without a request");
    case PdvReader::Event::kViolation:
      return Violation(static_cast<AbortReason>(reader_->detail().violation_reason),
                       reader_->detail().violation);
  }
  return Status::Internal("unknown event");
}

Status Association::ReadFragment(std::string* out) {
  while (reader_->fragment().bytes_left > 0) {
    const size_t before = out->size();
    out->resize(before + std::min<size_t>(reader_->fragment().bytes_left, kReadPieceBytes));
    const auto count =
        reader_->Read({reinterpret_cast<uint8_t*>(out->data()) + before, out->size() - before});
    out->resize(before + (count.ok() ? *count : 0));
    if (!count.ok()) return Broken(count.status());
  }
  return Status::Ok();
}

Result<bool> Association::NextDataSetBytes() {
  for (;;) {
    if (!is_open()) return OverStatus();
    if (!data_set_pending_) return false;
    if (reader_->fragment().bytes_left > 0) return true;
    // The fragment before was the command's, or one of this Data Set's.
    const PdvReader::Fragment before = reader_->fragment();
    if (!before.is_command && before.is_last) {
      data_set_pending_ = false;
      return false;
    }
    ARGENT_RETURN_IF_ERROR(NextFragment());
    const PdvReader::Fragment& fragment = reader_->fragment();
    if (fragment.is_command)
      return Violation(AbortReason::kUnexpectedPduParameter, "a command inside a Data Set");
    if (fragment.context_id != message_context_id_) {
      return Violation(AbortReason::kInvalidPduParameterValue,
                       "Presentation Context ID changes within a message");
    }
  }
}

Status Association::ReceiveDataSet(DataSetSink& sink, Status* sink_status) {
  *sink_status = Status::Ok();
  for (;;) {
    ARGENT_ASSIGN_OR_RETURN(const bool has_bytes, NextDataSetBytes());
    if (!has_bytes) return Status::Ok();
    auto space = sink.Reserve();
    if (!space.ok()) {
      *sink_status = space.status();
      return DiscardDataSet();
    }
    const auto count = reader_->Read(*space);
    if (!count.ok()) return Broken(count.status());
    *sink_status = sink.Advance(*count);
    if (!sink_status->ok()) return DiscardDataSet();
  }
}

Status Association::DiscardDataSet() {
  if (!data_set_pending_) return Status::Ok();
  std::string scrap(kReadPieceBytes, '\0');
  for (;;) {
    ARGENT_ASSIGN_OR_RETURN(const bool has_bytes, NextDataSetBytes());
    if (!has_bytes) return Status::Ok();
    const auto count = reader_->Read({reinterpret_cast<uint8_t*>(scrap.data()), scrap.size()});
    if (!count.ok()) return Broken(count.status());
  }
}

Result<std::string> Association::ReceiveDataSet(size_t bytes_max) {
  std::string bytes;
  for (;;) {
    ARGENT_ASSIGN_OR_RETURN(const bool has_bytes, NextDataSetBytes());
    if (!has_bytes) return bytes;
    if (reader_->fragment().bytes_left > bytes_max - bytes.size()) {
      ARGENT_RETURN_IF_ERROR(DiscardDataSet());
      return Status::Overloaded(fmt::format("a Data Set of more than {} bytes", bytes_max));
    }
    ARGENT_RETURN_IF_ERROR(ReadFragment(&bytes));
  }
}

size_t Association::FragmentBytesMax() const {
  const uint32_t peer_max = parameters_.peer_pdu_bytes_max;
  if (peer_max == 0) return kFragmentBytesMax;
  return std::min<size_t>(peer_max - kPdvHeaderBytes, kFragmentBytesMax);
}

Status Association::SendWhole(const PresentationContext& context, const Command& command,
                              const ByteView* data_set) {
  if (!is_open()) return OverStatus();
  const std::string command_bytes = command.Encode(data_set != nullptr);
  MessageWriter writer(socket_.get(), context.id, FragmentBytesMax());
  Status status = writer.AddCommand(AsBytes(command_bytes));
  if (status.ok() && data_set != nullptr) status = writer.AddDataSet(*data_set);
  if (status.ok()) status = writer.Flush();
  return status.ok() ? Status::Ok() : Broken(status);
}

Status Association::Send(const PresentationContext& context, const Command& command) {
  return SendWhole(context, command, nullptr);
}

Status Association::Send(const PresentationContext& context, const Command& command, ByteView data_set) {
  return SendWhole(context, command, &data_set);
}

Status Association::Send(const PresentationContext& context, const Command& command, DataSetSource& source) {
  if (!is_open()) return OverStatus();
  const std::string command_bytes = command.Encode(true);
  MessageWriter writer(socket_.get(), context.id, FragmentBytesMax());
  Status status = writer.AddCommand(AsBytes(command_bytes));
  while (status.ok()) {
    const auto piece = source.Next();
    if (!piece.ok()) {
      AbortAsUser("the Data Set to send could not be read to its end").IgnoreError("the source says more");
      return piece.status();
    }
    if (piece->empty()) break;
    status = writer.SendPiece(*piece);
  }
  if (status.ok()) status = writer.FinishPieces();
  return status.ok() ? Status::Ok() : Broken(status);
}

uint16_t Association::NextMessageId() {
  last_message_id_ = static_cast<uint16_t>(last_message_id_ == 0xFFFF ? 1 : last_message_id_ + 1);
  return last_message_id_;
}

Status Association::Release(milliseconds timeout) {
  if (!is_open()) return OverStatus();
  const Status sent = SendControl(EncodeReleaseRequest());
  if (!sent.ok()) return Broken(sent);
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  for (;;) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now());
    ARGENT_ASSIGN_OR_RETURN(const bool is_released, AwaitReleaseResponse(std::max(left, milliseconds(0))));
    if (is_released) return Status::Ok();
  }
}

// One step of Sta7, Sta9, Sta10 and Sta11 (PS3.8 Table 9-10).
Result<bool> Association::AwaitReleaseResponse(milliseconds timeout) {
  ARGENT_ASSIGN_OR_RETURN(const bool is_there, WaitForInput(timeout));
  if (!is_there) {
    return AbortAsUser("the peer did not answer A-RELEASE-RQ in time");
  }
  std::string scrap;
  ARGENT_RETURN_IF_ERROR(ReadFragment(&scrap));  // what was left of the fragment before
  const auto event = reader_->Next();
  if (!event.ok()) return Broken(event.status());
  switch (*event) {
    case PdvReader::Event::kFragment:
      ARGENT_RETURN_IF_ERROR(ReadFragment(&scrap));
      return false;
    case PdvReader::Event::kReleaseRequest:
      // Both asked at once. The requestor answers first and then waits on; the acceptor answers once it has
      // its own answer, which for the peer makes no difference but the order in which the two arrive
      // (PS3.8 7.2.2.5).
      if (parameters_.is_requestor) ARGENT_RETURN_IF_ERROR(SendControl(EncodeReleaseResponse()));
      release_collided_ = true;
      return false;
    case PdvReader::Event::kReleaseResponse:
      if (release_collided_ && !parameters_.is_requestor) {
        SendControl(EncodeReleaseResponse()).IgnoreError("both sides have released");
      }
      End(State::kReleased, "released");
      return true;
    case PdvReader::Event::kAbort:
      End(State::kAborted, "aborted by the peer, " + reader_->detail().abort.ToString());
      return OverStatus();
    case PdvReader::Event::kViolation:
      return Violation(static_cast<AbortReason>(reader_->detail().violation_reason),
                       reader_->detail().violation);
  }
  return Status::Internal("unknown event");
}

Status Association::SendControl(const std::string& pdu) {
  iovec buffer{const_cast<char*>(pdu.data()), pdu.size()};  // sendmsg only reads it
  return socket_->WriteAll({&buffer, 1});
}

void Association::Abort(AbortReason reason, AbortSource source) {
  if (!is_open()) return;
  const uint8_t reason_byte = source == AbortSource::kServiceUser ? uint8_t{0} : static_cast<uint8_t>(reason);
  socket_->WriteNow(AsBytes(EncodeAbort(static_cast<uint8_t>(source), reason_byte)))
      .IgnoreError("an abort is not confirmed; closing says the same");
  End(State::kAborted, "aborted");
}

void Association::End(State state, std::string because) {
  state_ = state;
  over_because_ = std::move(because);
  socket_->ShutdownWrite();
  socket_->DiscardAvailable();
}

// The command itself is wrong, which the Upper Layer does not look at.
Status Association::AbortAsUser(std::string because) {
  Abort();
  over_because_ = "aborted: " + std::move(because);
  return OverStatus();
}

Status Association::Violation(AbortReason reason, std::string_view what) {
  Abort(reason, AbortSource::kServiceProvider);
  over_because_ = fmt::format("aborted: {}", what);
  return OverStatus();
}

// A peer that is only silent, or that we leave because we stop, can still be told; one that is gone cannot.
Status Association::Broken(const Status& status) {
  if (!is_open()) return OverStatus();
  if (status.code() == StatusCode::kOverloaded) {
    Abort(AbortReason::kNotSpecified, AbortSource::kServiceProvider);
    over_because_ = "aborted: " + status.message();
  } else {
    End(State::kAborted, status.message());
  }
  return OverStatus();
}

Status Association::OverStatus() const {
  return Status::Aborted("the association is over: " + over_because_);
}

void Association::Interrupt(bool hard) { socket_->Interrupt(hard); }

bool Association::is_interrupted() const { return socket_->is_interrupted(); }

bool Association::has_buffered_input() const {
  return pending_command_.has_value() || reader_->has_buffered();
}

int Association::socket_descriptor() const { return socket_->descriptor(); }

std::unique_ptr<Socket> Association::TakeSocket() {
  ARGENT_CHECK(!is_open());
  return std::move(socket_);
}

}  // namespace argent::ingest
