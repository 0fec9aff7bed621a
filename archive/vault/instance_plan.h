// How the Data Set of one Instance is cut: literal bytes for its recipe, and frames. Pure computation.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "archive/vault/frame_pack.h"
#include "codec/frame/safe_subset.h"
#include "ingest/instance_received.h"

namespace argent::archive {

struct InstanceRegion {
  enum class Kind { kLiteral, kFrame, kSwappedFrame };
  Kind kind = Kind::kLiteral;
  uint64_t bytes = 0;
  codec::PixelFormat pixels;  // of a frame; rows 0: plain bytes
};

struct InstancePlan {
  std::vector<InstanceRegion> regions;  // in order; together the whole Data Set
  // Why its Pixel Data is not in the frame codec; empty when it is (to be), or when there is none.
  std::string kept_reason;
};

// Literals longer than this are plain bytes, which are compressed and shared like frames.
inline constexpr uint64_t kLiteralBytesMax = uint64_t{256} << 10;

// Bytes [position, position + length) of the Data Set.
using DataSetSource = std::function<Result<std::string>(uint64_t position, uint64_t length)>;

Result<InstancePlan> PlanInstance(const ingest::InstanceReceived& received, codec::FrameCodecKind codec,
                                  const DataSetSource& source);

}  // namespace argent::archive
