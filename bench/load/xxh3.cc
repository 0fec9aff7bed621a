#include "bench/load/xxh3.h"

#include <xxhash.h>

namespace argent::bench {

uint64_t Xxh3(ByteView bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

}  // namespace argent::bench
