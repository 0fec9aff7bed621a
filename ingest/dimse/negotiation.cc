#include "ingest/dimse/negotiation.h"

#include <algorithm>

#include "codec/part10.h"

namespace argent::ingest {

namespace {
bool Allows(const std::vector<std::string>& list, const std::string& ae_title) {
  return list.empty() || std::find(list.begin(), list.end(), ae_title) != list.end();
}

DimseService* ServiceOf(const std::vector<DimseService*>& services, const std::string& abstract_syntax) {
  for (DimseService* service : services) {
    if (service->Serves(abstract_syntax)) return service;
  }
  return nullptr;
}

// PS3.7 D.3.3.4: what the requestor offers to be, cut to what we would ask of it. Without the item it is SCU.
RoleSelection AnswerRole(const AssociateRequest& request, const DimseService& service, const std::string& abstract_syntax) {
  for (const RoleSelection& asked : request.user_information.roles) {
    if (asked.sop_class_uid == abstract_syntax) return {abstract_syntax, asked.scu, asked.scp && service.MayBeScu(abstract_syntax)};
  }
  return {abstract_syntax, true, false};
}

void AnswerContext(const AssociateRequest& request, const ProposedPresentationContext& proposed, DimseService* service,
                   Accepted* accepted) {
  AnsweredPresentationContext answer{proposed.id, ContextResult::kAbstractSyntaxNotSupported, proposed.transfer_syntaxes.front()};
  if (service != nullptr) {
    int chosen = service->ChooseTransferSyntax(proposed.abstract_syntax, proposed.transfer_syntaxes);
    answer.result = chosen < 0 ? ContextResult::kTransferSyntaxesNotSupported : ContextResult::kAcceptance;
    if (chosen >= 0) {
      answer.transfer_syntax = proposed.transfer_syntaxes[static_cast<size_t>(chosen)];
      RoleSelection role = AnswerRole(request, *service, proposed.abstract_syntax);
      accepted->parameters.contexts.push_back(
          {proposed.id, proposed.abstract_syntax, answer.transfer_syntax, role.scp, role.scu});
    }
  }
  accepted->answer.contexts.push_back(std::move(answer));
}

void AnswerUserInformation(const AssociateRequest& request, const AcceptPolicy& policy, const std::vector<DimseService*>& services,
                           Accepted* accepted) {
  UserInformation& answer = accepted->answer.user_information;
  answer.pdu_bytes_max = policy.pdu_bytes_max;
  answer.implementation_class_uid = codec::kImplementationClassUid;
  answer.implementation_version = codec::kImplementationVersionName;
  if (request.user_information.asynchronous_operations) answer.asynchronous_operations = AsynchronousOperations{1, 1};
  for (const RoleSelection& asked : request.user_information.roles) {
    DimseService* service = ServiceOf(services, asked.sop_class_uid);
    if (service != nullptr) answer.roles.push_back(AnswerRole(request, *service, asked.sop_class_uid));
  }
  for (const ExtendedNegotiationItem& asked : request.user_information.extended_negotiation) {
    DimseService* service = ServiceOf(services, asked.sop_class_uid);
    auto bytes = service == nullptr ? std::nullopt : service->AnswerExtendedNegotiation(asked.sop_class_uid, AsBytes(asked.bytes));
    if (!bytes) continue;
    answer.extended_negotiation.push_back({asked.sop_class_uid, *bytes});
    accepted->parameters.extended_negotiation[asked.sop_class_uid] = *bytes;
  }
  // The identity is taken note of, not checked: AE titles and user names are no authentication here.
  const auto& identity = request.user_information.user_identity;
  if (identity && identity->positive_response_requested) answer.user_identity_server_response = std::string();
}
}  // namespace

std::variant<Accepted, AssociateReject> Negotiate(const AssociateRequest& request, const AcceptPolicy& policy,
                                                  const std::vector<DimseService*>& services) {
  if ((request.protocol_version & 1) == 0) return kRejectProtocolVersion;
  if (request.application_context_name != kApplicationContextName) return kRejectApplicationContext;
  if (!Allows(policy.called_ae_titles, request.called_ae_title)) return kRejectCalledAeTitle;
  if (!Allows(policy.calling_ae_titles, request.calling_ae_title)) return kRejectCallingAeTitle;
  Accepted accepted;
  accepted.answer.called_ae_title = request.called_ae_title;
  accepted.answer.calling_ae_title = request.calling_ae_title;
  accepted.parameters.called_ae_title = request.called_ae_title;
  accepted.parameters.calling_ae_title = request.calling_ae_title;
  accepted.parameters.peer_pdu_bytes_max = request.user_information.pdu_bytes_max;
  accepted.parameters.peer_implementation_class_uid = request.user_information.implementation_class_uid;
  accepted.parameters.peer_implementation_version = request.user_information.implementation_version;
  if (const auto& identity = request.user_information.user_identity) {
    accepted.parameters.user_identity = {identity->type, identity->primary};
  }
  for (const ProposedPresentationContext& proposed : request.contexts) {
    AnswerContext(request, proposed, ServiceOf(services, proposed.abstract_syntax), &accepted);
  }
  AnswerUserInformation(request, policy, services, &accepted);
  return accepted;
}

}  // namespace argent::ingest
