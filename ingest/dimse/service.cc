#include "ingest/dimse/service.h"

#include <algorithm>

#include "codec/transfer_syntax.h"
#include "ingest/dimse/status.h"

namespace argent::ingest {

int DimseService::ChooseTransferSyntax(std::string_view, const std::vector<std::string>& proposed) const {
  for (const std::string_view wanted :
       {codec::kExplicitVrLittleEndian, codec::kImplicitVrLittleEndian,
        codec::kDeflatedExplicitVrLittleEndian, codec::kExplicitVrBigEndian}) {
    const auto found = std::find(proposed.begin(), proposed.end(), wanted);
    if (found != proposed.end()) return static_cast<int>(found - proposed.begin());
  }
  return -1;
}

std::optional<std::string> DimseService::AnswerExtendedNegotiation(std::string_view, ByteView) const {
  return std::nullopt;
}

bool DimseService::MayBeScu(std::string_view) const { return false; }

Status RefuseOperation(Association& association, const PresentationContext& context, const Command& command) {
  ARGENT_RETURN_IF_ERROR(association.DiscardDataSet());
  Command response = Command::Response(command, dimse_status::kUnrecognizedOperation);
  response.SetErrorComment(CommandFieldName(command.field()) + " is not an operation of this SOP Class");
  return association.Send(context, response);
}

}  // namespace argent::ingest
