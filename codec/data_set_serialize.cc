// DataSet::Serialize.
#include "codec/data_set.h"
#include "codec/element_encoder.h"
#include "codec/value_swap.h"

namespace argent::codec {
namespace {

void AppendValue(const Element& element, Vr written_vr, Encoding encoding, std::string* out) {
  const size_t start = out->size();
  out->append(element.value);
  if ((element.value.size() & 1) != 0) out->push_back(PaddingOf(element.vr));
  // What was written as UN for its length is little endian whatever is around it (PS3.5 6.2.2).
  if (encoding != Encoding::kExplicitBig || written_vr != element.vr) return;
  SwapWords({reinterpret_cast<uint8_t*>(out->data()) + start, out->size() - start}, WordBytes(element.vr));
}

}  // namespace

void DataSet::Serialize(Encoding encoding, std::string* out) const {
  ElementEncoder encoder(encoding, out);
  for (const Element& element : elements_) {
    if (element.vr != MakeVr("SQ")) {
      const size_t even_bytes = element.value.size() + (element.value.size() & 1);
      const Vr written = encoder.ElementHeader(element.tag, element.vr, static_cast<uint32_t>(even_bytes));
      AppendValue(element, written, encoding, out);
      continue;
    }
    encoder.ElementHeader(element.tag, element.vr, 0);
    const size_t sequence_start = out->size();
    for (const DataSet& item : element.items) {
      encoder.ItemHeader(tags::kItem, 0);
      const size_t item_start = out->size();
      item.Serialize(encoding, out);
      encoder.PatchLength(item_start, static_cast<uint32_t>(out->size() - item_start));
    }
    encoder.PatchLength(sequence_start, static_cast<uint32_t>(out->size() - sequence_start));
  }
}

}  // namespace argent::codec
