#include "codec/frame/plain_decoders.h"

#include <fmt/format.h>

#include <algorithm>

#include "codec/inflater.h"

namespace argent::codec {
namespace {

constexpr size_t kRleHeaderBytes = 64;
constexpr uint32_t kRleSegmentsMax = 15;

Status RleMalformed(std::string_view what) {
  return Status::InvalidArgument(fmt::format("RLE Frame: {}", what));
}

// Every `step`-th byte of a Frame.
struct BytePlane {
  uint8_t* first = nullptr;
  size_t step = 1;
  size_t count = 0;
};

// PackBits (PS3.5 G.3.1): a control byte n, then n + 1 bytes to copy for 0 to 127, or one byte to repeat
// 257 - n times above 128; 128 does nothing. What passes the plane is padding. False when the plane is not
// filled.
bool DecodeSegment(ByteView segment, const BytePlane& plane) {
  size_t done = 0, position = 0;
  while (done < plane.count && position < segment.size()) {
    const uint8_t control = segment[position++];
    if (control == 128) continue;
    if (position == segment.size()) return false;
    const size_t left = plane.count - done;
    if (control < 128) {
      const size_t available = std::min<size_t>(control + size_t{1}, segment.size() - position);
      const size_t count = std::min(available, left);
      for (size_t i = 0; i < count; ++i) plane.first[(done + i) * plane.step] = segment[position + i];
      position += available;
      done += count;
    } else {
      const size_t count = std::min<size_t>(257 - size_t{control}, left);
      for (size_t i = 0; i < count; ++i) plane.first[(done + i) * plane.step] = segment[position];
      ++position;
      done += count;
    }
  }
  return done == plane.count;
}

// Segments are byte planes: for each sample its highest byte first (G.2).
class RleDecoder : public FrameDecoder {
 public:
  Result<DecodedFrame> Decode(const PixelFormat& format, ByteView codestream,
                              MutableByteView frame) override {
    ARGENT_RETURN_IF_ERROR(format.ValidateFrame(frame.size()));
    if (codestream.size() < kRleHeaderBytes) return RleMalformed("shorter than its header");
    const uint32_t cell_bytes = std::max(1u, format.bits_allocated / 8u);
    const uint32_t segments = LoadLe32(codestream.data());
    if (segments != format.samples_per_pixel * cell_bytes || segments > kRleSegmentsMax) {
      return RleMalformed(fmt::format("{} segments in an image of {}", segments, format.ToString()));
    }
    for (uint32_t i = 0; i < segments; ++i) {
      const size_t begin = LoadLe32(codestream.data() + 4 + 4 * i);
      const size_t end = i + 1 < segments ? LoadLe32(codestream.data() + 8 + 4 * i) : codestream.size();
      if (begin < kRleHeaderBytes || begin > end || end > codestream.size()) {
        return RleMalformed(fmt::format("segment {} lies outside", i));
      }
      const BytePlane plane = PlaneOf(format, i / cell_bytes, cell_bytes - 1 - i % cell_bytes, frame);
      if (!DecodeSegment(codestream.subspan(begin, end - begin), plane)) {
        return RleMalformed(fmt::format("segment {} ends before its plane is full", i));
      }
    }
    return DecodedFrame{format.photometric, format.bits_stored};
  }

 private:
  static BytePlane PlaneOf(const PixelFormat& format, uint32_t sample, uint32_t byte, MutableByteView frame) {
    const size_t cell_bytes = std::max(1u, format.bits_allocated / 8u);
    const size_t pixels = frame.size() / cell_bytes / format.samples_per_pixel;
    if (format.planar_configuration == 1) {
      return {frame.data() + sample * pixels * cell_bytes + byte, cell_bytes, pixels};
    }
    return {frame.data() + sample * cell_bytes + byte, cell_bytes * format.samples_per_pixel, pixels};
  }
};

class DeflatedFrameDecoder : public FrameDecoder {
 public:
  Result<DecodedFrame> Decode(const PixelFormat& format, ByteView codestream,
                              MutableByteView frame) override {
    ARGENT_RETURN_IF_ERROR(format.ValidateFrame(frame.size()));
    size_t done = 0;
    InflateLimits limits;
    limits.output_bytes_max = frame.size();
    limits.ratio_max = 2000;  // DEFLATE itself ends at 1032; the Frame's size is the bound
    Inflater inflater(limits, [&](ByteView part) {
      if (part.size() > frame.size() - done) return Status::InvalidArgument("deflated Frame: too long");
      std::copy(part.begin(), part.end(), frame.begin() + static_cast<std::ptrdiff_t>(done));
      done += part.size();
      return Status::Ok();
    });
    ARGENT_RETURN_IF_ERROR(inflater.Feed(codestream));
    ARGENT_RETURN_IF_ERROR(inflater.Finish());
    if (done != frame.size()) {
      return Status::InvalidArgument(fmt::format("deflated Frame: {} bytes, not {}", done, frame.size()));
    }
    return DecodedFrame{format.photometric, format.bits_stored};
  }
};

class UncompressedFrameDecoder : public FrameDecoder {
 public:
  Result<DecodedFrame> Decode(const PixelFormat& format, ByteView codestream,
                              MutableByteView frame) override {
    ARGENT_RETURN_IF_ERROR(format.ValidateFrame(frame.size()));
    const size_t padded = frame.size() + frame.size() % 2;
    if (codestream.size() != frame.size() && codestream.size() != padded) {
      return Status::InvalidArgument(
          fmt::format("uncompressed Frame: {} bytes, not {}", codestream.size(), frame.size()));
    }
    std::copy_n(codestream.begin(), frame.size(), frame.begin());
    return DecodedFrame{format.photometric, format.bits_stored};
  }
};

}  // namespace

std::unique_ptr<FrameDecoder> MakeRleDecoder() { return std::make_unique<RleDecoder>(); }
std::unique_ptr<FrameDecoder> MakeDeflatedFrameDecoder() { return std::make_unique<DeflatedFrameDecoder>(); }
std::unique_ptr<FrameDecoder> MakeUncompressedFrameDecoder() {
  return std::make_unique<UncompressedFrameDecoder>();
}

}  // namespace argent::codec
