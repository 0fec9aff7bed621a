// JPEG by two libraries, chosen by what the codestream is, not by what the Transfer Syntax says: senders mix
// these up. libjpeg-turbo takes 8-bit lossy codestreams, DCMTK's IJG libraries 12-bit and lossless ones.
// Internal to codec/frame/.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "codec/frame/frame_decoder.h"
#include "codec/frame/jpeg_header.h"

namespace argent::codec {

std::unique_ptr<FrameDecoder> MakeJpegDecoder();

// What the samples of a colour codestream are.
enum class JpegColour { kAsIs, kYbrToRgb };

// 8-bit baseline, extended and progressive (libjpeg-turbo). Fills `cells` with rows x columns x components
// bytes, samples of a pixel together. `header` is the codestream's and has been checked against the format.
Status DecodeTurboJpeg(const JpegHeader& header, ByteView codestream, JpegColour colour,
                       std::vector<uint8_t>* cells);
// The same for every other process and precision (DCMTK): 16-bit little-endian samples above 8 bits of
// precision. Colours stay as they are.
Status DecodeDcmtkJpeg(const JpegHeader& header, ByteView codestream, std::vector<uint8_t>* cells);

}  // namespace argent::codec
