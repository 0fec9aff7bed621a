#include "codec/recognise.h"

#include "codec/data_set_reader.h"
#include "codec/dictionary.h"

namespace argent::codec {
namespace {

constexpr int kElementsEnough = 8;  // after so many plausible elements there is no doubt
constexpr int kElementsMin = 2;     // fewer convince only when they are the whole Data Set

struct Candidate {
  Tag tag;
  uint32_t length = 0;
  size_t header_bytes = 8;
  bool plausible = false;
};

Candidate ReadExplicit(const uint8_t* p, size_t available, bool big_endian) {
  Candidate c;
  const auto load16 = [big_endian](const uint8_t* q) { return big_endian ? LoadBe16(q) : LoadLe16(q); };
  c.tag = {load16(p), load16(p + 2)};
  const Vr vr{static_cast<char>(p[4]), static_cast<char>(p[5])};
  if (!IsKnownVr(vr)) return c;
  if (!HasLongLength(vr)) {
    c.length = load16(p + 6);
  } else {
    if (available < 12) return c;
    c.header_bytes = 12;
    c.length = big_endian ? LoadBe32(p + 8) : LoadLe32(p + 8);
  }
  c.plausible = true;
  return c;
}

Candidate ReadImplicit(const uint8_t* p) {
  Candidate c;
  c.tag = {LoadLe16(p), LoadLe16(p + 2)};
  c.length = LoadLe32(p + 4);
  const Vr vr = DictionaryVr(c.tag);
  const bool known = vr != Vr{} || c.tag.is_private();
  const bool short_enough = HasLongLength(vr) || c.length <= 0xFFFF;
  c.plausible = known && (short_enough || c.length == kUndefinedLength);
  return c;
}

// True when `front` reads as Data Elements in this encoding up to its end, or far enough to be sure.
bool IsPlausible(ByteView front, Encoding encoding, bool complete) {
  Tag last;
  size_t position = 0;
  for (int count = 0; count < kElementsEnough; ++count) {
    const size_t left = front.size() - position;
    if (left < 8) return count >= kElementsMin || (count > 0 && left == 0 && complete);
    const Candidate c = encoding == Encoding::kImplicitLittle
                            ? ReadImplicit(front.data() + position)
                            : ReadExplicit(front.data() + position, left, encoding == Encoding::kExplicitBig);
    const bool ascending = count == 0 ? c.tag.group <= 0x7FE0 : c.tag > last;
    if (!c.plausible || !ascending || c.tag.group == 0) return false;
    last = c.tag;
    // A value that goes past what is at hand ends the view, not the plausibility.
    if (c.length > left - c.header_bytes)
      return count + 1 >= kElementsMin && !(complete && c.length != kUndefinedLength);
    position += c.header_bytes + c.length;
  }
  return true;
}

}  // namespace

std::optional<Encoding> RecogniseEncoding(ByteView front, bool complete) {
  for (Encoding encoding : {Encoding::kExplicitLittle, Encoding::kExplicitBig, Encoding::kImplicitLittle}) {
    if (IsPlausible(front, encoding, complete)) return encoding;
  }
  return std::nullopt;
}

}  // namespace argent::codec
