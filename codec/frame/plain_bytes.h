// Bytes without a geometry, compressed by zstd: for what is no Frame (headers, plain bulk).
#pragma once

#include <string>

#include "storage/base/bytes.h"
#include "storage/base/status.h"

namespace argent::codec {

// Replaces *out with one zstd frame. `level` as zstd has it: 3 is fast, 12 dense. kInternal: no memory.
Status CompressBytes(ByteView bytes, int level, std::string* out);
// Fills `out`. kCorruption when `compressed` is damaged or does not give exactly as many bytes.
Status DecompressBytes(ByteView compressed, MutableByteView out);

}  // namespace argent::codec
