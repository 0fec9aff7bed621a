#include "ingest/dimse/negotiation.h"

#include <algorithm>

#include "codec/part10.h"

namespace argent::ingest {
namespace {

using Services = std::vector<DimseService*>;

bool Allows(const std::vector<std::string>& list, const std::string& ae_title) {
  return list.empty() || std::find(list.begin(), list.end(), ae_title) != list.end();
}

// PS3.7 D.3.3.4: what the requestor offers to be, cut to what would be asked of it.
RoleSelection AnswerRole(const RoleSelection& asked, const DimseService& service) {
  return {asked.sop_class_uid, asked.scu, asked.scp && service.MayBeScu(asked.sop_class_uid)};
}

// Without a Role Selection item the requestor is SCU.
RoleSelection RoleOf(const AssociateRequest& request, const DimseService& service,
                     const std::string& abstract_syntax) {
  for (const RoleSelection& asked : request.user_information.roles) {
    if (asked.sop_class_uid == abstract_syntax) return AnswerRole(asked, service);
  }
  return {abstract_syntax, true, false};
}

void AnswerContext(const AssociateRequest& request, const ProposedPresentationContext& proposed,
                   const DimseService* service, AcceptedAssociation* accepted) {
  AnsweredPresentationContext answer{proposed.id, ContextResult::kAbstractSyntaxNotSupported,
                                     proposed.transfer_syntaxes.front()};
  const int chosen = service == nullptr ? -1
                                        : service->ChooseTransferSyntax(proposed.abstract_syntax,
                                                                        proposed.transfer_syntaxes);
  if (chosen >= 0) {
    answer.result = ContextResult::kAcceptance;
    answer.transfer_syntax = proposed.transfer_syntaxes[static_cast<size_t>(chosen)];
    const RoleSelection role = RoleOf(request, *service, proposed.abstract_syntax);
    accepted->parameters.contexts.push_back({.id = proposed.id,
                                             .abstract_syntax = proposed.abstract_syntax,
                                             .transfer_syntax = answer.transfer_syntax,
                                             .as_scu = role.scp,
                                             .as_scp = role.scu});
  } else if (service != nullptr) {
    answer.result = ContextResult::kTransferSyntaxesNotSupported;
  }
  accepted->answer.contexts.push_back(std::move(answer));
}

void AnswerExtendedNegotiation(const AssociateRequest& request, const Services& services,
                               AcceptedAssociation* accepted) {
  for (const ExtendedNegotiationItem& asked : request.user_information.extended_negotiation) {
    const DimseService* service = FindService(services, asked.sop_class_uid);
    if (service == nullptr) continue;
    auto bytes = service->AnswerExtendedNegotiation(asked.sop_class_uid, AsBytes(asked.bytes));
    if (!bytes) continue;
    accepted->answer.user_information.extended_negotiation.push_back({asked.sop_class_uid, *bytes});
    accepted->parameters.extended_negotiation[asked.sop_class_uid] = std::move(*bytes);
  }
}

// The identity is noted, not checked: that is TLS's to do. A user name gets the response it asks for, which
// is empty and says that it is accepted as it stands; a ticket, an assertion or a token would need a real
// answer, and without one the requestor knows that it was not understood (PS3.7 D.3.3.7.2).
void AnswerUserIdentity(const AssociateRequest& request, AcceptedAssociation* accepted) {
  constexpr uint8_t kUserNameAndPasscode = 2;
  const auto& identity = request.user_information.user_identity;
  if (!identity) return;
  accepted->parameters.user_identity = {identity->type, identity->primary};
  if (identity->positive_response_requested && identity->type <= kUserNameAndPasscode) {
    accepted->answer.user_information.user_identity_server_response = std::string();
  }
}

void AnswerUserInformation(const AssociateRequest& request, const AcceptPolicy& policy,
                           const Services& services, AcceptedAssociation* accepted) {
  UserInformation& answer = accepted->answer.user_information;
  answer.pdu_bytes_max = policy.pdu_bytes_max;
  answer.implementation_class_uid = codec::kImplementationClassUid;
  answer.implementation_version = codec::kImplementationVersionName;
  if (request.user_information.asynchronous_operations)
    answer.asynchronous_operations = AsynchronousOperations{1, 1};
  for (const RoleSelection& asked : request.user_information.roles) {
    const DimseService* service = FindService(services, asked.sop_class_uid);
    if (service != nullptr) answer.roles.push_back(AnswerRole(asked, *service));
  }
  AnswerExtendedNegotiation(request, services, accepted);
  AnswerUserIdentity(request, accepted);
}

AcceptedAssociation Echo(const AssociateRequest& request) {
  AcceptedAssociation accepted;
  accepted.answer.called_ae_title = request.called_ae_title;
  accepted.answer.calling_ae_title = request.calling_ae_title;
  accepted.parameters.called_ae_title = request.called_ae_title;
  accepted.parameters.calling_ae_title = request.calling_ae_title;
  accepted.parameters.peer_pdu_bytes_max = request.user_information.pdu_bytes_max;
  accepted.parameters.peer_implementation_class_uid = request.user_information.implementation_class_uid;
  accepted.parameters.peer_implementation_version = request.user_information.implementation_version;
  return accepted;
}

}  // namespace

bool IsAeTitle(std::string_view title) {
  constexpr size_t kCharactersMax = 16;
  if (title.empty() || title.size() > kCharactersMax || title.front() == ' ' || title.back() == ' ')
    return false;
  return std::all_of(title.begin(), title.end(), [](char c) { return c >= 0x20 && c < 0x7F && c != '\\'; });
}

DimseService* FindService(const Services& services, std::string_view abstract_syntax) {
  const auto serves = [abstract_syntax](const DimseService* service) {
    return service->Serves(abstract_syntax);
  };
  const auto found = std::find_if(services.begin(), services.end(), serves);
  return found == services.end() ? nullptr : *found;
}

std::variant<AcceptedAssociation, AssociateReject> Negotiate(const AssociateRequest& request,
                                                             const AcceptPolicy& policy,
                                                             const Services& services) {
  if ((request.protocol_version & 1) == 0) return kRejectProtocolVersion;
  if (request.application_context_name != kApplicationContextName) return kRejectApplicationContext;
  const std::string& called = request.called_ae_title;
  const bool is_for_us = called == policy.ae_title || Allows(policy.called_ae_titles, called);
  if (!IsAeTitle(called) || !is_for_us) return kRejectCalledAeTitle;
  if (!IsAeTitle(request.calling_ae_title) || !Allows(policy.calling_ae_titles, request.calling_ae_title)) {
    return kRejectCallingAeTitle;
  }
  const uint32_t peer_pdu_bytes_max = request.user_information.pdu_bytes_max;
  if (request.contexts.empty() || (peer_pdu_bytes_max != 0 && peer_pdu_bytes_max < kPeerPduBytesMin)) {
    return kRejectNoReason;
  }
  AcceptedAssociation accepted = Echo(request);
  for (const ProposedPresentationContext& proposed : request.contexts) {
    AnswerContext(request, proposed, FindService(services, proposed.abstract_syntax), &accepted);
  }
  std::sort(accepted.parameters.contexts.begin(), accepted.parameters.contexts.end(),
            [](const PresentationContext& a, const PresentationContext& b) { return a.id < b.id; });
  AnswerUserInformation(request, policy, services, &accepted);
  return accepted;
}

}  // namespace argent::ingest
