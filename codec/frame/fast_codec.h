// A Frame as zstd over byte planes of horizontal differences: a tenth of JPEG 2000's time at nine tenths of
// its ratio, for what is read all day. It keeps any bytes, whatever they mean.
//
// Form of the codestream, version 1, numbers little endian:
//
//   byte 0      0xA9, so that it is never taken for another codestream
//   byte 1      version, 1
//   byte 2      bytes of a cell: 1, 2, 4 or 8
//   byte 3      cells from one to the next of the same sample in a row: the distance of a difference
//   bytes 4–11  bytes of the Frame
//   bytes 12–15 cells in a row (all samples, when these alternate): differences begin anew after as many
//   from 16     a zstd frame (RFC 8878): the planes, the lowest byte of all cells first
//
// Each cell, an unsigned integer of its bytes, is replaced by its difference from the cell `distance` before
// it in its row (from zero for the first ones), modulo its size. Frames of 1-bit cells are one row of bytes;
// cells of 24, 40, 48 or 56 bits are taken as bytes that differ from those of the cell before.
// Internal to codec/frame/.
#pragma once

#include <memory>

#include "codec/frame/frame_codec.h"

namespace argent::codec {

std::unique_ptr<FrameCodec> MakeFastCodec();

}  // namespace argent::codec
