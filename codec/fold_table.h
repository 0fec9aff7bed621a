// Single letters to what they match as. Internal to codec/.
#pragma once

#include <cstdint>
#include <span>

namespace argent::codec {

struct FoldPair {
  uint16_t letter;
  uint16_t folded;
};

// Ascending by letter; letters that fold to themselves are not listed.
std::span<const FoldPair> FoldPairs();

}  // namespace argent::codec
