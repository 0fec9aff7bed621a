// Lossless compression of single Frames, one implementation for each form the vault keeps Pixel Data in.
//
// A Frame goes in and comes out as native cells in Explicit VR Little Endian: little-endian words, Planar
// Configuration as in the format. What Decode() gives is every allocated bit of what Encode() was given, or
// Encode() refused; proving it all the same is the caller's business (decode, compare, only then trust).
//
// Threads: one object per thread. It keeps the library's contexts and its buffers from Frame to Frame, as
// setting them up costs as much as a small Frame; making one is cheap. Nothing is shared among objects.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "codec/frame/pixel_format.h"
#include "storage/base/bytes.h"
#include "storage/base/status.h"

namespace argent::codec {

enum class FrameCodecKind : uint8_t {
  kNone,   // the cells as they are
  kJ2k,    // JPEG 2000 by OpenJPEG (PS3.5 A.4.4, lossless only)
  kHtj2k,  // High-Throughput JPEG 2000, encoded by OpenJPH, decoded by OpenJPEG: two implementations agree
  kJxl,    // JPEG XL modular by libjxl
  kFast,   // horizontal delta, byte planes, zstd: ours (fast_codec.h), no Transfer Syntax
};

// "none", "j2k", "htj2k", "jxl", "fast": as in the configuration.
std::string_view FrameCodecName(FrameCodecKind kind);
// kInvalidArgument naming the choices when there is no codec of that name.
Result<FrameCodecKind> FrameCodecOfName(std::string_view name);

class FrameCodec {
 public:
  virtual ~FrameCodec() = default;

  virtual FrameCodecKind kind() const = 0;
  std::string_view name() const { return FrameCodecName(kind()); }

  // The lossless Transfer Syntax whose Fragments codestreams of such Frames are; empty where they are ours
  // alone: "none", "fast", and signed cells in "jxl".
  virtual std::string_view transfer_syntax_uid(const PixelFormat& /*format*/) const { return {}; }
  // What Photometric Interpretation must say of such a codestream (YBR_RCT for RGB in JPEG 2000; PS3.5
  // 8.2.4). Planar Configuration must then be 0. Decode() undoes it: its cells have the format's.
  virtual Photometric EncodedPhotometric(const PixelFormat& format) const { return format.photometric; }

  // Replaces *codestream. `frame` has exactly format.FrameBytes() bytes.
  // kUnsupported: this codec cannot hold such a Frame bit for bit (the message says why: Bits Allocated,
  // cells with bits above Bits Stored …). kInvalidArgument: the format does not validate or the sizes differ.
  // kInternal: the library failed. *codestream is then unspecified. It may well be larger than `frame`: the
  // caller judges.
  virtual Status Encode(const PixelFormat& format, ByteView frame, std::string* codestream) = 0;
  // Fills `frame`, exactly format.FrameBytes() bytes. The codestream is checked against the format before
  // anything of its size is allocated. kCorruption: it is damaged or of another Frame; then `frame` is
  // unspecified.
  virtual Status Decode(const PixelFormat& format, ByteView codestream, MutableByteView frame) = 0;
};

// kUnsupported when this build has no such codec.
Result<std::unique_ptr<FrameCodec>> MakeFrameCodec(FrameCodecKind kind);

}  // namespace argent::codec
