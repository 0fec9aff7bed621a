#include "ingest/dimse/association.h"

#include <fmt/format.h>

#include <algorithm>

#include "ingest/dimse/pdu.h"
#include "ingest/dimse/socket.h"

namespace argent::ingest {

namespace {
constexpr uint32_t kControlPduBytesMax = 1024;  // A-RELEASE, A-ABORT: 4 bytes by the Standard

iovec Piece(const void* data, size_t bytes) { return {const_cast<void*>(data), bytes}; }

class StringSink final : public DataSetSink {
 public:
  explicit StringSink(size_t bytes_max) : bytes_max_(bytes_max) {}
  Result<MutableByteView> Reserve() override {
    if (filled_ == bytes_max_) return Status::Overloaded(fmt::format("the Data Set is longer than {} bytes", bytes_max_));
    bytes_.resize(std::min(bytes_max_, filled_ + 16384));
    return MutableByteView(reinterpret_cast<uint8_t*>(bytes_.data()) + filled_, bytes_.size() - filled_);
  }
  Status Advance(size_t bytes) override {
    filled_ += bytes;
    return Status::Ok();
  }
  std::string Take() {
    bytes_.resize(filled_);
    return std::move(bytes_);
  }

 private:
  const size_t bytes_max_;
  std::string bytes_;
  size_t filled_ = 0;
};
}  // namespace

std::string AssociationParameters::peer() const {
  return peer_host.find(':') == std::string::npos ? fmt::format("{}:{}", peer_host, peer_port)
                                                  : fmt::format("[{}]:{}", peer_host, peer_port);
}

Association::Association(std::unique_ptr<Socket> socket, AssociationParameters parameters)
    : parameters_(std::move(parameters)), socket_(std::move(socket)) {}

Association::~Association() { Abort(); }

const PresentationContext* Association::FindContext(uint8_t id) const {
  for (const PresentationContext& context : parameters_.contexts) {
    if (context.id == id) return &context;
  }
  return nullptr;
}

const PresentationContext* Association::FindContextAsScu(std::string_view abstract_syntax, std::string_view transfer_syntax) const {
  for (const PresentationContext& context : parameters_.contexts) {
    if (context.as_scu && context.abstract_syntax == abstract_syntax &&
        (transfer_syntax.empty() || context.transfer_syntax == transfer_syntax)) {
      return &context;
    }
  }
  return nullptr;
}

std::string_view Association::ExtendedNegotiation(std::string_view abstract_syntax) const {
  auto found = parameters_.extended_negotiation.find(abstract_syntax);
  return found == parameters_.extended_negotiation.end() ? std::string_view() : std::string_view(found->second);
}

uint16_t Association::NextMessageId() {
  last_message_id_ = last_message_id_ == 0xFFFF ? uint16_t{1} : static_cast<uint16_t>(last_message_id_ + 1);
  return last_message_id_;
}

Status Association::Over() const { return Status::Aborted("the association is over: " + over_because_); }

Status Association::Broken(const Status& status) {
  if (is_open()) {
    state_ = State::kAborted;
    over_because_ = status.message();
  }
  return Over();
}

Status Association::Violation(AbortReason reason, const std::string& message) {
  if (is_open()) {
    Abort(reason, AbortSource::kServiceProvider);
    over_because_ = "the peer broke the protocol: " + message;
  }
  return Over();
}

void Association::Abort(AbortReason reason, AbortSource source) {
  if (!is_open()) return;
  state_ = State::kAborted;
  over_because_ = "aborted by this side";
  std::string pdu = EncodeAbort(static_cast<uint8_t>(source), static_cast<uint8_t>(reason));
  iovec piece = Piece(pdu.data(), pdu.size());
  socket_->Write({&piece, 1}).IgnoreError("it is over either way");
}

Status Association::ReadPduHeader(uint8_t* type, uint32_t* length) {
  uint8_t header[kPduHeaderBytes];
  Status status = socket_->ReadExactly(header);
  if (!status.ok()) return Broken(status);
  *type = header[0];
  *length = LoadBe32(header + 2);
  return Status::Ok();
}

// What is not P-DATA-TF ends the association, in order or not (PS3.8 Table 9-10, states Sta6 and Sta7).
Status Association::OnOtherPdu(uint8_t type, uint32_t length) {
  switch (static_cast<PduType>(type)) {
    case PduType::kReleaseRq: {
      if (length > kControlPduBytesMax) return Violation(AbortReason::kInvalidPduParameterValue, "A-RELEASE-RQ is too long");
      Status status = socket_->Discard(length);
      std::string pdu = EncodeReleaseResponse();
      iovec piece = Piece(pdu.data(), pdu.size());
      if (status.ok()) status = socket_->Write({&piece, 1});
      if (!status.ok()) return Broken(status);
      state_ = State::kReleased;
      over_because_ = "released by the peer";
      return Over();
    }
    case PduType::kAbort: {
      uint8_t body[4] = {};
      Status status = socket_->ReadExactly({body, std::min<size_t>(length, sizeof body)});
      return Broken(Status::Aborted("aborted by the peer" + (status.ok() ? ": " + DecodeAbort(body).ToString() : "")));
    }
    case PduType::kAssociateRq:
    case PduType::kAssociateAc:
    case PduType::kAssociateRj:
    case PduType::kReleaseRp: return Violation(AbortReason::kUnexpectedPdu, fmt::format("PDU type {} on an open association", type));
    default: return Violation(AbortReason::kUnrecognizedPdu, fmt::format("PDU type {} does not exist", type));
  }
}

Status Association::NextFragment() {
  while (pdu_left_ == 0) {
    uint8_t type = 0;
    uint32_t length = 0;
    ARGENT_RETURN_IF_ERROR(ReadPduHeader(&type, &length));
    if (type != static_cast<uint8_t>(PduType::kDataTf)) return OnOtherPdu(type, length);
    if (length > kPduBytesMax) {
      return Violation(AbortReason::kInvalidPduParameterValue, fmt::format("a P-DATA-TF of {} bytes", length));
    }
    pdu_left_ = length;
  }
  uint8_t header[kPdvHeaderBytes];
  if (pdu_left_ < sizeof header) return Violation(AbortReason::kInvalidPduParameterValue, "a P-DATA-TF ends inside a PDV header");
  Status status = socket_->ReadExactly(header);
  if (!status.ok()) return Broken(status);
  uint32_t length = LoadBe32(header);
  if (length < 2 || length > pdu_left_ - 4) {
    return Violation(AbortReason::kInvalidPduParameterValue, fmt::format("a PDV of {} bytes in {}", length, pdu_left_ - 4));
  }
  pdu_left_ -= 4 + length;
  fragment_left_ = length - 2;
  fragment_context_ = header[4];
  fragment_is_command_ = (header[5] & 1) != 0;
  fragment_is_last_ = (header[5] & 2) != 0;
  if (FindContext(fragment_context_) == nullptr) {
    return Violation(AbortReason::kInvalidPduParameterValue, fmt::format("Presentation Context {} was not accepted", fragment_context_));
  }
  return Status::Ok();
}

Status Association::ReadCommand(ReceivedCommand* received) {
  std::string bytes;
  uint8_t context = 0;
  do {
    ARGENT_RETURN_IF_ERROR(NextFragment());
    if (!fragment_is_command_) return Violation(AbortReason::kUnexpectedPduParameter, "a Data Set without a command");
    if (context != 0 && context != fragment_context_) {
      return Violation(AbortReason::kUnexpectedPduParameter, "a command changes its Presentation Context");
    }
    context = fragment_context_;
    if (bytes.size() + fragment_left_ > Command::kBytesMax) {
      return Violation(AbortReason::kInvalidPduParameterValue, "a Command Set beyond 64 KiB");
    }
    size_t before = bytes.size();
    bytes.resize(before + fragment_left_);
    Status status = socket_->ReadExactly({reinterpret_cast<uint8_t*>(bytes.data()) + before, fragment_left_});
    if (!status.ok()) return Broken(status);
    fragment_left_ = 0;
  } while (!fragment_is_last_);
  Result<Command> command = Command::Parse(AsBytes(bytes));
  if (!command.ok()) return Violation(AbortReason::kInvalidPduParameterValue, command.status().message());
  data_set_pending_ = command->has_data_set();
  data_set_context_ = context;
  received->context = FindContext(context);
  received->command = std::move(command).value();
  return Status::Ok();
}

Result<ReceivedCommand> Association::ReceiveCommand(std::chrono::milliseconds timeout) {
  if (pending_command_) {
    ReceivedCommand received = std::move(*pending_command_);
    pending_command_.reset();
    return received;
  }
  if (!is_open()) return Over();
  if (data_set_pending_) ARGENT_RETURN_IF_ERROR(DiscardDataSet());
  if (pdu_left_ == 0) {
    Result<bool> ready = socket_->WaitForInput(timeout);
    if (!ready.ok()) {
      Abort();
      return Over();
    }
    if (!*ready) return Status::Overloaded("no command yet");
  }
  ReceivedCommand received{nullptr, Command::EchoRequest(0)};
  ARGENT_RETURN_IF_ERROR(ReadCommand(&received));
  return received;
}

Result<bool> Association::PollCancel(uint16_t message_id) {
  while (!pending_command_) {
    if (!is_open()) return Over();
    if (pdu_left_ == 0) {
      ARGENT_ASSIGN_OR_RETURN(bool ready, socket_->WaitForInput(std::chrono::milliseconds(0)));
      if (!ready) return false;
    }
    ReceivedCommand received{nullptr, Command::EchoRequest(0)};
    ARGENT_RETURN_IF_ERROR(ReadCommand(&received));
    if (received.command.field() != CommandField::kCCancelRq) {
      pending_command_ = std::move(received);
    } else if (received.command.message_id_being_responded_to() == message_id) {
      return true;
    }
  }
  return false;
}

Status Association::StreamFragment(DataSetSink* sink, Status* sink_status) {
  while (fragment_left_ > 0) {
    if (!sink_status->ok()) {
      Status status = socket_->Discard(fragment_left_);
      fragment_left_ = 0;
      return status.ok() ? status : Broken(status);
    }
    Result<MutableByteView> space = sink->Reserve();
    if (!space.ok()) {
      *sink_status = space.status();
      continue;
    }
    Result<size_t> got = socket_->ReadSome(space->first(std::min<size_t>(space->size(), fragment_left_)));
    if (!got.ok()) return Broken(got.status());
    fragment_left_ -= static_cast<uint32_t>(*got);
    *sink_status = sink->Advance(*got);
  }
  return Status::Ok();
}

Status Association::StreamDataSet(DataSetSink* sink, Status* sink_status) {
  if (!is_open()) return Over();
  if (!data_set_pending_) return Status::Internal("there is no Data Set to receive");
  data_set_pending_ = false;
  do {
    ARGENT_RETURN_IF_ERROR(NextFragment());
    if (fragment_is_command_ || fragment_context_ != data_set_context_) {
      return Violation(AbortReason::kUnexpectedPduParameter, "a command, or another Presentation Context, inside a Data Set");
    }
    ARGENT_RETURN_IF_ERROR(StreamFragment(sink, sink_status));
  } while (!fragment_is_last_);
  return Status::Ok();
}

Status Association::ReceiveDataSet(DataSetSink& sink, Status* sink_status) {
  *sink_status = Status::Ok();
  return StreamDataSet(&sink, sink_status);
}

Status Association::DiscardDataSet() {
  Status discard = Status::Aborted("not wanted");
  return StreamDataSet(nullptr, &discard);
}

Result<std::string> Association::ReceiveDataSet(size_t bytes_max) {
  StringSink sink(bytes_max);
  Status sink_status;
  ARGENT_RETURN_IF_ERROR(StreamDataSet(&sink, &sink_status));
  if (!sink_status.ok()) return sink_status;
  return sink.Take();
}

size_t Association::FragmentBytesMax() const {
  uint32_t pdu = parameters_.peer_pdu_bytes_max == 0 ? kPduBytesMax : std::min(parameters_.peer_pdu_bytes_max, kPduBytesMax);
  return std::max<size_t>(pdu, 64) - kPdvHeaderBytes;
}

Status Association::SendCommand(const PresentationContext& context, const Command& command, bool has_data_set) {
  if (!is_open()) return Over();
  std::string bytes = command.Encode(has_data_set);
  size_t fragment_max = FragmentBytesMax();
  for (size_t at = 0; at < bytes.size(); at += fragment_max) {
    size_t take = std::min(fragment_max, bytes.size() - at);
    uint8_t header[kPduHeaderBytes + kPdvHeaderBytes];
    EncodeDataHeader(context.id, true, at + take == bytes.size(), static_cast<uint32_t>(take), header);
    iovec pieces[] = {Piece(header, sizeof header), Piece(bytes.data() + at, take)};
    Status status = socket_->Write(pieces);
    if (!status.ok()) return Broken(status);
  }
  return Status::Ok();
}

// All PDUs of these bytes leave in one gathering write.
Status Association::SendFragments(uint8_t context_id, ByteView bytes, bool ends_data_set) {
  using Header = uint8_t[kPduHeaderBytes + kPdvHeaderBytes];
  size_t fragment_max = FragmentBytesMax();
  size_t count = std::max<size_t>(1, (bytes.size() + fragment_max - 1) / fragment_max);
  std::unique_ptr<Header[]> headers(new Header[count]);
  std::vector<iovec> pieces;
  for (size_t i = 0; i < count; ++i) {
    ByteView fragment = bytes.subspan(i * fragment_max, std::min(fragment_max, bytes.size() - i * fragment_max));
    EncodeDataHeader(context_id, false, ends_data_set && i + 1 == count, static_cast<uint32_t>(fragment.size()), headers[i]);
    pieces.push_back(Piece(headers[i], sizeof(Header)));
    pieces.push_back(Piece(fragment.data(), fragment.size()));
  }
  Status status = socket_->Write(pieces);
  return status.ok() ? status : Broken(status);
}

Status Association::Send(const PresentationContext& context, const Command& command) { return SendCommand(context, command, false); }

Status Association::Send(const PresentationContext& context, const Command& command, ByteView data_set) {
  ARGENT_RETURN_IF_ERROR(SendCommand(context, command, true));
  return SendFragments(context.id, data_set, true);
}

Status Association::Send(const PresentationContext& context, const Command& command, DataSetSource& source) {
  ARGENT_RETURN_IF_ERROR(SendCommand(context, command, true));
  // Only the end tells which fragment is the last: each piece's last one waits for the next piece.
  std::string held;
  while (true) {
    Result<ByteView> piece = source.Next();
    if (!piece.ok()) {
      Abort();
      return piece.status();
    }
    if (piece->empty()) return SendFragments(context.id, AsBytes(held), true);
    if (!held.empty()) ARGENT_RETURN_IF_ERROR(SendFragments(context.id, AsBytes(held), false));
    size_t hold = std::min(piece->size(), FragmentBytesMax());
    ByteView now = piece->first(piece->size() - hold);
    if (!now.empty()) ARGENT_RETURN_IF_ERROR(SendFragments(context.id, now, false));
    held.assign(AsText(piece->last(hold)));
  }
}

Status Association::Release(std::chrono::milliseconds timeout) {
  if (!is_open()) return Over();
  std::string pdu = EncodeReleaseRequest();
  iovec piece = Piece(pdu.data(), pdu.size());
  Status status = socket_->Write({&piece, 1});
  while (status.ok()) {
    Result<bool> ready = socket_->WaitForInput(timeout);
    if (!ready.ok() || !*ready) {
      Abort();
      return Status::Aborted("the peer did not answer the release");
    }
    uint8_t type = 0;
    uint32_t length = 0;
    ARGENT_RETURN_IF_ERROR(ReadPduHeader(&type, &length));
    if (type == static_cast<uint8_t>(PduType::kReleaseRp)) {
      state_ = State::kReleased;
      over_because_ = "released by this side";
      return Status::Ok();
    }
    if (type != static_cast<uint8_t>(PduType::kDataTf) || length > kPduBytesMax) return OnOtherPdu(type, length);
    status = socket_->Discard(length);
  }
  return Broken(status);
}

void Association::Interrupt(bool hard) { socket_->Interrupt(hard); }
bool Association::is_interrupted() const { return socket_->interrupted(); }
bool Association::has_buffered_input() const { return pending_command_ || pdu_left_ > 0 || socket_->has_buffered_input(); }
Result<bool> Association::WaitForInput(std::chrono::milliseconds timeout) { return socket_->WaitForInput(timeout); }
int Association::socket_descriptor() const { return socket_->descriptor(); }

}  // namespace argent::ingest
