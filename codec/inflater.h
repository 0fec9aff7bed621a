// DEFLATE (RFC 1951) of a whole Data Set (PS3.5 A.5), streaming, with the bounds that a bomb runs into.
// Tolerates the zlib wrapper (RFC 1950) that some writers put around it. Internal to codec/. Not thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "storage/base/bytes.h"
#include "storage/base/status.h"

namespace argent::codec {

using ByteSink = std::function<Status(ByteView)>;

struct InflateLimits {
  uint64_t output_bytes_max = uint64_t{2} << 30;
  uint64_t ratio_max = 200;  // checked after the first MiB of output
};

class Inflater {
 public:
  Inflater(const InflateLimits& limits, ByteSink sink);
  ~Inflater();
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  // kInvalidArgument: not DEFLATE, or beyond a limit. An error of the sink is returned as it is.
  Status Feed(ByteView bytes);
  // kInvalidArgument when the stream is not complete.
  Status Finish();

 private:
  class State;
  std::unique_ptr<State> state_;
};

class Deflater {
 public:
  explicit Deflater(ByteSink sink);
  ~Deflater();
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;

  Status Feed(ByteView bytes);
  // Ends the stream and pads it with a NUL to an even length (PS3.5 A.5).
  Status Finish();

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace argent::codec
