#include "codec/frame/frame_decoder.h"

#include <fmt/format.h>

#include "codec/frame/charls.h"
#include "codec/frame/jpeg_decoder.h"
#include "codec/frame/openjpeg.h"
#include "codec/frame/plain_decoders.h"

namespace argent::codec {
namespace {

using Maker = std::unique_ptr<FrameDecoder> (*)();

struct Entry {
  std::string_view uid;
  Maker make;
};

constexpr Entry kDecoders[] = {
    {"1.2.840.10008.1.2.1.98", MakeUncompressedFrameDecoder},
    {"1.2.840.10008.1.2.4.50", MakeJpegDecoder},
    {"1.2.840.10008.1.2.4.51", MakeJpegDecoder},
    {"1.2.840.10008.1.2.4.57", MakeJpegDecoder},
    {"1.2.840.10008.1.2.4.70", MakeJpegDecoder},
    {"1.2.840.10008.1.2.4.80", MakeJpegLsDecoder},
    {"1.2.840.10008.1.2.4.81", MakeJpegLsDecoder},
    {"1.2.840.10008.1.2.4.90", MakeJ2kDecoder},
    {"1.2.840.10008.1.2.4.91", MakeJ2kDecoder},
    {"1.2.840.10008.1.2.4.201", MakeJ2kDecoder},
    {"1.2.840.10008.1.2.4.202", MakeJ2kDecoder},
    {"1.2.840.10008.1.2.4.203", MakeJ2kDecoder},
    {"1.2.840.10008.1.2.5", MakeRleDecoder},
    {"1.2.840.10008.1.2.8.1", MakeDeflatedFrameDecoder},
};

Maker FindMaker(std::string_view uid) {
  for (const Entry& entry : kDecoders) {
    if (entry.uid == uid) return entry.make;
  }
  return nullptr;
}

}  // namespace

bool CanDecodeFrames(std::string_view transfer_syntax_uid) {
  return FindMaker(transfer_syntax_uid) != nullptr;
}

Result<std::unique_ptr<FrameDecoder>> FrameDecoder::Create(std::string_view transfer_syntax_uid) {
  const Maker make = FindMaker(transfer_syntax_uid);
  if (make != nullptr) return make();
  return Status::Unsupported(
      fmt::format("Frames in Transfer Syntax \"{}\" cannot be decoded here", transfer_syntax_uid));
}

Result<DecodedFrame> DecodeFrame(std::string_view transfer_syntax_uid, const PixelFormat& format,
                                 ByteView codestream, MutableByteView frame) {
  ARGENT_ASSIGN_OR_RETURN(const std::unique_ptr<FrameDecoder> decoder,
                          FrameDecoder::Create(transfer_syntax_uid));
  return decoder->Decode(format, codestream, frame);
}

}  // namespace argent::codec
