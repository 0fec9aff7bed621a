// Encoders of pdu.h.
#include "ingest/dimse/pdu.h"
#include "ingest/dimse/pdu_items.h"

namespace argent::ingest {
namespace {

void AppendBe16(std::string* out, size_t value) {
  out->push_back(static_cast<char>(value >> 8));
  out->push_back(static_cast<char>(value));
}

void AppendBe32(std::string* out, uint32_t value) {
  AppendBe16(out, value >> 16);
  AppendBe16(out, value & 0xFFFF);
}

void AppendItem(std::string* out, uint8_t type, std::string_view value) {
  out->push_back(static_cast<char>(type));
  out->push_back('\0');
  AppendBe16(out, value.size());
  out->append(value);
}

void AppendField(std::string* out, std::string_view value) {
  AppendBe16(out, value.size());
  out->append(value);
}

void AppendAeTitle(std::string* out, std::string_view title) {
  constexpr size_t kAeTitleBytes = 16;
  title = title.substr(0, kAeTitleBytes);
  out->append(title);
  out->append(kAeTitleBytes - title.size(), ' ');
}

std::string Pdu(PduType type, std::string_view body) {
  std::string pdu;
  pdu.push_back(static_cast<char>(type));
  pdu.push_back('\0');
  AppendBe32(&pdu, static_cast<uint32_t>(body.size()));
  pdu.append(body);
  return pdu;
}

std::string EncodeUserInformation(const UserInformation& info) {
  std::string out;
  std::string value;
  AppendBe32(&value, info.pdu_bytes_max);
  AppendItem(&out, kMaximumLengthItem, value);
  AppendItem(&out, kImplementationClassItem, info.implementation_class_uid);
  if (info.asynchronous_operations) {
    value.clear();
    AppendBe16(&value, info.asynchronous_operations->invoked_max);
    AppendBe16(&value, info.asynchronous_operations->performed_max);
    AppendItem(&out, kAsynchronousOperationsItem, value);
  }
  for (const RoleSelection& role : info.roles) {
    value.clear();
    AppendField(&value, role.sop_class_uid);
    value.push_back(role.scu ? 1 : 0);
    value.push_back(role.scp ? 1 : 0);
    AppendItem(&out, kRoleSelectionItem, value);
  }
  AppendItem(&out, kImplementationVersionItem, info.implementation_version);
  for (const ExtendedNegotiationItem& item : info.extended_negotiation) {
    value.clear();
    AppendField(&value, item.sop_class_uid);
    value.append(item.bytes);
    AppendItem(&out, kExtendedNegotiationItem, value);
  }
  if (info.user_identity_server_response) {
    value.clear();
    AppendField(&value, *info.user_identity_server_response);
    AppendItem(&out, kUserIdentityAcceptItem, value);
  }
  return out;
}

// The fields before the Presentation Contexts.
template <typename Message>
std::string EncodeAssociateStart(const Message& message) {
  constexpr size_t kReservedBytes = 32;
  std::string out;
  AppendBe16(&out, message.protocol_version);
  AppendBe16(&out, 0);
  AppendAeTitle(&out, message.called_ae_title);
  AppendAeTitle(&out, message.calling_ae_title);
  out.append(kReservedBytes, '\0');
  AppendItem(&out, kApplicationContextItem, message.application_context_name);
  return out;
}

}  // namespace

std::string EncodeAssociateRequest(const AssociateRequest& request) {
  std::string body = EncodeAssociateStart(request);
  for (const ProposedPresentationContext& context : request.contexts) {
    std::string value{static_cast<char>(context.id), '\0', '\0', '\0'};
    AppendItem(&value, kAbstractSyntaxItem, context.abstract_syntax);
    for (const std::string& uid : context.transfer_syntaxes) AppendItem(&value, kTransferSyntaxItem, uid);
    AppendItem(&body, kProposedContextItem, value);
  }
  AppendItem(&body, kUserInformationItem, EncodeUserInformation(request.user_information));
  return Pdu(PduType::kAssociateRq, body);
}

std::string EncodeAssociateAccept(const AssociateAccept& accept) {
  std::string body = EncodeAssociateStart(accept);
  for (const AnsweredPresentationContext& context : accept.contexts) {
    std::string value{static_cast<char>(context.id), '\0', static_cast<char>(context.result), '\0'};
    AppendItem(&value, kTransferSyntaxItem, context.transfer_syntax);
    AppendItem(&body, kAnsweredContextItem, value);
  }
  AppendItem(&body, kUserInformationItem, EncodeUserInformation(accept.user_information));
  return Pdu(PduType::kAssociateAc, body);
}

std::string EncodeAssociateReject(const AssociateReject& reject) {
  const std::string body{'\0', static_cast<char>(reject.result), static_cast<char>(reject.source),
                         static_cast<char>(reject.reason)};
  return Pdu(PduType::kAssociateRj, body);
}

std::string EncodeReleaseRequest() { return Pdu(PduType::kReleaseRq, std::string(4, '\0')); }

std::string EncodeReleaseResponse() { return Pdu(PduType::kReleaseRp, std::string(4, '\0')); }

std::string EncodeAbort(uint8_t source, uint8_t reason) {
  const std::string body{'\0', '\0', static_cast<char>(source), static_cast<char>(reason)};
  return Pdu(PduType::kAbort, body);
}

void EncodeDataHeader(uint8_t context_id, bool is_command, bool is_last, uint32_t fragment_bytes,
                      uint8_t (&out)[kPduHeaderBytes + kPdvHeaderBytes]) {
  const auto store_be32 = [](uint8_t* p, uint32_t value) {
    StoreBe16(p, static_cast<uint16_t>(value >> 16));
    StoreBe16(p + 2, static_cast<uint16_t>(value));
  };
  out[0] = static_cast<uint8_t>(PduType::kDataTf);
  out[1] = 0;
  store_be32(out + 2, fragment_bytes + kPdvHeaderBytes);
  store_be32(out + 6, fragment_bytes + 2);  // context id and control header count
  out[10] = context_id;
  out[11] = static_cast<uint8_t>((is_command ? 1 : 0) | (is_last ? 2 : 0));
}

}  // namespace argent::ingest
