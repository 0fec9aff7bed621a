#include <fmt/format.h>
// jpeglib.h needs these two before it.
#include <csetjmp>
#include <cstdio>

#include <jpeglib.h>

#include <jerror.h>

#include "codec/frame/jpeg_decoder.h"

namespace argent::codec {
namespace {

// The library reports errors by a function that must not return.
struct ErrorManager {
  jpeg_error_mgr base;
  std::jmp_buf jump;
  char message[JMSG_LENGTH_MAX];
};

void Fail(j_common_ptr common) {
  auto* const manager = reinterpret_cast<ErrorManager*>(common->err);
  common->err->format_message(common, manager->message);
  std::longjmp(manager->jump, 1);
}

// Warnings where data is missing or wrong are errors here: what comes out would be grey, and nobody would
// know. The others (bytes between markers, odd JFIF versions) are of no consequence.
void OnMessage(j_common_ptr common, int level) {
  if (level >= 0) return;
  switch (common->err->msg_code) {
    case JWRN_HIT_MARKER:
    case JWRN_JPEG_EOF:
    case JWRN_HUFF_BAD_CODE:
    case JWRN_ARITH_BAD_CODE:
    case JWRN_MUST_RESYNC:
    case JWRN_BOGUS_PROGRESSION:
      Fail(common);
      break;
    default:
      break;
  }
}

void Print(j_common_ptr /*common*/) {}

// No object with a destructor may live here: longjmp ends the function without running it.
bool DecodeRows(jpeg_decompress_struct* decoder, ErrorManager* errors, JpegColour colour, uint8_t* rows) {
  if (setjmp(errors->jump) != 0) {  // NOLINT: the library's way of reporting errors
    jpeg_abort_decompress(decoder);
    return false;
  }
  jpeg_read_header(decoder, TRUE);
  if (decoder->num_components == 3) {
    decoder->jpeg_color_space = colour == JpegColour::kYbrToRgb ? JCS_YCbCr : JCS_RGB;
    decoder->out_color_space = JCS_RGB;
  } else if (decoder->num_components == 1) {
    decoder->out_color_space = JCS_GRAYSCALE;
  } else {
    decoder->out_color_space = decoder->jpeg_color_space = JCS_UNKNOWN;
  }
  decoder->dct_method = JDCT_ISLOW;
  jpeg_start_decompress(decoder);
  const size_t stride = size_t{decoder->output_width} * static_cast<size_t>(decoder->output_components);
  while (decoder->output_scanline < decoder->output_height) {
    JSAMPROW row = rows + decoder->output_scanline * stride;
    jpeg_read_scanlines(decoder, &row, 1);
  }
  jpeg_finish_decompress(decoder);
  return true;
}

}  // namespace

Status DecodeTurboJpeg(const JpegHeader& header, ByteView codestream, JpegColour colour,
                       std::vector<uint8_t>* cells) {
  cells->resize(size_t{header.rows} * header.columns * header.components.size());
  ErrorManager errors;
  errors.message[0] = '\0';
  jpeg_decompress_struct decoder;
  decoder.err = jpeg_std_error(&errors.base);
  errors.base.error_exit = Fail;
  errors.base.emit_message = OnMessage;
  errors.base.output_message = Print;
  if (setjmp(errors.jump) != 0) {  // NOLINT: while the object is made
    return Status::Internal("libjpeg-turbo has no memory for a decoder");
  }
  jpeg_create_decompress(&decoder);
  jpeg_mem_src(&decoder, codestream.data(), codestream.size());
  const bool done = DecodeRows(&decoder, &errors, colour, cells->data());
  jpeg_destroy_decompress(&decoder);
  if (done) return Status::Ok();
  return Status::InvalidArgument(fmt::format("libjpeg-turbo: {}", errors.message));
}

}  // namespace argent::codec
