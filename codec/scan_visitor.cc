#include "codec/scan_visitor.h"

#include <utility>

#include "codec/character_set.h"
#include "codec/value_swap.h"

namespace argent::codec {
namespace {

constexpr Vr kSq = MakeVr("SQ");
constexpr Vr kUn = MakeVr("UN");
constexpr size_t kWarningsMax = 16;

bool IsPixelData(Tag tag) {
  return tag == tags::kPixelData || tag == tags::kFloatPixelData || tag == tags::kDoubleFloatPixelData;
}

// Text under the wrong text VR, or under UN, is what the catalog's VR says; a number keeps the VR that says
// how wide it is.
Vr CatalogVr(Vr received, const CatalogAttribute& attribute) {
  if (received == kUn || (WordBytes(received) == 1 && WordBytes(attribute.vr) == 1)) return attribute.vr;
  return received;
}

}  // namespace

// The attribute of this tag when it is to be kept: in the catalog's table and not seen before.
const CatalogAttribute* ScanVisitor::Claim(Tag tag) {
  const std::span<const CatalogAttribute> table = CatalogAttributes();
  if (next_attribute_ > 0 && tag <= table[next_attribute_ - 1].tag) next_attribute_ = 0;  // out of order
  while (next_attribute_ < table.size() && table[next_attribute_].tag < tag) ++next_attribute_;
  if (next_attribute_ == table.size() || table[next_attribute_].tag != tag) return nullptr;
  if (claimed_[next_attribute_]) return nullptr;
  claimed_.set(next_attribute_);
  return &table[next_attribute_++];
}

void ScanVisitor::Locate(const ElementHeader& header) {
  if (pixel_data_.present()) return;
  pixel_data_.tag = header.tag;
  pixel_data_.vr = header.vr;
  pixel_data_.value_position = header.value_position;
  pixel_data_.encapsulated = header.undefined_length();
  pixel_data_.value_length = header.undefined_length() ? 0 : header.length;
}

Status ScanVisitor::OnElement(const ElementHeader& header, bool* wants_value) {
  if (depth_ > 0) {
    if (sequence_ == nullptr) return Status::Ok();
    if (!sequence_->OnElement(header, wants_value).ok()) {
      DropSequence();
      *wants_value = false;
    }
    return Status::Ok();
  }
  if (IsPixelData(header.tag)) Locate(header);
  const CatalogAttribute* attribute = Claim(header.tag);
  if (attribute == nullptr || attribute->vr == kSq || header.length > kCatalogValueBytesMax)
    return Status::Ok();
  attributes_.push_back({header.tag, CatalogVr(header.vr, *attribute), {}, {}});
  value_is_big_endian_ = header.encoding == Encoding::kExplicitBig;
  *wants_value = true;
  return Status::Ok();
}

Status ScanVisitor::OnValue(ByteView part) {
  if (depth_ > 0) return sequence_->OnValue(part);
  attributes_.back().value.append(AsText(part));
  return Status::Ok();
}

Status ScanVisitor::OnElementEnd() {
  if (depth_ > 0) return sequence_->OnElementEnd();
  Element& element = attributes_.back();
  if (value_is_big_endian_) {
    SwapWords({reinterpret_cast<uint8_t*>(element.value.data()), element.value.size()},
              WordBytes(element.vr));
  }
  return Status::Ok();
}

Status ScanVisitor::OnSequence(const ElementHeader& header) {
  if (depth_++ == 0) {
    const CatalogAttribute* attribute = Claim(header.tag);
    if (attribute == nullptr || attribute->vr != kSq) return Status::Ok();
    sequence_ = std::make_unique<DataSetBuilder>(kCatalogValueBytesMax);
  }
  if (sequence_ != nullptr && !sequence_->OnSequence(header).ok()) DropSequence();
  return Status::Ok();
}

Status ScanVisitor::OnItem(const ElementHeader& header) {
  if (sequence_ != nullptr && !sequence_->OnItem(header).ok()) DropSequence();
  return Status::Ok();
}

Status ScanVisitor::OnItemEnd() { return sequence_ == nullptr ? Status::Ok() : sequence_->OnItemEnd(); }

Status ScanVisitor::OnSequenceEnd() {
  if (--depth_ > 0 || sequence_ == nullptr) return Status::Ok();
  DataSet kept = sequence_->Take();
  attributes_.push_back(std::move(kept.mutable_elements().front()));
  DropSequence();
  return Status::Ok();
}

Status ScanVisitor::OnFragments(const ElementHeader& header) {
  DropSequence();
  in_pixel_data_fragments_ = depth_ == 0 && !pixel_data_.present();
  if (in_pixel_data_fragments_) Locate(header);
  return Status::Ok();
}

Status ScanVisitor::OnFragment(const ElementHeader&, bool*) {
  if (in_pixel_data_fragments_) ++items_in_fragments_;
  return Status::Ok();
}

Status ScanVisitor::OnFragmentsEnd(uint64_t end_position) {
  if (!in_pixel_data_fragments_) return Status::Ok();
  in_pixel_data_fragments_ = false;
  pixel_data_.value_length = end_position - pixel_data_.value_position;
  pixel_data_.fragment_count = items_in_fragments_ > 0 ? items_in_fragments_ - 1 : 0;
  return Status::Ok();
}

void ScanVisitor::OnWarning(std::string message) {
  if (warnings_.size() < kWarningsMax) warnings_.push_back(std::move(message));
}

void ScanVisitor::Take(ScanResult* result) {
  result->attributes = DataSet::FromElements(std::move(attributes_));
  const Element* charset = result->attributes.Find(tags::kSpecificCharacterSet);
  const std::optional<Element> as_received =
      charset == nullptr ? std::nullopt : std::optional<Element>(*charset);
  bool damaged = false;
  ConvertToUtf8(&result->attributes, &damaged);
  if (damaged)
    OnWarning("text that is not valid in the Specific Character Set (0008,0005), or a set that is unknown");
  if (as_received) {
    result->attributes.Set(*as_received);
  } else {
    result->attributes.Erase(tags::kSpecificCharacterSet);
  }
  constexpr Tag kRows{0x0028, 0x0010};
  if (!pixel_data_.present() && result->attributes.Has(kRows))
    OnWarning("Rows (0028,0010) but no Pixel Data");
  result->pixel_data = pixel_data_;
  result->warnings = std::move(warnings_);
}

}  // namespace argent::codec
