// What the DIMSE server asks of a service: which Abstract Syntaxes it serves as SCP, how it negotiates them,
// and to carry out a command. C-ECHO and C-STORE are ingest's; C-FIND, C-MOVE and C-GET are implemented
// above.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/dimse/association.h"
#include "storage/base/bytes.h"
#include "storage/base/status.h"

namespace argent::ingest {

// Thread-safe: Handle() runs for many associations at once, one thread each.
class DimseService {
 public:
  virtual ~DimseService() = default;

  // Asked of the services in the order they were given; the first that says yes gets the context.
  virtual bool Serves(std::string_view abstract_syntax) const = 0;
  // The one of `proposed` to accept, or -1 when none will do (result 4, transfer syntaxes not supported). As
  // it stands the first proposed of Explicit VR Little Endian, Implicit VR Little Endian, Deflated and
  // Explicit VR Big Endian that is there, in this order.
  virtual int ChooseTransferSyntax(std::string_view abstract_syntax,
                                   const std::vector<std::string>& proposed) const;
  // The answer to SOP Class Extended Negotiation; nullopt: none. PS3.4 C.5.1: no more bytes than were asked.
  virtual std::optional<std::string> AnswerExtendedNegotiation(std::string_view abstract_syntax,
                                                               ByteView asked) const;
  // Whether requests may be sent to a requestor that offers to be SCP of this (Role Selection; C-GET needs it
  // of Storage).
  virtual bool MayBeScu(std::string_view abstract_syntax) const;

  // Carries out one request (never a response, never a cancel), sending every response of it, the final one
  // included. The Data Set, if there is one (command.has_data_set()), has not been read; what is not taken is
  // discarded afterwards. An error ends the association: when it is still open, it is aborted. A failed
  // operation is a response, not an error.
  virtual Status Handle(Association& association, const PresentationContext& context,
                        const Command& command) = 0;
};

// Answers a request that the service does not know: 0211, unrecognized operation. Discards its Data Set.
Status RefuseOperation(Association& association, const PresentationContext& context, const Command& command);

}  // namespace argent::ingest
