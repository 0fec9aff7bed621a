// A fact: one thing that happened to the archive, as a record in the log (DESIGN, section 4). The log orders
// facts by sequence number, archive-wide; replaying them in that order gives the catalog.
#pragma once

#include <cstdint>
#include <string>

namespace argent::storage {

// Stored as u16. Numbers are never reused. A reader skips kinds it does not know, with a warning.
enum class FactKind : uint16_t {
  kInstanceReceived = 1,  // body: ingest/instance_received.h
  // Never in a segment: what a vault segment says of where an Instance lies, on its way to the catalog
  // (archive/vault/vault_adopter.h).
  kInstancePlaced = 0xFFFF,
};

struct Fact {
  uint64_t sequence = 0;  // 1, 2, 3 … without gaps
  FactKind kind{};
  std::string body;
};

}  // namespace argent::storage
