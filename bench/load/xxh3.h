// XXH3-64 (seed 0) of bytes; the library stays behind this one function.
#pragma once

#include <cstdint>

#include "storage/base/bytes.h"

namespace argent::bench {

uint64_t Xxh3(ByteView bytes);

}  // namespace argent::bench
