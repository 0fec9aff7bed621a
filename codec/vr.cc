// Value Representations (PS3.5 section 6.2).
#include <array>
#include <utility>

#include "codec/data_set.h"
#include "codec/value_swap.h"

namespace argent::codec {
namespace {

// What the encoding needs to know of each VR; one row per VR of PS3.5 Table 6.2-1.
struct VrTraits {
  Vr vr;
  bool long_length;
  bool text;
  uint8_t word_bytes;  // 1: not affected by byte order
};

constexpr VrTraits kVrs[] = {
    {MakeVr("AE"), false, false, 1}, {MakeVr("AS"), false, false, 1}, {MakeVr("AT"), false, false, 2},
    {MakeVr("CS"), false, false, 1}, {MakeVr("DA"), false, false, 1}, {MakeVr("DS"), false, false, 1},
    {MakeVr("DT"), false, false, 1}, {MakeVr("FL"), false, false, 4}, {MakeVr("FD"), false, false, 8},
    {MakeVr("IS"), false, false, 1}, {MakeVr("LO"), false, true, 1},  {MakeVr("LT"), false, true, 1},
    {MakeVr("OB"), true, false, 1},  {MakeVr("OD"), true, false, 8},  {MakeVr("OF"), true, false, 4},
    {MakeVr("OL"), true, false, 4},  {MakeVr("OV"), true, false, 8},  {MakeVr("OW"), true, false, 2},
    {MakeVr("PN"), false, true, 1},  {MakeVr("SH"), false, true, 1},  {MakeVr("SL"), false, false, 4},
    {MakeVr("SQ"), true, false, 1},  {MakeVr("SS"), false, false, 2}, {MakeVr("ST"), false, true, 1},
    {MakeVr("SV"), true, false, 8},  {MakeVr("TM"), false, false, 1}, {MakeVr("UC"), true, true, 1},
    {MakeVr("UI"), false, false, 1}, {MakeVr("UL"), false, false, 4}, {MakeVr("UN"), true, false, 1},
    {MakeVr("UR"), true, false, 1},  {MakeVr("US"), false, false, 2}, {MakeVr("UT"), true, true, 1},
    {MakeVr("UV"), true, false, 8},
};

constexpr size_t Slot(Vr vr) {
  return static_cast<size_t>(vr.first - 'A') * 26 + static_cast<size_t>(vr.second - 'A');
}

constexpr uint8_t kKnownBit = 1, kLongBit = 2, kTextBit = 4;

// Indexed by the two letters, because every element of every received Data Set is looked up here.
struct VrTable {
  std::array<uint8_t, 26 * 26> bits{};
  std::array<uint8_t, 26 * 26> word_bytes{};
};

constexpr VrTable MakeVrTable() {
  VrTable table;
  for (uint8_t& bytes : table.word_bytes) bytes = 1;
  for (const VrTraits& traits : kVrs) {
    table.bits[Slot(traits.vr)] =
        static_cast<uint8_t>(kKnownBit | (traits.long_length ? kLongBit : 0) | (traits.text ? kTextBit : 0));
    table.word_bytes[Slot(traits.vr)] = traits.word_bytes;
  }
  return table;
}

constexpr VrTable kVrTable = MakeVrTable();

bool IsUpperCase(Vr vr) { return vr.first >= 'A' && vr.first <= 'Z' && vr.second >= 'A' && vr.second <= 'Z'; }

uint8_t Bits(Vr vr) { return IsUpperCase(vr) ? kVrTable.bits[Slot(vr)] : uint8_t{0}; }

template <size_t N>
void ReverseWords(MutableByteView bytes) {
  for (size_t i = 0; i + N <= bytes.size(); i += N) {
    for (size_t j = 0; j < N / 2; ++j) std::swap(bytes[i + j], bytes[i + N - 1 - j]);
  }
}

}  // namespace

bool IsKnownVr(Vr vr) { return (Bits(vr) & kKnownBit) != 0; }
bool HasLongLength(Vr vr) { return (Bits(vr) & kLongBit) != 0; }
bool IsTextVr(Vr vr) { return (Bits(vr) & kTextBit) != 0; }

size_t WordBytes(Vr vr) { return IsUpperCase(vr) ? kVrTable.word_bytes[Slot(vr)] : 1; }

void SwapWords(MutableByteView bytes, size_t word_bytes) {
  switch (word_bytes) {
    case 2:
      return ReverseWords<2>(bytes);
    case 4:
      return ReverseWords<4>(bytes);
    case 8:
      return ReverseWords<8>(bytes);
    default:
      return;
  }
}

}  // namespace argent::codec
