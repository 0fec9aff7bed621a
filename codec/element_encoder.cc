#include "codec/element_encoder.h"

#include <limits>

#include "codec/value_swap.h"
#include "storage/base/bytes.h"

namespace argent::codec {

void ElementEncoder::U16(uint16_t value) {
  uint8_t bytes[2];
  encoding_ == Encoding::kExplicitBig ? StoreBe16(bytes, value) : StoreLe16(bytes, value);
  out_->append(reinterpret_cast<const char*>(bytes), sizeof(bytes));
}

void ElementEncoder::U32(uint32_t value) {
  uint8_t bytes[4];
  encoding_ == Encoding::kExplicitBig ? StoreBe32(bytes, value) : StoreLe32(bytes, value);
  out_->append(reinterpret_cast<const char*>(bytes), sizeof(bytes));
}

Vr ElementEncoder::ElementHeader(Tag tag, Vr vr, uint32_t length) {
  U16(tag.group);
  U16(tag.element);
  if (encoding_ == Encoding::kImplicitLittle) {
    U32(length);
    return vr;
  }
  if (!IsKnownVr(vr) || (!HasLongLength(vr) && length > std::numeric_limits<uint16_t>::max()))
    vr = MakeVr("UN");
  out_->push_back(vr.first);
  out_->push_back(vr.second);
  if (HasLongLength(vr)) {
    U16(0);
    U32(length);
  } else {
    U16(static_cast<uint16_t>(length));
  }
  return vr;
}

void ElementEncoder::ItemHeader(Tag tag, uint32_t length) {
  U16(tag.group);
  U16(tag.element);
  U32(length);
}

void ElementEncoder::PatchLength(size_t header_end, uint32_t length) {
  auto* field = reinterpret_cast<uint8_t*>(out_->data()) + header_end - 4;
  encoding_ == Encoding::kExplicitBig ? StoreBe32(field, length) : StoreLe32(field, length);
}

char PaddingOf(Vr vr) {
  constexpr Vr kNulPadded[] = {MakeVr("UI"), MakeVr("OB"), MakeVr("UN"), MakeVr("SQ")};
  for (Vr nul_padded : kNulPadded) {
    if (vr == nul_padded) return '\0';
  }
  return WordBytes(vr) == 1 ? ' ' : '\0';
}

}  // namespace argent::codec
