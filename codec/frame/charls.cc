#include "codec/frame/charls.h"

#include <charls/charls.h>
#include <fmt/format.h>

#include <exception>
#include <vector>

#include "codec/frame/jpeg_header.h"
#include "codec/frame/samples.h"

namespace argent::codec {
namespace {

// A buffer above this is given back after its Frame.
constexpr size_t kKeptBytesMax = size_t{64} << 20;

class JpegLsDecoder : public FrameDecoder {
 public:
  Result<DecodedFrame> Decode(const PixelFormat& format, ByteView codestream,
                              MutableByteView frame) override {
    ARGENT_RETURN_IF_ERROR(format.ValidateFrame(frame.size()));
    ARGENT_ASSIGN_OR_RETURN(const JpegHeader header, ReadJpegHeader(codestream));
    if (header.process != JpegProcess::kJpegLs) {
      return Status::InvalidArgument("another kind of JPEG where JPEG-LS was announced");
    }
    ARGENT_RETURN_IF_ERROR(CheckAgainst(header, format));
    DecodedCells decoded;
    decoded.bytes_per_sample = header.precision > 8 ? 2 : 1;
    decoded.precision = header.precision;
    ARGENT_RETURN_IF_ERROR(DecodeCells(header, codestream, &decoded));
    StoreDecoded(format, decoded, frame);
    if (cells_.capacity() > kKeptBytesMax) std::vector<uint8_t>().swap(cells_);
    const bool half_chroma = format.photometric == Photometric::kYbrFull422;  // not in JPEG-LS: all is there
    return DecodedFrame{half_chroma ? Photometric::kYbrFull : format.photometric,
                        static_cast<uint16_t>(header.precision)};
  }

 private:
  Status DecodeCells(const JpegHeader& header, ByteView codestream, DecodedCells* decoded) {
    const size_t bytes =
        size_t{header.rows} * header.columns * header.components.size() * decoded->bytes_per_sample;
    try {
      charls::jpegls_decoder decoder(codestream.data(), codestream.size());
      // It reads the header by itself: what it allocates must be what we checked.
      if (decoder.destination_size() != bytes) {
        return Status::InvalidArgument("JPEG-LS codestream: its headers contradict each other");
      }
      cells_.resize(bytes);
      decoder.decode(cells_.data(), bytes);
      decoded->in_planes = decoder.interleave_mode() == charls::interleave_mode::none;
    } catch (const std::exception& error) {
      return Status::InvalidArgument(fmt::format("CharLS: {}", error.what()));
    }
    decoded->bytes = cells_;
    return Status::Ok();
  }

  std::vector<uint8_t> cells_;
};

}  // namespace

std::unique_ptr<FrameDecoder> MakeJpegLsDecoder() { return std::make_unique<JpegLsDecoder>(); }

}  // namespace argent::codec
