#include "codec/frame/frame_codec.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "codec/frame/fast_codec.h"
#include "codec/frame/openjpeg.h"
#include "codec/frame/openjph.h"

namespace argent::codec {
namespace {

constexpr std::pair<FrameCodecKind, std::string_view> kNames[] = {
    {FrameCodecKind::kNone, "none"}, {FrameCodecKind::kJ2k, "j2k"},   {FrameCodecKind::kHtj2k, "htj2k"},
    {FrameCodecKind::kJxl, "jxl"},   {FrameCodecKind::kFast, "fast"},
};

// The cells as they are.
class NoCodec : public FrameCodec {
 public:
  FrameCodecKind kind() const override { return FrameCodecKind::kNone; }

  Status Encode(const PixelFormat& format, ByteView frame, std::string* codestream) override {
    ARGENT_RETURN_IF_ERROR(format.ValidateFrame(frame.size()));
    codestream->assign(AsText(frame));
    return Status::Ok();
  }

  Status Decode(const PixelFormat& format, ByteView codestream, MutableByteView frame) override {
    ARGENT_RETURN_IF_ERROR(format.ValidateFrame(frame.size()));
    if (codestream.size() != frame.size()) {
      return Status::Corruption(
          fmt::format("{} bytes kept of a Frame of {}", codestream.size(), format.ToString()));
    }
    std::copy(codestream.begin(), codestream.end(), frame.begin());
    return Status::Ok();
  }
};

}  // namespace

std::string_view FrameCodecName(FrameCodecKind kind) {
  for (const auto& [known, name] : kNames) {
    if (known == kind) return name;
  }
  return "unknown";
}

Result<FrameCodecKind> FrameCodecOfName(std::string_view name) {
  for (const auto& [kind, known] : kNames) {
    if (known == name) return kind;
  }
  return Status::InvalidArgument(
      fmt::format("no codec is called \"{}\": choose none, j2k, htj2k, jxl or fast", name));
}

Result<std::unique_ptr<FrameCodec>> MakeFrameCodec(FrameCodecKind kind) {
  switch (kind) {
    case FrameCodecKind::kNone:
      return std::unique_ptr<FrameCodec>(std::make_unique<NoCodec>());
    case FrameCodecKind::kJ2k:
      return MakeJ2kCodec(J2kParameters{});
    case FrameCodecKind::kHtj2k:
      return MakeHtj2kCodec();
    case FrameCodecKind::kFast:
      return MakeFastCodec();
    default:
      return Status::Unsupported(fmt::format("this build has no codec \"{}\"", FrameCodecName(kind)));
  }
}

}  // namespace argent::codec
