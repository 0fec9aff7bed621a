#include "archive/retrieve/peer_table.h"

#include <charconv>

#include "ingest/dimse/negotiation.h"

namespace argent::archive {

Result<Peer> ParsePeer(std::string_view text) {
  const auto wrong = [text](const char* what) {
    return Status::InvalidArgument("peer '" + std::string(text) + "': " + what + " (expected AET@host:port)");
  };
  const size_t at = text.find('@');
  const size_t colon = text.rfind(':');
  if (at == std::string_view::npos || colon == std::string_view::npos || colon < at)
    return wrong("incomplete");
  Peer peer;
  peer.ae_title = text.substr(0, at);
  if (!ingest::IsAeTitle(peer.ae_title)) return wrong("an AE title has 1 to 16 ASCII characters");
  std::string_view host = text.substr(at + 1, colon - at - 1);
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  if (host.empty()) return wrong("no host");
  peer.host = host;
  const std::string_view port = text.substr(colon + 1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), peer.port);
  if (error != std::errc() || end != port.data() + port.size() || peer.port == 0) return wrong("no port");
  return peer;
}

}  // namespace argent::archive
