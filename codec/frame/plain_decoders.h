// Decoders that need no image library: RLE (PS3.5 Annex G), Deflated Image Frame and Encapsulated
// Uncompressed (PS3.5 A.4). Internal to codec/frame/.
#pragma once

#include <memory>

#include "codec/frame/frame_decoder.h"

namespace argent::codec {

std::unique_ptr<FrameDecoder> MakeRleDecoder();
std::unique_ptr<FrameDecoder> MakeDeflatedFrameDecoder();
std::unique_ptr<FrameDecoder> MakeUncompressedFrameDecoder();

}  // namespace argent::codec
