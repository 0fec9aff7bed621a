#include "codec/inflater.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>
#include <vector>

namespace argent::codec {
namespace {

constexpr size_t kOutputBytes = size_t{64} * 1024;
constexpr int kRaw = -MAX_WBITS;
constexpr int kZlib = MAX_WBITS;

// RFC 1950: method 8, a window of at most 32 KiB, a check that makes the two bytes divisible by 31.
bool IsZlibHeader(uint8_t first, uint8_t second) {
  return (first & 0x0F) == Z_DEFLATED && (first >> 4) <= 7 && ((first << 8) | second) % 31 == 0;
}

uInt Bounded(size_t bytes) {
  return static_cast<uInt>(std::min<size_t>(bytes, std::numeric_limits<uInt>::max()));
}

}  // namespace

class Inflater::State {
 public:
  State(const InflateLimits& limits, ByteSink sink)
      : limits_(limits), sink_(std::move(sink)), output_(kOutputBytes) {}
  ~State() {
    if (begun_) inflateEnd(&stream_);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  Status Feed(ByteView bytes) {
    input_bytes_ += bytes.size();
    while (!begun_ && !bytes.empty()) {
      head_[head_bytes_++] = bytes.front();
      bytes = bytes.subspan(1);
      if (head_bytes_ == head_.size()) ARGENT_RETURN_IF_ERROR(Begin());
    }
    return bytes.empty() ? Status::Ok() : Inflate(bytes);
  }

  Status Finish() {
    if (ended_) return Status::Ok();
    return Status::InvalidArgument(fmt::format(
        "the deflated Data Set ends after {} bytes, before its DEFLATE stream does", input_bytes_));
  }

 private:
  Status Begin() {
    if (inflateInit2(&stream_, IsZlibHeader(head_[0], head_[1]) ? kZlib : kRaw) != Z_OK) {
      return Status::Overloaded("no memory to inflate a deflated Data Set");
    }
    begun_ = true;
    return Inflate(head_);
  }

  Status Inflate(ByteView bytes) {
    while (!bytes.empty()) {
      if (ended_) return CheckPadding(bytes);
      stream_.next_in = const_cast<Bytef*>(bytes.data());  // zlib's signature; it does not write there
      stream_.avail_in = Bounded(bytes.size());
      const size_t offered = stream_.avail_in;
      ARGENT_RETURN_IF_ERROR(Drain());
      bytes = bytes.subspan(offered - stream_.avail_in);
    }
    return Status::Ok();
  }

  // Inflates what stream_ holds until it wants more input or ends.
  Status Drain() {
    do {
      stream_.next_out = output_.data();
      stream_.avail_out = static_cast<uInt>(output_.size());
      const int rc = inflate(&stream_, Z_NO_FLUSH);
      if (rc != Z_OK && rc != Z_STREAM_END && rc != Z_BUF_ERROR) {
        return Status::InvalidArgument(fmt::format("the deflated Data Set is damaged near byte {}: {}",
                                                   input_bytes_,
                                                   stream_.msg == nullptr ? "not DEFLATE" : stream_.msg));
      }
      ended_ = rc == Z_STREAM_END;
      const size_t produced = output_.size() - stream_.avail_out;
      output_bytes_ += produced;
      ARGENT_RETURN_IF_ERROR(CheckLimits());
      ARGENT_RETURN_IF_ERROR(sink_(ByteView(output_.data(), produced)));
    } while (!ended_ && stream_.avail_out == 0);
    return Status::Ok();
  }

  Status CheckLimits() const {
    constexpr uint64_t kRatioFree = uint64_t{1} << 20;
    if (output_bytes_ > limits_.output_bytes_max) {
      return Status::InvalidArgument(
          fmt::format("the deflated Data Set inflates to more than {} bytes", limits_.output_bytes_max));
    }
    if (output_bytes_ > kRatioFree && output_bytes_ / limits_.ratio_max > input_bytes_) {
      return Status::InvalidArgument(fmt::format(
          "the deflated Data Set inflates to more than {} times its size, as only hostile ones do",
          limits_.ratio_max));
    }
    return Status::Ok();
  }

  // After the stream: NUL padding, and the trailer of a gzip file (check and length) that some writers leave
  // there.
  Status CheckPadding(ByteView bytes) {
    constexpr size_t kGzipTrailerBytes = 8;
    const size_t trailer =
        std::min(bytes.size(), kGzipTrailerBytes - std::min(trailing_bytes_, kGzipTrailerBytes));
    trailing_bytes_ += bytes.size();
    bytes = bytes.subspan(trailer);
    if (std::all_of(bytes.begin(), bytes.end(), [](uint8_t b) { return b == 0; })) return Status::Ok();
    return Status::InvalidArgument("bytes follow the end of the DEFLATE stream of the Data Set");
  }

  const InflateLimits limits_;
  const ByteSink sink_;
  std::vector<uint8_t> output_;
  std::array<uint8_t, 2> head_{};
  size_t head_bytes_ = 0;
  z_stream stream_{};
  bool begun_ = false;
  bool ended_ = false;
  size_t trailing_bytes_ = 0;
  uint64_t input_bytes_ = 0;
  uint64_t output_bytes_ = 0;
};

Inflater::Inflater(const InflateLimits& limits, ByteSink sink)
    : state_(std::make_unique<State>(limits, std::move(sink))) {}
Inflater::~Inflater() = default;
Status Inflater::Feed(ByteView bytes) { return state_->Feed(bytes); }
Status Inflater::Finish() { return state_->Finish(); }

class Deflater::State {
 public:
  explicit State(ByteSink sink) : sink_(std::move(sink)), output_(kOutputBytes) {
    constexpr int kMemoryLevel = 8;
    ok_ = deflateInit2(&stream_, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kRaw, kMemoryLevel, Z_DEFAULT_STRATEGY) ==
          Z_OK;
  }
  ~State() {
    if (ok_) deflateEnd(&stream_);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  Status Feed(ByteView bytes) {
    if (!ok_) return Status::Overloaded("no memory to deflate a Data Set");
    while (!bytes.empty()) {
      stream_.next_in = const_cast<Bytef*>(bytes.data());
      stream_.avail_in = Bounded(bytes.size());
      const size_t offered = stream_.avail_in;
      ARGENT_RETURN_IF_ERROR(Drain(Z_NO_FLUSH));
      bytes = bytes.subspan(offered - stream_.avail_in);
    }
    return Status::Ok();
  }

  Status Finish() {
    if (!ok_) return Status::Overloaded("no memory to deflate a Data Set");
    stream_.avail_in = 0;
    ARGENT_RETURN_IF_ERROR(Drain(Z_FINISH));
    const uint8_t pad = 0;
    return (output_bytes_ & 1) == 0 ? Status::Ok() : sink_(ByteView(&pad, 1));
  }

 private:
  Status Drain(int flush) {
    do {
      stream_.next_out = output_.data();
      stream_.avail_out = static_cast<uInt>(output_.size());
      deflate(&stream_, flush);  // cannot fail with a consistent stream
      const size_t produced = output_.size() - stream_.avail_out;
      output_bytes_ += produced;
      if (produced > 0) ARGENT_RETURN_IF_ERROR(sink_(ByteView(output_.data(), produced)));
    } while (stream_.avail_out == 0);
    return Status::Ok();
  }

  const ByteSink sink_;
  std::vector<uint8_t> output_;
  z_stream stream_{};
  bool ok_ = false;
  uint64_t output_bytes_ = 0;
};

Deflater::Deflater(ByteSink sink) : state_(std::make_unique<State>(std::move(sink))) {}
Deflater::~Deflater() = default;
Status Deflater::Feed(ByteView bytes) { return state_->Feed(bytes); }
Status Deflater::Finish() { return state_->Finish(); }

}  // namespace argent::codec
