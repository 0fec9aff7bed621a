#include "codec/frame/jpeg_decoder.h"

#include <fmt/format.h>

#include "codec/frame/samples.h"

namespace argent::codec {
namespace {

// A buffer above this is given back after its Frame.
constexpr size_t kKeptBytesMax = size_t{64} << 20;

// Lossy colour is YCbCr unless something says RGB. The markers know better than the Data Set, which senders
// copy from before the compression: Adobe's says it outright, JFIF allows YCbCr only, and components called
// R, G and B are that.
bool IsYbr(const JpegHeader& header, const PixelFormat& format) {
  const bool lossy = header.process != JpegProcess::kLossless;
  if (header.components.size() != 3 || !lossy) return false;
  if (header.adobe_transform >= 0) return header.adobe_transform == 1;
  const auto& components = header.components;
  if (components[0].id == 'R' && components[1].id == 'G' && components[2].id == 'B') return false;
  return header.has_jfif || format.photometric != Photometric::kRgb;
}

bool IsSubsampled(Photometric photometric) {
  return photometric == Photometric::kYbrFull422 || photometric == Photometric::kYbrPartial422 ||
         photometric == Photometric::kYbrPartial420;
}

class JpegDecoder : public FrameDecoder {
 public:
  Result<DecodedFrame> Decode(const PixelFormat& format, ByteView codestream,
                              MutableByteView frame) override {
    ARGENT_RETURN_IF_ERROR(format.ValidateFrame(frame.size()));
    ARGENT_ASSIGN_OR_RETURN(const JpegHeader header, ReadJpegHeader(codestream));
    if (header.process == JpegProcess::kJpegLs)
      return Status::InvalidArgument("JPEG-LS where JPEG was announced");
    ARGENT_RETURN_IF_ERROR(CheckAgainst(header, format));
    const bool turbo = header.process != JpegProcess::kLossless && header.precision == 8;
    const bool to_rgb = turbo && IsYbr(header, format);
    const Status status = turbo ? DecodeTurboJpeg(header, codestream,
                                                  to_rgb ? JpegColour::kYbrToRgb : JpegColour::kAsIs, &cells_)
                                : DecodeDcmtkJpeg(header, codestream, &cells_);
    ARGENT_RETURN_IF_ERROR(status);
    DecodedCells decoded;
    decoded.bytes = cells_;
    decoded.bytes_per_sample = header.precision > 8 ? 2 : 1;
    decoded.precision = header.precision;
    StoreDecoded(format, decoded, frame);
    if (cells_.capacity() > kKeptBytesMax) std::vector<uint8_t>().swap(cells_);
    return DecodedFrame{Output(header, format, to_rgb), static_cast<uint16_t>(header.precision)};
  }

 private:
  static Photometric Output(const JpegHeader& header, const PixelFormat& format, bool to_rgb) {
    if (header.components.size() != 3) return format.photometric;
    if (to_rgb) return Photometric::kRgb;
    const bool lossy = header.process != JpegProcess::kLossless;
    if (lossy && !IsYbr(header, format)) return Photometric::kRgb;
    return IsSubsampled(format.photometric) ? Photometric::kYbrFull : format.photometric;
  }

  std::vector<uint8_t> cells_;
};

}  // namespace

std::unique_ptr<FrameDecoder> MakeJpegDecoder() { return std::make_unique<JpegDecoder>(); }

}  // namespace argent::codec
