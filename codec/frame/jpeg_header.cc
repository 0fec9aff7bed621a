#include "codec/frame/jpeg_header.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace argent::codec {
namespace {

constexpr uint8_t kSoi = 0xD8;
constexpr uint8_t kEoi = 0xD9;
constexpr uint8_t kSos = 0xDA;
constexpr uint8_t kTem = 0x01;
constexpr uint8_t kDht = 0xC4;  // among the SOF markers, but none
constexpr uint8_t kJpg = 0xC8;
constexpr uint8_t kDac = 0xCC;
constexpr uint8_t kApp0 = 0xE0;
constexpr uint8_t kApp14 = 0xEE;

Status Malformed(std::string_view what) {
  return Status::InvalidArgument(fmt::format("JPEG codestream: {}", what));
}
Status TooMuch(std::string_view what) {
  return Status::Unsupported(fmt::format("JPEG codestream: {}", what));
}

bool IsRestart(uint8_t marker) { return marker >= 0xD0 && marker <= 0xD7; }
bool IsFrameHeader(uint8_t marker) {
  const bool in_range = marker >= 0xC0 && marker <= 0xCF;
  return (in_range && marker != kDht && marker != kJpg && marker != kDac) ||
         marker == static_cast<uint8_t>(JpegProcess::kJpegLs);
}

class HeaderReader {
 public:
  explicit HeaderReader(ByteView codestream) : bytes_(codestream) {}

  Result<JpegHeader> Read() {
    uint8_t marker = 0;
    if (!NextMarker(&marker) || marker != kSoi) return Malformed("no SOI marker at the start");
    while (NextMarker(&marker) && marker != kEoi) {
      if (marker == kTem || IsRestart(marker)) continue;
      if (bytes_.size() - position_ < 2) break;
      const size_t length = LoadBe16(bytes_.data() + position_);
      if (length < 2 || length > bytes_.size() - position_) return Malformed("a segment is truncated");
      ARGENT_RETURN_IF_ERROR(Take(marker, bytes_.subspan(position_ + 2, length - 2)));
      position_ += length;
      if (marker == kSos) SkipScan();
    }
    header_.is_complete = marker == kEoi;
    if (header_.components.empty() || header_.scans == 0) return Malformed("has no frame header or no scan");
    return header_;
  }

 private:
  // Bytes between segments that are none are skipped, as decoders do.
  bool NextMarker(uint8_t* marker) {
    while (position_ + 1 < bytes_.size()) {
      const uint8_t first = bytes_[position_], second = bytes_[position_ + 1];
      ++position_;
      if (first != 0xFF || second == 0xFF || second == 0) continue;
      ++position_;
      *marker = second;
      return true;
    }
    return false;
  }

  // To the marker behind the entropy-coded data. JPEG-LS stuffs bits, not bytes: there, 0xFF is followed by
  // less than 0x80.
  void SkipScan() {
    const bool is_ls = header_.process == JpegProcess::kJpegLs;
    while (position_ + 1 < bytes_.size()) {
      const void* const found = std::memchr(bytes_.data() + position_, 0xFF, bytes_.size() - position_ - 1);
      if (found == nullptr) break;
      position_ = static_cast<size_t>(static_cast<const uint8_t*>(found) - bytes_.data());
      const uint8_t next = bytes_[position_ + 1];
      const bool is_data = is_ls ? next < 0x80 : next == 0;
      if (!is_data && next != 0xFF && !IsRestart(next)) return;
      ++position_;
    }
    position_ = bytes_.size();
  }

  Status Take(uint8_t marker, ByteView body) {
    if (IsFrameHeader(marker)) return TakeFrameHeader(marker, body);
    const std::string_view text = AsText(body);
    if (marker == kSos) {
      if (header_.components.empty()) return Malformed("a scan comes before the frame header");
      if (++header_.scans > kJpegScansMax) return TooMuch("more scans than an image needs");
    } else if (marker == kApp0 && text.starts_with("JFIF")) {
      header_.has_jfif = true;
    } else if (marker == kApp14 && text.starts_with("Adobe") && body.size() >= 12) {
      header_.adobe_transform = body[11];
    }
    return Status::Ok();
  }

  Status TakeFrameHeader(uint8_t marker, ByteView body) {
    if (!header_.components.empty()) return TooMuch("more than one frame header");
    const bool known =
        (marker >= 0xC0 && marker <= 0xC3) || marker == static_cast<uint8_t>(JpegProcess::kJpegLs);
    if (!known) return TooMuch("hierarchical or arithmetic coding");
    if (body.size() < 6 || body.size() != 6 + 3 * size_t{body[5]})
      return Malformed("the frame header is damaged");
    header_.process = static_cast<JpegProcess>(marker);
    header_.precision = body[0];
    header_.rows = LoadBe16(body.data() + 1);
    header_.columns = LoadBe16(body.data() + 3);
    if (header_.rows == 0) return TooMuch("its height comes behind the data (DNL)");
    if (header_.columns == 0 || header_.precision < 2 || header_.precision > 16) {
      return Malformed("the frame header does not describe an image");
    }
    if (body[5] == 0 || body[5] > kSamplesPerPixelMax) return TooMuch("not 1 to 4 components");
    for (ByteView rest = body.subspan(6); !rest.empty(); rest = rest.subspan(3)) {
      const JpegComponent component{rest[0], rest[1] >> 4, rest[1] & 15};
      if (component.horizontal < 1 || component.horizontal > 4 || component.vertical < 1 ||
          component.vertical > 4) {
        return Malformed("sampling factors are not 1 to 4");
      }
      header_.components.push_back(component);
    }
    return Status::Ok();
  }

  ByteView bytes_;
  size_t position_ = 0;
  JpegHeader header_;
};

}  // namespace

Result<JpegHeader> ReadJpegHeader(ByteView codestream) { return HeaderReader(codestream).Read(); }

Status CheckAgainst(const JpegHeader& header, const PixelFormat& format) {
  if (format.bits_allocated != 8 && format.bits_allocated != 16) {
    return Status::Unsupported(fmt::format("JPEG with {} Bits Allocated", format.bits_allocated));
  }
  if (header.columns != format.columns || header.rows != format.rows ||
      header.components.size() != format.samples_per_pixel || header.precision > format.bits_allocated) {
    return Status::InvalidArgument(
        fmt::format("JPEG codestream of {} x {}, {} components of {} bits, in an image of {}", header.columns,
                    header.rows, header.components.size(), header.precision, format.ToString()));
  }
  const bool lossless = header.process == JpegProcess::kLossless || header.process == JpegProcess::kJpegLs;
  const bool subsampled =
      std::any_of(header.components.begin(), header.components.end(),
                  [](const JpegComponent& c) { return c.horizontal != 1 || c.vertical != 1; });
  // A single component may say anything: its sampling is relative to itself (A.2.2).
  if (lossless && subsampled && header.components.size() > 1)
    return TooMuch("lossless with subsampled components");
  return Status::Ok();
}

}  // namespace argent::codec
