#include "codec/frame/image_description.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <vector>

#include "codec/data_set_reader.h"
#include "codec/frame/encapsulation.h"
#include "codec/value_swap.h"

namespace argent::codec {
namespace {

constexpr Tag kSamplesPerPixel{0x0028, 0x0002};
constexpr Tag kPhotometricInterpretation{0x0028, 0x0004};
constexpr Tag kPlanarConfiguration{0x0028, 0x0006};
constexpr Tag kNumberOfFrames{0x0028, 0x0008};
constexpr Tag kRows{0x0028, 0x0010};
constexpr Tag kColumns{0x0028, 0x0011};
constexpr Tag kBitsAllocated{0x0028, 0x0100};
constexpr Tag kBitsStored{0x0028, 0x0101};
constexpr Tag kHighBit{0x0028, 0x0102};
constexpr Tag kPixelRepresentation{0x0028, 0x0103};
constexpr Tag kLossyImageCompression{0x0028, 0x2110};
constexpr Tag kMacParameters{0x4FFE, 0x0001};
constexpr Tag kExtendedOffsetTable{0x7FE0, 0x0001};
constexpr Tag kDigitalSignatures{0xFFFA, 0xFFFA};

constexpr uint16_t kOverlayBitPosition = 0x0102;  // of groups 6000 to 60FE
constexpr uint16_t kOverlayData = 0x3000;

constexpr size_t kValueBytesMax = 256;
constexpr size_t kExtendedOffsetTableBytesMax = EncapsulatedFrames::kFragmentsMax * 8;

bool IsOverlay(Tag tag, uint16_t element) { return (tag.group & 0xFF01) == 0x6000 && tag.element == element; }

size_t BytesWanted(Tag tag) {
  constexpr Tag kWanted[] = {kSamplesPerPixel,
                             kPhotometricInterpretation,
                             kPlanarConfiguration,
                             kNumberOfFrames,
                             kRows,
                             kColumns,
                             kBitsAllocated,
                             kBitsStored,
                             kHighBit,
                             kPixelRepresentation,
                             kLossyImageCompression};
  if (tag == kExtendedOffsetTable) return kExtendedOffsetTableBytesMax;
  const bool wanted = std::find(std::begin(kWanted), std::end(kWanted), tag) != std::end(kWanted) ||
                      IsOverlay(tag, kOverlayBitPosition);
  return wanted ? kValueBytesMax : 0;
}

// Keeps the few elements asked for; each once, so what it keeps is bounded.
class ImageVisitor : public DataSetVisitor {
 public:
  Status OnElement(const ElementHeader& header, bool* wants_value) override {
    if (depth_ > 0) return Status::Ok();
    if (IsOverlay(header.tag, kOverlayData) && header.length > 0) overlay_data_.push_back(header.tag.group);
    if (header.length > BytesWanted(header.tag) || Find(header.tag) != nullptr) return Status::Ok();
    if (BytesWanted(header.tag) == 0) return Status::Ok();
    elements_.push_back({header.tag, header.vr, {}, {}});
    big_endian_ = header.encoding == Encoding::kExplicitBig;
    *wants_value = true;
    return Status::Ok();
  }
  Status OnValue(ByteView part) override {
    elements_.back().value.append(AsText(part));
    return Status::Ok();
  }
  Status OnElementEnd() override {
    std::string& value = elements_.back().value;
    if (big_endian_) {
      SwapWords({reinterpret_cast<uint8_t*>(value.data()), value.size()}, WordBytes(elements_.back().vr));
    }
    return Status::Ok();
  }
  Status OnSequence(const ElementHeader& header) override {
    const bool of_signatures = header.tag == kMacParameters || header.tag == kDigitalSignatures;
    if (depth_ == 0 && of_signatures) has_signature_ = true;
    ++depth_;
    return Status::Ok();
  }
  Status OnItem(const ElementHeader& /*header*/) override { return Status::Ok(); }
  Status OnItemEnd() override { return Status::Ok(); }
  Status OnSequenceEnd() override {
    --depth_;
    return Status::Ok();
  }
  Status OnFragments(const ElementHeader& /*header*/) override { return Status::Ok(); }
  Status OnFragment(const ElementHeader& /*header*/, bool* /*wants_value*/) override { return Status::Ok(); }
  Status OnFragmentsEnd(uint64_t /*end_position*/) override { return Status::Ok(); }
  void OnWarning(std::string /*message*/) override {}

  Result<ImageDescription> Describe() const;

 private:
  const Element* Find(Tag tag) const {
    const auto at =
        std::find_if(elements_.begin(), elements_.end(), [tag](const Element& e) { return e.tag == tag; });
    return at == elements_.end() ? nullptr : &*at;
  }
  std::string_view Text(Tag tag) const {
    const Element* const element = Find(tag);
    std::string_view text = element == nullptr ? std::string_view() : element->value;
    const auto is_padding = [](char c) { return c == ' ' || c == '\0'; };
    while (!text.empty() && is_padding(text.back())) text.remove_suffix(1);
    while (!text.empty() && is_padding(text.front())) text.remove_prefix(1);
    return text;
  }
  // Of a US element, whatever VR its sender gave it.
  uint16_t Unsigned(Tag tag, uint16_t otherwise) const {
    const Element* const element = Find(tag);
    if (element == nullptr || element->value.size() < 2) return otherwise;
    return LoadLe16(AsBytes(element->value).data());
  }
  PixelFormat Format() const;
  bool HasOverlayInPixelData() const;

  int depth_ = 0;
  bool big_endian_ = false;  // the element being read
  bool has_signature_ = false;
  std::vector<Element> elements_;
  std::vector<uint16_t> overlay_data_;  // groups that have it
};

PixelFormat ImageVisitor::Format() const {
  PixelFormat format;
  format.rows = Unsigned(kRows, 0);
  format.columns = Unsigned(kColumns, 0);
  format.samples_per_pixel = Unsigned(kSamplesPerPixel, 1);
  format.bits_allocated = Unsigned(kBitsAllocated, 0);
  format.bits_stored = Unsigned(kBitsStored, format.bits_allocated);
  format.high_bit = Unsigned(kHighBit, static_cast<uint16_t>(format.bits_stored - 1));
  format.is_signed = Unsigned(kPixelRepresentation, 0) == 1;
  format.planar_configuration = Unsigned(kPlanarConfiguration, 0);
  format.photometric_text = Text(kPhotometricInterpretation);
  format.photometric = PhotometricOf(format.photometric_text);
  return format;
}

// Overlay Bit Position other than 0 says that the overlay is in unused bits of the cells (PS3.3 C.9.2, until
// 2004), unless it came separately.
bool ImageVisitor::HasOverlayInPixelData() const {
  return std::any_of(elements_.begin(), elements_.end(), [this](const Element& element) {
    return IsOverlay(element.tag, kOverlayBitPosition) && Unsigned(element.tag, 0) != 0 &&
           std::find(overlay_data_.begin(), overlay_data_.end(), element.tag.group) == overlay_data_.end();
  });
}

Result<ImageDescription> ImageVisitor::Describe() const {
  ImageDescription image;
  image.format = Format();
  image.is_image = image.format.rows != 0 && image.format.columns != 0 && image.format.bits_allocated != 0;
  const std::string_view frames = Text(kNumberOfFrames);
  if (!frames.empty()) {
    const auto [end, error] =
        std::from_chars(frames.data(), frames.data() + frames.size(), image.number_of_frames);
    if (error != std::errc() || end != frames.data() + frames.size()) {
      return Status::InvalidArgument(fmt::format("Number of Frames is \"{}\"", frames));
    }
  }
  image.lossy = Text(kLossyImageCompression) == "01";
  image.has_digital_signature = has_signature_;
  image.has_overlay_in_pixel_data = HasOverlayInPixelData();
  if (const Element* const table = Find(kExtendedOffsetTable)) image.extended_offset_table = table->value;
  return image;
}

}  // namespace

Result<ImageDescription> DescribeImage(ByteView before, ByteView after, Encoding encoding) {
  ImageVisitor visitor;
  DataSetReader head(encoding, ReadLimits{}, &visitor);
  ARGENT_RETURN_IF_ERROR(head.Feed(before));
  DataSetReader tail(encoding, ReadLimits{}, &visitor);
  ARGENT_RETURN_IF_ERROR(tail.Feed(after));
  return visitor.Describe();
}

}  // namespace argent::codec
