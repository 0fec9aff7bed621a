#include "storage/segment/checksum.h"

#include <libdeflate.h>

namespace argent::storage {

uint32_t Crc32(ByteView bytes, uint32_t seed) { return libdeflate_crc32(seed, bytes.data(), bytes.size()); }

}  // namespace argent::storage
