// The acceptor's side of association negotiation (PS3.8 section 7.1, PS3.7 Annex D.3): a pure function of the
// request, the policy and the services.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "ingest/dimse/association.h"
#include "ingest/dimse/pdu.h"
#include "ingest/dimse/service.h"

namespace argent::ingest {

struct AcceptPolicy {
  std::string ae_title = "ARGENT";                  // ours
  std::vector<std::string> called_ae_titles = {};   // that we answer to besides ours; empty: any
  std::vector<std::string> calling_ae_titles = {};  // that may call; empty: any
  uint32_t pdu_bytes_max = 128 * 1024;              // that we receive; kPduBytesMin to kPduBytesMax
};

struct AcceptedAssociation {
  AssociateAccept answer;
  AssociationParameters parameters;  // all but the peer's address
};

// A peer that receives less cannot be sent a command in a sensible number of PDUs. Devices are seen with 4
// KiB, none with less than 1.
inline constexpr uint32_t kPeerPduBytesMin = 256;

// 1 to 16 characters of ASCII, no space at either end. Control characters and the backslash are no part of an
// AE (PS3.5 6.2), and would go into logs and records.
bool IsAeTitle(std::string_view title);

// The service that has the Abstract Syntax; null when none.
DimseService* FindService(const std::vector<DimseService*>& services, std::string_view abstract_syntax);

// Each Presentation Context of the request gets an answer. An association on which none is accepted is
// accepted nevertheless, as the Standard has it: the requestor decides what to do with it.
std::variant<AcceptedAssociation, AssociateReject> Negotiate(const AssociateRequest& request,
                                                             const AcceptPolicy& policy,
                                                             const std::vector<DimseService*>& services);

}  // namespace argent::ingest
