#include "archive/query/identifier_message.h"

#include <algorithm>

#include "codec/transfer_syntax.h"

namespace argent::archive {
namespace {

constexpr size_t kRelationalByte = 0;
constexpr size_t kCombinedDateTimeByte = 1;

}  // namespace

Result<codec::DataSet> ReceiveIdentifier(ingest::Association& association,
                                         const ingest::PresentationContext& context,
                                         const ingest::Command& command) {
  if (!command.has_data_set()) return Status::InvalidArgument("no identifier");
  auto bytes = association.ReceiveDataSet(kIdentifierBytesMax);
  if (!bytes.ok() && association.is_open()) return Status::InvalidArgument("identifier too long");
  if (!bytes.ok()) return bytes.status();
  const codec::TransferSyntax syntax = codec::LookUpTransferSyntax(context.transfer_syntax);
  auto identifier =
      codec::DataSet::Parse(AsBytes(*bytes), syntax.encoding, {.bytes_max = kIdentifierBytesMax});
  if (!identifier.ok()) return Status::InvalidArgument("identifier: " + identifier.status().message());
  return identifier;
}

std::string EncodeIdentifier(const codec::DataSet& identifier, const ingest::PresentationContext& context) {
  std::string bytes;
  identifier.Serialize(codec::LookUpTransferSyntax(context.transfer_syntax).encoding, &bytes);
  return bytes;
}

int ChooseIdentifierSyntax(const std::vector<std::string>& proposed) {
  for (std::string_view wanted :
       {codec::kExplicitVrLittleEndian, codec::kImplicitVrLittleEndian, codec::kExplicitVrBigEndian}) {
    const auto found = std::find(proposed.begin(), proposed.end(), wanted);
    if (found != proposed.end()) return static_cast<int>(found - proposed.begin());
  }
  return -1;
}

NegotiatedOptions ReadNegotiatedOptions(std::string_view answer) {
  const auto granted = [answer](size_t byte) { return byte < answer.size() && answer[byte] == 1; };
  return {.relational = granted(kRelationalByte), .combined_date_time = granted(kCombinedDateTimeByte)};
}

std::string AnswerOptions(ByteView asked, bool combined_date_time) {
  std::string answer(asked.size(), '\0');
  for (size_t byte = 0; byte < asked.size(); ++byte) {
    const bool offered = byte == kRelationalByte || (byte == kCombinedDateTimeByte && combined_date_time);
    if (offered && asked[byte] == 1) answer[byte] = 1;
  }
  return answer;
}

}  // namespace argent::archive
