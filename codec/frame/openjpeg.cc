#include "codec/frame/openjpeg.h"

#include <fmt/format.h>
#include <openjpeg-2.5/openjpeg.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "codec/frame/j2k_header.h"
#include "codec/frame/samples.h"
#include "codec/transfer_syntax.h"

namespace argent::codec {
namespace {

// The library's own 1 MiB for each stream would be mapped and unmapped for each Frame.
constexpr size_t kStreamBufferBytes = size_t{64} << 10;

template <auto kFree>
struct Free {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};
using Codec = std::unique_ptr<opj_codec_t, Free<opj_destroy_codec>>;
using Stream = std::unique_ptr<opj_stream_t, Free<opj_stream_destroy>>;
using Image = std::unique_ptr<opj_image_t, Free<opj_image_destroy>>;

// The first thing the library complains of; what follows are consequences.
void KeepMessage(const char* message, void* text) {
  auto* const kept = static_cast<std::string*>(text);
  if (!kept->empty()) return;
  kept->assign(message, std::min<size_t>(std::strlen(message), 200));
  while (!kept->empty() && kept->back() == '\n') kept->pop_back();
}
void DropMessage(const char* /*message*/, void* /*text*/) {}

void CollectMessages(opj_codec_t* codec, std::string* text) {
  opj_set_error_handler(codec, KeepMessage, text);
  opj_set_warning_handler(codec, DropMessage, nullptr);
  opj_set_info_handler(codec, DropMessage, nullptr);
}

struct Source {
  ByteView bytes;
  size_t position = 0;
};

OPJ_SIZE_T ReadSource(void* buffer, OPJ_SIZE_T count, void* user) {
  auto* const source = static_cast<Source*>(user);
  const size_t taken = std::min(count, source->bytes.size() - source->position);
  if (taken == 0) return static_cast<OPJ_SIZE_T>(-1);
  std::memcpy(buffer, source->bytes.data() + source->position, taken);
  source->position += taken;
  return taken;
}
OPJ_OFF_T SkipSource(OPJ_OFF_T count, void* user) {
  auto* const source = static_cast<Source*>(user);
  if (count < 0) return -1;
  const size_t skipped = std::min(static_cast<size_t>(count), source->bytes.size() - source->position);
  if (skipped == 0 && count > 0) return -1;
  source->position += skipped;
  return static_cast<OPJ_OFF_T>(skipped);
}
OPJ_BOOL SeekSource(OPJ_OFF_T position, void* user) {
  auto* const source = static_cast<Source*>(user);
  if (position < 0 || static_cast<size_t>(position) > source->bytes.size()) return OPJ_FALSE;
  source->position = static_cast<size_t>(position);
  return OPJ_TRUE;
}

Stream MakeSourceStream(Source* source) {
  Stream stream(opj_stream_create(kStreamBufferBytes, OPJ_TRUE));
  if (stream == nullptr) return stream;
  opj_stream_set_read_function(stream.get(), ReadSource);
  opj_stream_set_skip_function(stream.get(), SkipSource);
  opj_stream_set_seek_function(stream.get(), SeekSource);
  opj_stream_set_user_data(stream.get(), source, nullptr);
  opj_stream_set_user_data_length(stream.get(), source->bytes.size());
  return stream;
}

// The encoder seeks back to fill in lengths (TLM).
struct Sink {
  std::string* bytes;
  size_t position = 0;
};

OPJ_SIZE_T WriteSink(void* buffer, OPJ_SIZE_T count, void* user) {
  auto* const sink = static_cast<Sink*>(user);
  const size_t end = sink->position + count;
  if (end > sink->bytes->size()) sink->bytes->resize(end);
  std::memcpy(sink->bytes->data() + sink->position, buffer, count);
  sink->position = end;
  return count;
}
OPJ_OFF_T SkipSink(OPJ_OFF_T count, void* user) {
  auto* const sink = static_cast<Sink*>(user);
  if (count < 0) return -1;
  sink->position += static_cast<size_t>(count);
  if (sink->position > sink->bytes->size()) sink->bytes->resize(sink->position);
  return count;
}
OPJ_BOOL SeekSink(OPJ_OFF_T position, void* user) {
  auto* const sink = static_cast<Sink*>(user);
  if (position < 0 || static_cast<size_t>(position) > sink->bytes->size()) return OPJ_FALSE;
  sink->position = static_cast<size_t>(position);
  return OPJ_TRUE;
}

Stream MakeSinkStream(Sink* sink) {
  Stream stream(opj_stream_create(kStreamBufferBytes, OPJ_FALSE));
  if (stream == nullptr) return stream;
  opj_stream_set_write_function(stream.get(), WriteSink);
  opj_stream_set_skip_function(stream.get(), SkipSink);
  opj_stream_set_seek_function(stream.get(), SeekSink);
  opj_stream_set_user_data(stream.get(), sink, nullptr);
  return stream;
}

// An image with memory for its planes; null when there is none. The encoder takes the planes over.
Image MakeImage(const PixelFormat& format) {
  opj_image_cmptparm_t components[kSamplesPerPixelMax] = {};
  for (uint32_t i = 0; i < format.samples_per_pixel; ++i) {
    components[i].dx = 1;
    components[i].dy = 1;
    components[i].w = format.columns;
    components[i].h = format.rows;
    components[i].prec = format.bits_stored;
    components[i].sgnd = format.is_signed ? 1 : 0;
  }
  const auto colour = UsesComponentTransform(format) ? OPJ_CLRSPC_SRGB : OPJ_CLRSPC_UNSPECIFIED;
  // Without "tile" it would also write zeros over what is filled in anyway.
  Image image(opj_image_tile_create(format.samples_per_pixel, components, colour));
  if (image == nullptr) return image;
  image->x1 = format.columns;
  image->y1 = format.rows;
  for (uint32_t i = 0; i < format.samples_per_pixel; ++i) {
    const size_t bytes = size_t{format.rows} * format.columns * sizeof(int32_t);
    image->comps[i].data = static_cast<int32_t*>(opj_image_data_alloc(bytes));
    if (image->comps[i].data == nullptr) return nullptr;
  }
  return image;
}

Status LoadImage(const PixelFormat& format, ByteView frame, opj_image_t* image) {
  for (uint32_t sample = 0; sample < format.samples_per_pixel; ++sample) {
    for (uint32_t row = 0; row < format.rows; ++row) {
      int32_t* const out = image->comps[sample].data + size_t{row} * format.columns;
      if (!LoadRow(format, frame, sample, row, out)) {
        return Status::Unsupported("cells have bits above Bits Stored that are not their sign");
      }
    }
  }
  return Status::Ok();
}

opj_cparameters_t MakeParameters(const J2kParameters& chosen, const PixelFormat& format) {
  opj_cparameters_t parameters;
  opj_set_default_encoder_parameters(&parameters);
  parameters.tcp_numlayers = 1;
  parameters.tcp_rates[0] = 0;  // lossless
  parameters.cp_disto_alloc = 1;
  parameters.numresolution = J2kDecompositions(format, chosen.decompositions_max, chosen.smallest_side) + 1;
  parameters.cblockw_init = chosen.code_block_columns;
  parameters.cblockh_init = chosen.code_block_rows;
  parameters.mode = chosen.bypass ? 1 : 0;
  parameters.tcp_mct = UsesComponentTransform(format) ? 1 : 0;
  if (chosen.resolution_parts) {
    parameters.tp_on = 1;
    parameters.tp_flag = 'R';
  }
  return parameters;
}

// The library's buffer is 1.4 times the bits stored: noise of one bit in three components passes it.
Status EncodeFailed(const PixelFormat& format, const std::string& message) {
  const std::string text =
      fmt::format("OpenJPEG does not encode a Frame of {}: {}", format.ToString(), message);
  if (message.find("remaining in output buffer") != std::string::npos) return Status::Unsupported(text);
  return Status::Internal(text);
}

class J2kCodec : public FrameCodec {
 public:
  explicit J2kCodec(const J2kParameters& parameters) : parameters_(parameters) {}

  FrameCodecKind kind() const override { return FrameCodecKind::kJ2k; }
  std::string_view transfer_syntax_uid(const PixelFormat& /*format*/) const override {
    return "1.2.840.10008.1.2.4.90";
  }
  Photometric EncodedPhotometric(const PixelFormat& format) const override {
    return UsesComponentTransform(format) ? Photometric::kYbrRct : format.photometric;
  }

  Status Encode(const PixelFormat& format, ByteView frame, std::string* codestream) override {
    ARGENT_RETURN_IF_ERROR(CheckEncodable(format, frame));
    const Image image = MakeImage(format);
    const Codec codec(opj_create_compress(OPJ_CODEC_J2K));
    codestream->clear();
    codestream->reserve(frame.size() / 2);
    Sink sink{codestream};
    const Stream stream = MakeSinkStream(&sink);
    if (image == nullptr || codec == nullptr || stream == nullptr) {
      return Status::Overloaded(fmt::format("no memory to encode a Frame of {}", format.ToString()));
    }
    ARGENT_RETURN_IF_ERROR(LoadImage(format, frame, image.get()));
    std::string message;
    CollectMessages(codec.get(), &message);
    opj_cparameters_t parameters = MakeParameters(parameters_, format);
    const char* const options[] = {"TLM=YES", nullptr};
    const bool done =
        opj_setup_encoder(codec.get(), &parameters, image.get()) &&
        (!parameters_.resolution_parts || opj_encoder_set_extra_options(codec.get(), options)) &&
        opj_start_compress(codec.get(), image.get(), stream.get()) && opj_encode(codec.get(), stream.get()) &&
        opj_end_compress(codec.get(), stream.get());
    if (done) return Status::Ok();
    return EncodeFailed(format, message);
  }

  Status Decode(const PixelFormat& format, ByteView codestream, MutableByteView frame) override {
    return DecodeOwnJ2kFrame(format, codestream, frame);
  }

 private:
  const J2kParameters parameters_;
};

class J2kDecoder : public FrameDecoder {
 public:
  Result<DecodedFrame> Decode(const PixelFormat& format, ByteView codestream, MutableByteView frame) override;
};

Status DecodeFailed(const PixelFormat& format, const std::string& message) {
  return Status::InvalidArgument(
      fmt::format("OpenJPEG does not decode a codestream of an image of {}: {}", format.ToString(), message));
}

// The library's image, checked to be what the header promised: all planes there, of full size.
Result<Image> DecodeImage(const PixelFormat& format, ByteView codestream) {
  Source source{codestream};
  const Stream stream = MakeSourceStream(&source);
  const Codec codec(opj_create_decompress(OPJ_CODEC_J2K));
  if (stream == nullptr || codec == nullptr) {
    return Status::Overloaded(fmt::format("no memory to decode a Frame of {}", format.ToString()));
  }
  std::string message;
  CollectMessages(codec.get(), &message);
  opj_dparameters_t parameters;
  opj_set_default_decoder_parameters(&parameters);
  opj_image_t* raw = nullptr;
  const bool has_header =
      opj_setup_decoder(codec.get(), &parameters) && opj_read_header(stream.get(), codec.get(), &raw);
  Image image(raw);
  if (!has_header || !opj_decode(codec.get(), stream.get(), image.get()))
    return DecodeFailed(format, message);
  if (image->numcomps != format.samples_per_pixel) return DecodeFailed(format, "components are missing");
  for (uint32_t i = 0; i < image->numcomps; ++i) {
    const opj_image_comp_t& component = image->comps[i];
    if (component.data == nullptr || component.w != format.columns || component.h != format.rows) {
      return DecodeFailed(format, "not all of the image came out");
    }
  }
  return image;
}

// Makes the integers of a component the cells of the format. Where the two agree on the sign nothing is to be
// done; a component that is unsigned because its sender coded bit patterns gets its sign back.
void AdaptRow(const J2kComponent& component, const PixelFormat& format, std::span<int32_t> row) {
  if (component.is_signed == format.is_signed) return;
  const int unused = 32 - component.precision;
  for (int32_t& value : row) {
    const uint32_t shifted = static_cast<uint32_t>(value) << unused;
    value =
        format.is_signed ? static_cast<int32_t>(shifted) >> unused : static_cast<int32_t>(shifted >> unused);
  }
}

Status DecodeInto(const PixelFormat& format, const J2kHeader& header, ByteView codestream,
                  MutableByteView frame) {
  ARGENT_ASSIGN_OR_RETURN(const Image image, DecodeImage(format, codestream));
  for (uint32_t sample = 0; sample < format.samples_per_pixel; ++sample) {
    for (uint32_t row = 0; row < format.rows; ++row) {
      int32_t* const in = image->comps[sample].data + size_t{row} * format.columns;
      AdaptRow(header.components[sample], format, {in, format.columns});
      StoreRow(format, in, sample, row, frame);
    }
  }
  return Status::Ok();
}

Status CheckDecodable(const PixelFormat& format, MutableByteView frame) {
  ARGENT_RETURN_IF_ERROR(format.ValidateFrame(frame.size()));
  const uint16_t allocated = format.bits_allocated;
  if (allocated == 1 || allocated == 8 || allocated == 16) return Status::Ok();
  return Status::Unsupported(fmt::format("JPEG 2000 with {} Bits Allocated", format.bits_allocated));
}

// What the library's output is, given what the Data Set says of the codestream: it undoes the component
// transform the codestream declares.
Photometric PhotometricOfOutput(const PixelFormat& format) {
  switch (format.photometric) {
    case Photometric::kYbrRct:
    case Photometric::kYbrIct:
      return Photometric::kRgb;
    case Photometric::kYbrFull422:  // not allowed in JPEG 2000; chroma is there in full
      return Photometric::kYbrFull;
    default:
      return format.photometric;
  }
}

Result<DecodedFrame> J2kDecoder::Decode(const PixelFormat& format, ByteView codestream,
                                        MutableByteView frame) {
  ARGENT_RETURN_IF_ERROR(CheckDecodable(format, frame));
  codestream = WithoutJp2Boxes(codestream);
  ARGENT_ASSIGN_OR_RETURN(const J2kHeader header, ReadJ2kHeader(codestream));
  ARGENT_RETURN_IF_ERROR(CheckAgainst(header, format));
  ARGENT_RETURN_IF_ERROR(DecodeInto(format, header, codestream, frame));
  return DecodedFrame{PhotometricOfOutput(format), static_cast<uint16_t>(header.components[0].precision)};
}

}  // namespace

bool UsesComponentTransform(const PixelFormat& format) {
  return format.samples_per_pixel == 3 && format.photometric == Photometric::kRgb;
}

int J2kDecompositions(const PixelFormat& format, int decompositions_max, int smallest_side) {
  const uint32_t side = std::min(format.rows, format.columns),
                 smallest = static_cast<uint32_t>(smallest_side);
  const int halves = side <= smallest ? 0 : static_cast<int>(std::bit_width((side - 1) / smallest));
  return std::min(halves, decompositions_max);
}

Status CheckEncodable(const PixelFormat& format, ByteView frame) {
  ARGENT_RETURN_IF_ERROR(format.ValidateFrame(frame.size()));
  if (HasPlainCells(format)) return Status::Ok();
  return Status::Unsupported(fmt::format(
      "cells that are not 8 or 16 bits with High Bit one below Bits Stored ({})", format.ToString()));
}

std::unique_ptr<FrameCodec> MakeJ2kCodec(const J2kParameters& parameters) {
  return std::make_unique<J2kCodec>(parameters);
}

std::unique_ptr<FrameDecoder> MakeJ2kDecoder() { return std::make_unique<J2kDecoder>(); }

Status DecodeOwnJ2kFrame(const PixelFormat& format, ByteView codestream, MutableByteView frame) {
  ARGENT_RETURN_IF_ERROR(CheckDecodable(format, frame));
  const auto corrupt = [](const Status& status) { return Status::Corruption(status.message()); };
  const Result<J2kHeader> header = ReadJ2kHeader(codestream);
  if (!header.ok()) return corrupt(header.status());
  if (const Status status = CheckAgainst(*header, format); !status.ok()) return corrupt(status);
  for (const J2kComponent& component : header->components) {
    if (component.precision != format.bits_stored || component.is_signed != format.is_signed) {
      return Status::Corruption(
          fmt::format("JPEG 2000 codestream is not of an image of {}", format.ToString()));
    }
  }
  const Status status = DecodeInto(format, *header, codestream, frame);
  return status.code() == StatusCode::kInvalidArgument ? corrupt(status) : status;
}

}  // namespace argent::codec
