// The peers a C-MOVE can send to, by AE title. Fixed after start; thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "storage/base/status.h"

namespace argent::archive {

struct Peer {
  std::string ae_title;
  std::string host;  // a name, an IPv4 or an IPv6 address
  uint16_t port = 0;
};

// "AET@host:port" or "AET@[IPv6]:port". kInvalidArgument says what is wrong with it.
Result<Peer> ParsePeer(std::string_view text);

class PeerTable {
 public:
  // The later of two with one AE title holds.
  void Add(Peer peer) { peers_[peer.ae_title] = peer; }
  std::optional<Peer> Find(std::string_view ae_title) const {
    const auto found = peers_.find(ae_title);
    return found == peers_.end() ? std::nullopt : std::optional(found->second);
  }

 private:
  std::map<std::string, Peer, std::less<>> peers_;
};

}  // namespace argent::archive
