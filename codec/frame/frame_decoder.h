// Decoding of single Frames as peers send them, in any Transfer Syntax of still images (PS3.5 A.4): JPEG
// baseline, extended and lossless, JPEG-LS, RLE, JPEG 2000, HTJ2K, JPEG XL, Deflated Image Frame.
//
// The bytes are hostile: sizes are read from the codestream's own header and compared with the format before
// anything of that size is allocated, the libraries' exceptions and jumps end here, and work is bounded by
// the size of the Frame (progressive scans, layers, precincts and tiles have limits).
#pragma once

#include <memory>
#include <string_view>

#include "codec/frame/pixel_format.h"
#include "storage/base/bytes.h"
#include "storage/base/status.h"

namespace argent::codec {

// What the cells that came out are, where that differs from what the Data Set said of the codestream.
struct DecodedFrame {
  // What Photometric Interpretation must say of the native cells: RGB for what was YBR_RCT, YBR_ICT or, in
  // JPEG, YBR_FULL_422; else as in the format. Upsampled chroma that was not converted is YBR_FULL.
  Photometric photometric = Photometric::kMonochrome2;
  // Bits the codestream holds for each sample; may differ from Bits Stored where the sender was careless.
  uint16_t precision = 0;
};

// True for Transfer Syntaxes FrameDecoder takes: encapsulated still images. Native syntaxes need none.
bool CanDecodeFrames(std::string_view transfer_syntax_uid);

// Threads: one object per thread; it keeps contexts and buffers from Frame to Frame.
class FrameDecoder {
 public:
  // kUnsupported when !CanDecodeFrames(uid).
  static Result<std::unique_ptr<FrameDecoder>> Create(std::string_view transfer_syntax_uid);
  virtual ~FrameDecoder() = default;

  // `codestream` is all Fragments of one Frame joined; `frame` exactly format.FrameBytes() bytes. Cells come
  // out little endian, in the format's Bits Allocated and Planar Configuration, unused high bits zero or, for
  // signed cells, the sign.
  // kInvalidArgument: malformed, or it contradicts the format. kUnsupported: a kind of codestream we have no
  // decoder for, or beyond a bound. `frame` is then unspecified.
  virtual Result<DecodedFrame> Decode(const PixelFormat& format, ByteView codestream,
                                      MutableByteView frame) = 0;
};

// For one Frame: Create() and Decode().
Result<DecodedFrame> DecodeFrame(std::string_view transfer_syntax_uid, const PixelFormat& format,
                                 ByteView codestream, MutableByteView frame);

}  // namespace argent::codec
