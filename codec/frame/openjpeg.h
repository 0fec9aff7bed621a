// JPEG 2000 by OpenJPEG: lossless encoding, and decoding of JPEG 2000 and HTJ2K. Internal to codec/frame/.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "codec/frame/frame_codec.h"
#include "codec/frame/frame_decoder.h"

namespace argent::codec {

// How lossless codestreams are made; what was measured is in archive/decisions/0020-frame-codecs.md.
struct J2kParameters {
  int decompositions_max = 5;
  int smallest_side = 16;  // not halved any more
  int code_block_columns = 64;
  int code_block_rows = 64;
  bool bypass = true;            // raw bits instead of arithmetic coding in the lowest bit planes
  bool resolution_parts = true;  // a tile-part for each resolution and TLM: a preview reads the front only
};
inline constexpr J2kParameters kOpenJpegDefaults{5, 2, 64, 64, false, false};

std::unique_ptr<FrameCodec> MakeJ2kCodec(const J2kParameters& parameters);

// Of peers' Frames, J2K or HTJ2K; JP2 boxes are tolerated.
std::unique_ptr<FrameDecoder> MakeJ2kDecoder();
// A Frame of our own making: kCorruption when it is not exactly such a Frame.
Status DecodeOwnJ2kFrame(const PixelFormat& format, ByteView codestream, MutableByteView frame);

// True when Frames of this format are encoded with the reversible component transform, RGB to YBR_RCT.
bool UsesComponentTransform(const PixelFormat& format);
// Halvings of the image, at most this many and not below `smallest_side`. Below 16 they cost more than they
// give, and with more than the side has halves OpenJPEG fails.
int J2kDecompositions(const PixelFormat& format, int decompositions_max, int smallest_side);
// kInvalidArgument when the sizes differ, kUnsupported when the cells are not plain (samples.h).
Status CheckEncodable(const PixelFormat& format, ByteView frame);

}  // namespace argent::codec
