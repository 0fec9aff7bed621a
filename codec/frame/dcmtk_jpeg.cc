#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmjpeg/djcparam.h>
#include <dcmtk/dcmjpeg/djdijg12.h>
#include <dcmtk/dcmjpeg/djdijg16.h>
#include <dcmtk/dcmjpeg/djdijg8.h>
#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <limits>
#include <memory>

#include "codec/dcmtk_setup.h"
#include "codec/frame/jpeg_decoder.h"

namespace argent::codec {
namespace {

std::unique_ptr<DJDecoder> MakeDecoder(const DJCodecParameter& parameters, int precision) {
  if (precision <= 8) return std::make_unique<DJDecompressIJG8Bit>(parameters, OFFalse);
  if (precision <= 12) return std::make_unique<DJDecompressIJG12Bit>(parameters, OFFalse);
  return std::make_unique<DJDecompressIJG16Bit>(parameters, OFFalse);
}

// The decoder asks for more where the end marker is missing, even when it has all rows.
ByteView WithEnd(const JpegHeader& header, ByteView codestream, std::vector<uint8_t>* copy) {
  if (header.is_complete) return codestream;
  copy->resize(codestream.size() + 2);
  std::copy(codestream.begin(), codestream.end(), copy->begin());
  (*copy)[codestream.size()] = 0xFF;
  (*copy)[codestream.size() + 1] = 0xD9;
  return *copy;
}

Status DecodeWith(DJDecoder* decoder, ByteView codestream, std::vector<uint8_t>* cells) {
  constexpr size_t kMax = std::numeric_limits<Uint32>::max();
  if (codestream.size() > kMax || cells->size() > kMax)
    return Status::Unsupported("a JPEG Frame above 4 GiB");
  OFCondition condition = decoder->init();
  if (condition.good()) {
    // It only reads, although it does not say so.
    condition = decoder->decode(const_cast<Uint8*>(codestream.data()), static_cast<Uint32>(codestream.size()),
                                cells->data(), static_cast<Uint32>(cells->size()), OFFalse);
  }
  if (condition.good()) return Status::Ok();
  return Status::InvalidArgument(
      fmt::format("DCMTK does not decode the JPEG codestream: {}", condition.text()));
}

}  // namespace

Status DecodeDcmtkJpeg(const JpegHeader& header, ByteView codestream, std::vector<uint8_t>* cells) {
  SetUpDcmtk();
  std::vector<uint8_t> copy;
  codestream = WithEnd(header, codestream, &copy);
  const size_t bytes_per_sample = header.precision > 8 ? 2 : 1;
  cells->assign(size_t{header.rows} * header.columns * header.components.size() * bytes_per_sample, 0);
  try {
    // Colours are never converted.
    const DJCodecParameter parameters(ECC_lossyYCbCr, EDC_never, EUC_default, EPC_default);
    const std::unique_ptr<DJDecoder> decoder = MakeDecoder(parameters, header.precision);
    return DecodeWith(decoder.get(), codestream, cells);
  } catch (const std::exception& error) {
    return Status::Internal(fmt::format("DCMTK: {}", error.what()));
  }
}

}  // namespace argent::codec
