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
// The other way: the low bits of each integer, as many as are allocated; 1 bit too.
void StoreRow(const PixelFormat& format, const int32_t* in, uint32_t sample, uint32_t row,
              MutableByteView frame);

// A Frame as a decoder of peers' codestreams gives it.
struct DecodedCells {
  ByteView bytes;
  size_t bytes_per_sample = 1;  // 1 or 2, little endian
  bool in_planes = false;       // else the samples of a pixel follow each other
  int precision = 8;            // bits each sample holds
};

// Puts cells into the format's Bits Allocated (8 or 16, enough for the precision) and Planar Configuration.
// Where the cells are signed and the codestream knew bits only, the highest of Bits Stored becomes the sign.
// Precondition: the sizes fit.
void StoreDecoded(const PixelFormat& format, const DecodedCells& decoded, MutableByteView frame);

}  // namespace argent::codec
