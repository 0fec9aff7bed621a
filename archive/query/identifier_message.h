// Identifiers on the wire: the Data Sets of C-FIND, C-MOVE and C-GET messages, and the negotiation the three
// services share.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/data_set.h"
#include "ingest/dimse/service.h"

namespace argent::archive {

// An identifier holds keys, not Instances; DIMSE bounds nothing, so we do.
inline constexpr size_t kIdentifierBytesMax = size_t{1} << 20;

// The identifier of the request just received, text as it came. kInvalidArgument: there is none, it is too
// long or malformed; the association goes on. When the association is over (is_open() is false) the status is
// its end.
Result<codec::DataSet> ReceiveIdentifier(ingest::Association& association,
                                         const ingest::PresentationContext& context,
                                         const ingest::Command& command);
std::string EncodeIdentifier(const codec::DataSet& identifier, const ingest::PresentationContext& context);

// Identifiers are taken in the uncompressed syntaxes, not deflated: explicit before implicit, little before
// big endian.
int ChooseIdentifierSyntax(const std::vector<std::string>& proposed);

// Which extended negotiation (PS3.4 C.5.1.1, C.5.2.1) an Association has: bytes asked for and granted.
struct NegotiatedOptions {
  bool relational = false;
  bool combined_date_time = false;
};
NegotiatedOptions ReadNegotiatedOptions(std::string_view answer);
// Grants relational queries and, where `combined_date_time` says that there is such a thing, combined
// date-time matching; no more bytes than were asked.
std::string AnswerOptions(ByteView asked, bool combined_date_time);

}  // namespace argent::archive
