// Between native cells (8 or 16 bits, little endian, any Planar Configuration) and rows of 32-bit
// integers of one sample, the form the JPEG 2000 libraries work on. Internal to codec/frame/.
#pragma once

#include <cstdint>

#include "codec/frame/pixel_format.h"
#include "storage/base/bytes.h"

namespace argent::codec {

// True when the codecs that work on planes can hold such a Frame: 8 or 16 Bits Allocated, High Bit one below
// Bits Stored.
bool HasPlainCells(const PixelFormat& format);

// One row of one sample. False when a cell holds more than Bits Stored can: bits above are neither zero
// nor, for signed cells, the sign. Precondition: HasPlainCells(), row and sample in range, out of Columns.
bool LoadRow(const PixelFormat& format, ByteView frame, uint32_t sample, uint32_t row, int32_t* out);
// The other way: the low bits of each integer, as many as are allocated.
void StoreRow(const PixelFormat& format, const int32_t* in, uint32_t sample, uint32_t row,
              MutableByteView frame);

}  // namespace argent::codec
