#include "codec/data_set_builder.h"

#include <fmt/format.h>

#include "codec/value_swap.h"

namespace argent::codec {

// Headers count too: a million empty elements are not small.
Status DataSetBuilder::Charge(const ElementHeader& header, uint64_t value_bytes) {
  constexpr uint64_t kHeaderBytesMin = 8;
  if (kHeaderBytesMin + value_bytes > bytes_left_) {
    return Status::InvalidArgument(fmt::format("{} at byte {}: its {} bytes are more than is kept in memory",
                                               TagText(header.tag), header.position, value_bytes));
  }
  bytes_left_ -= kHeaderBytesMin + value_bytes;
  return Status::Ok();
}

Status DataSetBuilder::OnElement(const ElementHeader& header, bool* wants_value) {
  if (header.tag == tags::kItem) {
    return Status::InvalidArgument(fmt::format("an item without its sequence at byte {}", header.position));
  }
  ARGENT_RETURN_IF_ERROR(Charge(header, header.length));
  value_is_big_endian_ = header.encoding == Encoding::kExplicitBig;
  current().push_back({header.tag, header.vr, {}, {}});
  *wants_value = true;
  return Status::Ok();
}

Status DataSetBuilder::OnValue(ByteView part) {
  current().back().value.append(AsText(part));
  return Status::Ok();
}

Status DataSetBuilder::OnElementEnd() {
  Element& element = current().back();
  if (value_is_big_endian_) {
    SwapWords({reinterpret_cast<uint8_t*>(element.value.data()), element.value.size()},
              WordBytes(element.vr));
  }
  return Status::Ok();
}

Status DataSetBuilder::OnSequence(const ElementHeader& header) {
  ARGENT_RETURN_IF_ERROR(Charge(header, 0));
  current().push_back({header.tag, MakeVr("SQ"), {}, {}});
  return Status::Ok();
}

Status DataSetBuilder::OnItem(const ElementHeader& header) {
  ARGENT_RETURN_IF_ERROR(Charge(header, 0));
  levels_.emplace_back();
  return Status::Ok();
}

Status DataSetBuilder::OnItemEnd() {
  DataSet item = DataSet::FromElements(std::move(levels_.back()));
  levels_.pop_back();
  current().back().items.push_back(std::move(item));
  return Status::Ok();
}

Status DataSetBuilder::OnFragments(const ElementHeader& header) {
  return Status::InvalidArgument(fmt::format("{} at byte {}: encapsulated Pixel Data where none can be",
                                             TagText(header.tag), header.position));
}

}  // namespace argent::codec
