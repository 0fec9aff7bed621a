// The acceptor's side of association negotiation (PS3.8 section 7.1, PS3.7 Annex D.3): a pure function of the request.
#pragma once

#include <variant>
#include <vector>

#include "ingest/dimse/association.h"
#include "ingest/dimse/pdu.h"
#include "ingest/dimse/service.h"

namespace argent::ingest {

struct AcceptPolicy {
  std::string ae_title = "ARGENT";
  std::vector<std::string> called_ae_titles;   // accepted; empty: any
  std::vector<std::string> calling_ae_titles;  // accepted; empty: any
  uint32_t pdu_bytes_max = 128 * 1024;         // that we receive
};

struct Accepted {
  AssociateAccept answer;
  AssociationParameters parameters;
};

// AssociateReject when the association is not wanted; otherwise every context has an answer, accepted or not.
std::variant<Accepted, AssociateReject> Negotiate(const AssociateRequest& request, const AcceptPolicy& policy,
                                                  const std::vector<DimseService*>& services);

}  // namespace argent::ingest
