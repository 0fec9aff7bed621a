// High-Throughput JPEG 2000, encoded by OpenJPH and decoded by OpenJPEG, so that what is kept is what two
// implementations agree on. Internal to codec/frame/.
#pragma once

#include <memory>

#include "codec/frame/frame_codec.h"

namespace argent::codec {

std::unique_ptr<FrameCodec> MakeHtj2kCodec();

}  // namespace argent::codec
