#include "codec/frame/openjph.h"

#include <fmt/format.h>
#include <openjph/ojph_arch.h>
#include <openjph/ojph_codestream.h>
#include <openjph/ojph_file.h>
#include <openjph/ojph_mem.h>
#include <openjph/ojph_message.h>
#include <openjph/ojph_params.h>

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <mutex>
#include <stdexcept>

#include "codec/frame/openjpeg.h"
#include "codec/frame/samples.h"

namespace argent::codec {
namespace {

// The library's classes have no virtual destructor; these objects are never destroyed through them.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"
// Unlike the library's own, which print to stderr. They are set for the whole process, as the library has it.
class ThrowingErrors : public ojph::message_error {
 public:
  void operator()(int /*code*/, const char* /*file*/, int /*line*/, const char* format, ...) override {
    char text[200];
    va_list arguments;
    va_start(arguments, format);
    std::vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    throw std::runtime_error(text);
  }
};
class SilentWarnings : public ojph::message_warning {
 public:
  void operator()(int /*code*/, const char* /*file*/, int /*line*/, const char* /*format*/, ...) override {}
};
#pragma GCC diagnostic pop

void SetUpMessages() {
  static std::once_flag once;
  std::call_once(once, [] {
    static ThrowingErrors errors;
    static SilentWarnings warnings;
    ojph::configure_error(&errors);
    ojph::configure_warning(&warnings);
  });
}

class StringOutput : public ojph::outfile_base {
 public:
  explicit StringOutput(std::string* out) : out_(out) {}
  size_t write(const void* bytes, size_t size) override {
    out_->append(static_cast<const char*>(bytes), size);
    return size;
  }
  ojph::si64 tell() override { return static_cast<ojph::si64>(out_->size()); }

 private:
  std::string* out_;
};

void SetParameters(const PixelFormat& format, ojph::codestream* codestream) {
  ojph::param_siz siz = codestream->access_siz();
  siz.set_image_extent(ojph::point(format.columns, format.rows));
  siz.set_num_components(format.samples_per_pixel);
  for (uint32_t i = 0; i < format.samples_per_pixel; ++i) {
    siz.set_component(i, ojph::point(1, 1), format.bits_stored, format.is_signed);
  }
  ojph::param_cod cod = codestream->access_cod();
  cod.set_num_decomposition(static_cast<ojph::ui32>(J2kDecompositions(format, 5, 16)));
  cod.set_block_dims(64, 64);
  cod.set_progression_order("RPCL");
  cod.set_reversible(true);
  cod.set_color_transform(UsesComponentTransform(format));
  codestream->set_planar(false);  // lines of all components in turn: memory for a few lines only
}

// False at a cell the format cannot have.
bool PushLines(const PixelFormat& format, ByteView frame, ojph::codestream* codestream) {
  ojph::ui32 component = 0;
  ojph::line_buf* line = codestream->exchange(nullptr, component);
  for (uint32_t row = 0; row < format.rows; ++row) {
    for (uint32_t i = 0; i < format.samples_per_pixel; ++i) {
      if (!LoadRow(format, frame, component, row, line->i32)) return false;
      line = codestream->exchange(line, component);
    }
  }
  return true;
}

class Htj2kCodec : public FrameCodec {
 public:
  Htj2kCodec() { SetUpMessages(); }

  FrameCodecKind kind() const override { return FrameCodecKind::kHtj2k; }
  std::string_view transfer_syntax_uid(const PixelFormat& /*format*/) const override {
    return "1.2.840.10008.1.2.4.201";
  }
  Photometric EncodedPhotometric(const PixelFormat& format) const override {
    return UsesComponentTransform(format) ? Photometric::kYbrRct : format.photometric;
  }

  Status Encode(const PixelFormat& format, ByteView frame, std::string* codestream) override {
    ARGENT_RETURN_IF_ERROR(CheckEncodable(format, frame));
    codestream->clear();
    codestream->reserve(frame.size() / 2);
    StringOutput output(codestream);
    try {
      ojph::codestream encoder;
      SetParameters(format, &encoder);
      encoder.write_headers(&output);
      if (!PushLines(format, frame, &encoder)) {
        return Status::Unsupported("cells have bits above Bits Stored that are not their sign");
      }
      encoder.flush();
      encoder.close();
    } catch (const std::exception& error) {
      return Status::Internal(
          fmt::format("OpenJPH does not encode a Frame of {}: {}", format.ToString(), error.what()));
    }
    return Status::Ok();
  }

  Status Decode(const PixelFormat& format, ByteView codestream, MutableByteView frame) override {
    return DecodeOwnJ2kFrame(format, codestream, frame);
  }
};

}  // namespace

std::unique_ptr<FrameCodec> MakeHtj2kCodec() { return std::make_unique<Htj2kCodec>(); }

}  // namespace argent::codec
