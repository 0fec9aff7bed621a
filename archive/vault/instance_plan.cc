#include "archive/vault/instance_plan.h"

#include <algorithm>

#include "codec/frame/image_description.h"
#include "codec/transfer_syntax.h"

namespace argent::archive {

namespace {

codec::PixelFormat PlainFormat() {
  codec::PixelFormat plain;
  plain.rows = 0;
  plain.columns = 0;
  return plain;
}

void AddPlain(uint64_t bytes, InstancePlan* plan) {
  while (bytes > 0) {
    uint64_t take = std::min<uint64_t>(bytes, kFramePackBytes);
    plan->regions.push_back({InstanceRegion::Kind::kFrame, take, PlainFormat()});
    bytes -= take;
  }
}

void AddLiteral(uint64_t bytes, InstancePlan* plan) {
  if (bytes > kLiteralBytesMax) return AddPlain(bytes, plan);
  if (bytes > 0) plan->regions.push_back({InstanceRegion::Kind::kLiteral, bytes, {}});
}

// The Data Set with its bulk as plain bytes.
InstancePlan PlainPlan(const ingest::InstanceReceived& received, std::string reason) {
  InstancePlan plan;
  plan.kept_reason = std::move(reason);
  const codec::PixelDataLocation& pixel_data = received.pixel_data;
  const bool deflated = received.transfer_syntax_uid.text() == codec::kDeflatedExplicitVrLittleEndian;
  if (!pixel_data.present() || deflated) {
    AddLiteral(received.data_set_bytes, &plan);
    return plan;
  }
  AddLiteral(pixel_data.value_position, &plan);
  AddPlain(pixel_data.value_length, &plan);
  AddLiteral(received.data_set_bytes - pixel_data.value_position - pixel_data.value_length, &plan);
  return plan;
}

std::string ReasonOf(codec::KeepReason reason) { return std::string(codec::KeepReasonName(reason)); }

}  // namespace

Result<InstancePlan> PlanInstance(const ingest::InstanceReceived& received, codec::FrameCodecKind codec,
                                  const DataSetSource& source) {
  const codec::PixelDataLocation& pixel_data = received.pixel_data;
  if (!pixel_data.present()) return PlainPlan(received, "");
  const uint64_t value_end = pixel_data.value_position + pixel_data.value_length;
  const auto syntax = codec::LookUpTransferSyntax(received.transfer_syntax_uid.text());
  if (received.transfer_syntax_uid.text() == codec::kDeflatedExplicitVrLittleEndian)
    return PlainPlan(received, "deflated");
  if (pixel_data.encapsulated || syntax.uid.empty() || value_end > received.data_set_bytes)
    return PlainPlan(received, "encapsulated");
  constexpr uint64_t kAttributesMax = uint64_t{16} << 20;
  const uint64_t after_bytes = received.data_set_bytes - value_end;
  if (pixel_data.value_position > kAttributesMax || after_bytes > kAttributesMax)
    return PlainPlan(received, ReasonOf(codec::KeepReason::kTooLarge));
  ARGENT_ASSIGN_OR_RETURN(std::string before, source(0, pixel_data.value_position));
  ARGENT_ASSIGN_OR_RETURN(std::string after, source(value_end, after_bytes));
  Result<codec::ImageDescription> image =
      codec::DescribeImage(AsBytes(before), AsBytes(after), syntax.encoding);
  if (!image.ok()) return PlainPlan(received, ReasonOf(codec::KeepReason::kBadAttributes));
  codec::KeepReason reason = codec::JudgeNative(*image, pixel_data.tag, pixel_data.value_length, codec);
  if (reason != codec::KeepReason::kNone) return PlainPlan(received, ReasonOf(reason));

  const uint64_t frame_bytes = image->format.FrameBytes();
  const bool swapped =
      syntax.encoding == codec::Encoding::kExplicitBig && pixel_data.vr == codec::MakeVr("OW");
  if (image->number_of_frames == 0 || frame_bytes * image->number_of_frames > pixel_data.value_length ||
      (swapped && frame_bytes % 2 != 0))
    return PlainPlan(received, ReasonOf(codec::KeepReason::kPixelDataLength));
  InstancePlan plan;
  AddLiteral(pixel_data.value_position, &plan);
  const auto kind = swapped ? InstanceRegion::Kind::kSwappedFrame : InstanceRegion::Kind::kFrame;
  for (uint64_t i = 0; i < image->number_of_frames; ++i)
    plan.regions.push_back({kind, frame_bytes, image->format});
  AddLiteral(pixel_data.value_length - frame_bytes * image->number_of_frames + after_bytes, &plan);
  return plan;
}

}  // namespace argent::archive
