// The requestor's side: Association::Connect().
#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "codec/part10.h"
#include "ingest/dimse/association.h"
#include "ingest/dimse/pdu.h"
#include "ingest/dimse/socket.h"

namespace argent::ingest {

namespace {
// A connected descriptor, or an errno.
Result<int> ConnectTo(const addrinfo& address, std::chrono::milliseconds timeout) {
  int descriptor = socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor < 0) return Status::FromErrno(errno, "socket");
  int error = connect(descriptor, address.ai_addr, address.ai_addrlen) == 0 ? 0 : errno;
  if (error == EINPROGRESS) {
    pollfd polled{descriptor, POLLOUT, 0};
    socklen_t size = sizeof error;
    int ready = poll(&polled, 1, static_cast<int>(timeout.count()));
    error = ready == 0 ? ETIMEDOUT : errno;
    if (ready > 0) getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size);
  }
  if (error == 0) return descriptor;
  close(descriptor);
  return Status::IoError(Status::FromErrno(error, "not reachable").message());
}

Result<int> ConnectToHost(const ConnectRequest& request) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  int failure = getaddrinfo(request.host.c_str(), std::to_string(request.port).c_str(), &hints, &list);
  if (failure != 0) return Status::NotFound(fmt::format("host {}: {}", request.host, gai_strerror(failure)));
  Result<int> connected = Status::NotFound("host " + request.host + " has no address");
  for (addrinfo* address = list; address != nullptr && !connected.ok(); address = address->ai_next) {
    connected = ConnectTo(*address, request.connect_timeout);
  }
  freeaddrinfo(list);
  if (!connected.ok()) return connected.status().WithContext(fmt::format("{}:{}", request.host, request.port));
  return connected;
}

AssociateRequest MakeRequest(const ConnectRequest& request) {
  AssociateRequest pdu;
  pdu.called_ae_title = request.called_ae_title;
  pdu.calling_ae_title = request.calling_ae_title;
  uint8_t id = 1;
  for (const ProposedContext& context : request.contexts) {
    pdu.contexts.push_back({id, context.abstract_syntax, context.transfer_syntaxes});
    id = static_cast<uint8_t>(id + 2);
    if (context.as_scp || !context.as_scu) {
      pdu.user_information.roles.push_back({context.abstract_syntax, context.as_scu, context.as_scp});
    }
  }
  pdu.user_information.pdu_bytes_max = request.pdu_bytes_max;
  pdu.user_information.implementation_class_uid = codec::kImplementationClassUid;
  pdu.user_information.implementation_version = codec::kImplementationVersionName;
  for (const auto& [uid, bytes] : request.extended_negotiation) pdu.user_information.extended_negotiation.push_back({uid, bytes});
  return pdu;
}

AssociationParameters ParametersOf(const ConnectRequest& request, const AssociateRequest& asked, const AssociateAccept& answer) {
  AssociationParameters parameters;
  parameters.is_requestor = true;
  parameters.calling_ae_title = request.calling_ae_title;
  parameters.called_ae_title = request.called_ae_title;
  parameters.peer_host = request.host;
  parameters.peer_port = request.port;
  parameters.peer_pdu_bytes_max = answer.user_information.pdu_bytes_max;
  parameters.peer_implementation_class_uid = answer.user_information.implementation_class_uid;
  parameters.peer_implementation_version = answer.user_information.implementation_version;
  for (const ExtendedNegotiationItem& item : answer.user_information.extended_negotiation) {
    parameters.extended_negotiation[item.sop_class_uid] = item.bytes;
  }
  for (const AnsweredPresentationContext& context : answer.contexts) {
    size_t index = static_cast<size_t>(context.id / 2);
    if (context.result != ContextResult::kAcceptance || context.id % 2 == 0 || index >= asked.contexts.size()) continue;
    const std::string& abstract_syntax = asked.contexts[index].abstract_syntax;
    PresentationContext accepted{context.id, abstract_syntax, context.transfer_syntax, true, false};
    for (const RoleSelection& role : answer.user_information.roles) {
      if (role.sop_class_uid != abstract_syntax) continue;
      accepted.as_scu = role.scu && request.contexts[index].as_scu;
      accepted.as_scp = role.scp && request.contexts[index].as_scp;
    }
    parameters.contexts.push_back(std::move(accepted));
  }
  return parameters;
}

Result<AssociateAccept> ReceiveAnswer(Socket* socket, std::chrono::milliseconds timeout) {
  ARGENT_ASSIGN_OR_RETURN(bool ready, socket->WaitForInput(timeout));
  if (!ready) return Status::IoError("no answer to the A-ASSOCIATE-RQ");
  uint8_t header[kPduHeaderBytes];
  ARGENT_RETURN_IF_ERROR(socket->ReadExactly(header));
  uint32_t length = LoadBe32(header + 2);
  if (length > kAssociatePduBytesMax) return Status::InvalidArgument("the answer to the A-ASSOCIATE-RQ is too long");
  std::string body(length, '\0');
  ARGENT_RETURN_IF_ERROR(socket->ReadExactly({reinterpret_cast<uint8_t*>(body.data()), body.size()}));
  switch (static_cast<PduType>(header[0])) {
    case PduType::kAssociateAc: return DecodeAssociateAccept(AsBytes(body));
    case PduType::kAssociateRj: {
      ARGENT_ASSIGN_OR_RETURN(AssociateReject reject, DecodeAssociateReject(AsBytes(body)));
      return Status(reject.result == 2 ? StatusCode::kOverloaded : StatusCode::kUnsupported, "rejected: " + reject.ToString());
    }
    case PduType::kAbort: return Status::IoError("aborted by the peer: " + DecodeAbort(AsBytes(body)).ToString());
    default: return Status::IoError(fmt::format("PDU type {} instead of an answer to the A-ASSOCIATE-RQ", header[0]));
  }
}
}  // namespace

Result<std::unique_ptr<Association>> Association::Connect(const ConnectRequest& request) {
  if (request.contexts.empty() || request.contexts.size() > kPresentationContextsMax) {
    return Status::InvalidArgument("an association proposes 1 to 128 Presentation Contexts");
  }
  AssociateRequest pdu = MakeRequest(request);
  ARGENT_ASSIGN_OR_RETURN(int descriptor, ConnectToHost(request));
  auto socket = std::make_unique<Socket>(descriptor, request.read_timeout, request.write_timeout);
  std::string bytes = EncodeAssociateRequest(pdu);
  iovec piece{bytes.data(), bytes.size()};
  ARGENT_RETURN_IF_ERROR(socket->Write({&piece, 1}));
  ARGENT_ASSIGN_OR_RETURN(AssociateAccept answer, ReceiveAnswer(socket.get(), request.associate_timeout));
  return std::make_unique<Association>(std::move(socket), ParametersOf(request, pdu, answer));
}

}  // namespace argent::ingest
