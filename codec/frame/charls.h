// JPEG-LS, lossless and near-lossless, by CharLS. Internal to codec/frame/.
#pragma once

#include <memory>

#include "codec/frame/frame_decoder.h"

namespace argent::codec {

std::unique_ptr<FrameDecoder> MakeJpegLsDecoder();

}  // namespace argent::codec
