// Seeded pseudo-random numbers (splitmix64, Steele et al. 2014): the same seed gives the same run. Not for
// secrets.
#pragma once

#include <cstdint>

#include "storage/base/bytes.h"

namespace argent {

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t Next() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  // Uniform in [0, bound); bound > 0.
  uint64_t Below(uint64_t bound) { return Next() % bound; }
  bool OneIn(uint64_t n) { return Below(n) == 0; }
  void Fill(MutableByteView out) {
    for (uint8_t& byte : out) byte = static_cast<uint8_t>(Next());
  }

 private:
  uint64_t state_;
};

}  // namespace argent
