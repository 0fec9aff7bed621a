// The requestor's side: Association::Connect().
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "codec/part10.h"
#include "ingest/dimse/association.h"
#include "ingest/dimse/negotiation.h"
#include "ingest/dimse/pdu.h"
#include "ingest/dimse/pdv_reader.h"
#include "ingest/dimse/socket.h"

namespace argent::ingest {
namespace {

using std::chrono::milliseconds;

Status CheckRequest(const ConnectRequest& request) {
  if (request.contexts.empty() || request.contexts.size() > kPresentationContextsMax) {
    return Status::InvalidArgument("an association proposes 1 to 128 Presentation Contexts");
  }
  for (const ProposedContext& context : request.contexts) {
    if (context.abstract_syntax.empty() || context.transfer_syntaxes.empty()) {
      return Status::InvalidArgument("a Presentation Context needs an Abstract Syntax and a Transfer Syntax");
    }
  }
  return Status::Ok();
}

AssociateRequest MakeAssociateRequest(const ConnectRequest& request) {
  AssociateRequest pdu;
  pdu.called_ae_title = request.called_ae_title;
  pdu.calling_ae_title = request.calling_ae_title;
  UserInformation& info = pdu.user_information;
  info.pdu_bytes_max = request.pdu_bytes_max;
  info.implementation_class_uid = codec::kImplementationClassUid;
  info.implementation_version = codec::kImplementationVersionName;
  uint8_t id = 1;
  for (const ProposedContext& context : request.contexts) {
    pdu.contexts.push_back({id, context.abstract_syntax, context.transfer_syntaxes});
    id = static_cast<uint8_t>(id + 2);
    const bool is_default_role = context.as_scu && !context.as_scp;
    // One item for each SOP Class, of which there may be several contexts.
    const bool is_listed = !info.roles.empty() && info.roles.back().sop_class_uid == context.abstract_syntax;
    if (!is_default_role && !is_listed)
      info.roles.push_back({context.abstract_syntax, context.as_scu, context.as_scp});
  }
  for (const auto& [uid, bytes] : request.extended_negotiation)
    info.extended_negotiation.push_back({uid, bytes});
  return pdu;
}

PresentationContext MakeContext(const ProposedContext& proposed, const AnsweredPresentationContext& answered,
                                const UserInformation& info) {
  // Without an answer to Role Selection the defaults hold (PS3.7 D.3.3.4).
  PresentationContext context{answered.id, proposed.abstract_syntax, answered.transfer_syntax, true, false};
  for (const RoleSelection& role : info.roles) {
    if (role.sop_class_uid != proposed.abstract_syntax) continue;
    context.as_scu = role.scu && proposed.as_scu;
    context.as_scp = role.scp && proposed.as_scp;
  }
  return context;
}

AssociationParameters MakeParameters(const ConnectRequest& request, const AssociateAccept& accept) {
  AssociationParameters parameters;
  parameters.is_requestor = true;
  parameters.calling_ae_title = request.calling_ae_title;
  parameters.called_ae_title = request.called_ae_title;
  parameters.peer_pdu_bytes_max = accept.user_information.pdu_bytes_max;
  parameters.peer_implementation_class_uid = accept.user_information.implementation_class_uid;
  parameters.peer_implementation_version = accept.user_information.implementation_version;
  for (const ExtendedNegotiationItem& item : accept.user_information.extended_negotiation) {
    parameters.extended_negotiation[item.sop_class_uid] = item.bytes;
  }
  for (const AnsweredPresentationContext& answered : accept.contexts) {
    const size_t index = answered.id / 2;
    const bool was_proposed = answered.id % 2 == 1 && index < request.contexts.size();
    if (!was_proposed || answered.result != ContextResult::kAcceptance) continue;
    parameters.contexts.push_back(MakeContext(request.contexts[index], answered, accept.user_information));
  }
  return parameters;
}

// The answer is small and comes once: read by its exact length, so that nothing behind it is lost.
class AnswerReader {
 public:
  AnswerReader(Socket* socket, milliseconds timeout)
      : socket_(socket), deadline_(std::chrono::steady_clock::now() + timeout) {}

  Status Read(MutableByteView out) {
    while (!out.empty()) {
      const auto left = std::chrono::ceil<milliseconds>(deadline_ - std::chrono::steady_clock::now());
      if (!socket_->WaitReadable(std::max(left, milliseconds(0)))) {
        return Status::IoError("no answer to A-ASSOCIATE-RQ in time");
      }
      ARGENT_ASSIGN_OR_RETURN(const size_t count, socket_->ReadAvailable(out));
      out = out.subspan(count);
    }
    return Status::Ok();
  }

 private:
  Socket* const socket_;
  const std::chrono::steady_clock::time_point deadline_;
};

Result<AssociateAccept> ReceiveAnswer(Socket* socket, milliseconds timeout) {
  AnswerReader reader(socket, timeout);
  uint8_t header[kPduHeaderBytes];
  ARGENT_RETURN_IF_ERROR(reader.Read(header));
  const uint32_t length = LoadBe32(header + 2);
  if (length > kAssociatePduBytesMax) {
    return Status::IoError(fmt::format("an answer of {} bytes to A-ASSOCIATE-RQ", length));
  }
  std::string body(length, '\0');
  ARGENT_RETURN_IF_ERROR(reader.Read({reinterpret_cast<uint8_t*>(body.data()), body.size()}));
  switch (static_cast<PduType>(header[0])) {
    case PduType::kAssociateAc:
      return DecodeAssociateAccept(AsBytes(body));
    case PduType::kAssociateRj: {
      ARGENT_ASSIGN_OR_RETURN(const AssociateReject reject, DecodeAssociateReject(AsBytes(body)));
      const StatusCode code = reject.result == 2 ? StatusCode::kOverloaded : StatusCode::kUnsupported;
      return Status(code, "association rejected: " + reject.ToString());
    }
    case PduType::kAbort:
      return Status::IoError("association aborted by the peer, " + DecodeAbort(AsBytes(body)).ToString());
    default:
      return Status::IoError(
          fmt::format("PDU of type {} instead of an answer to A-ASSOCIATE-RQ", int{header[0]}));
  }
}

}  // namespace

Result<std::unique_ptr<Association>> Association::Connect(const ConnectRequest& request) {
  ARGENT_RETURN_IF_ERROR(CheckRequest(request));
  const std::string pdu = EncodeAssociateRequest(MakeAssociateRequest(request));
  if (pdu.size() > kPduHeaderBytes + kAssociatePduBytesMax) {
    return Status::InvalidArgument("the Presentation Contexts do not fit in an A-ASSOCIATE-RQ of 64 KiB");
  }
  ARGENT_ASSIGN_OR_RETURN(auto socket, Socket::Connect(request.host, request.port, request.connect_timeout));
  socket->SetTimeouts(request.read_timeout, request.write_timeout);
  iovec buffer{const_cast<char*>(pdu.data()), pdu.size()};  // sendmsg only reads it
  ARGENT_RETURN_IF_ERROR(socket->WriteAll({&buffer, 1}));
  auto accept = ReceiveAnswer(socket.get(), request.associate_timeout);
  const std::string where =
      fmt::format("{} at {} port {}", request.called_ae_title, request.host, request.port);
  if (!accept.ok()) return accept.status().WithContext(where);
  AssociationParameters parameters = MakeParameters(request, *accept);
  if (parameters.peer_pdu_bytes_max != 0 && parameters.peer_pdu_bytes_max < kPeerPduBytesMin) {
    return Status::Unsupported(
        fmt::format("{} receives PDUs of {} bytes only", where, parameters.peer_pdu_bytes_max));
  }
  const SocketAddress address = PeerAddress(socket->descriptor());
  parameters.peer_host = address.host;
  parameters.peer_port = address.port;
  return std::make_unique<Association>(std::move(socket), std::move(parameters));
}

}  // namespace argent::ingest
