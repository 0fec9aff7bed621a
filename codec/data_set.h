// A small, bounded Data Set in memory: identifiers, DIMSE Command Sets, catalog rows, overlays on output. It
// is *not* for received Instances, which are never parsed into objects (see scanner.h).
//
// Values are bytes as encoded, little endian for numbers; text is in the Data Set's Specific Character Set
// until ConvertToUtf8() (character_set.h) makes it UTF-8. Elements are kept in ascending Tag order. Not
// thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/tag.h"
#include "storage/base/bytes.h"
#include "storage/base/status.h"

namespace argent::codec {

// Value Representation (PS3.5 section 6.2): two letters, e.g. Vr{'P','N'}.
struct Vr {
  char first = 'U';
  char second = 'N';
  constexpr auto operator<=>(const Vr&) const = default;
  std::string text() const { return {first, second}; }
};
constexpr Vr MakeVr(const char (&text)[3]) { return {text[0], text[1]}; }
bool IsKnownVr(Vr vr);
bool HasLongLength(Vr vr);  // 32-bit length field in Explicit VR (OB OD OF OL OV OW SQ SV UC UN UR UT UV)
bool IsTextVr(Vr vr);       // affected by Specific Character Set: LO LT PN SH ST UC UT

class DataSet;

struct Element {
  Tag tag;
  Vr vr;
  std::string value;           // as encoded, without padding removed; empty for SQ
  std::vector<DataSet> items;  // SQ only
};

// How a Data Set is encoded outside pixel encapsulation (PS3.5 Annex A).
enum class Encoding { kImplicitLittle, kExplicitLittle, kExplicitBig };

struct DataSetLimits {
  size_t bytes_max = 1 << 20;
  size_t elements_max = 10'000;
  int nesting_max = 64;
};

class DataSet {
 public:
  DataSet() = default;

  // Parses a whole encoded Data Set. Implicit VR takes VRs from the dictionary, unknown tags become UN. On
  // failure says the tag and byte position. Accepts undefined lengths of SQ and items.
  static Result<DataSet> Parse(ByteView bytes, Encoding encoding, const DataSetLimits& limits = {});
  // Sorts by Tag; of elements with the same Tag the first one stays.
  static DataSet FromElements(std::vector<Element> elements);
  // Encodes with even lengths (pads with space, or NUL for UI and binary), SQ with explicit lengths.
  void Serialize(Encoding encoding, std::string* out) const;

  bool empty() const { return elements_.empty(); }
  const std::vector<Element>& elements() const { return elements_; }
  // For changing values in place; tags and their order must stay.
  std::vector<Element>& mutable_elements() { return elements_; }
  const Element* Find(Tag tag) const;
  bool Has(Tag tag) const { return Find(tag) != nullptr; }
  // The text value with trailing padding (space, NUL) removed; empty when absent.
  std::string_view Text(Tag tag) const;
  // First value of a US / UL / SS / SL / IS element; nullopt when absent or not a number.
  std::optional<int64_t> Integer(Tag tag) const;

  // Insert or replace.
  void Set(Element element);
  void SetText(Tag tag, Vr vr, std::string_view text);
  void SetUnsigned16(Tag tag, uint16_t value);
  void SetUnsigned32(Tag tag, uint32_t value);
  void SetSequence(Tag tag, std::vector<DataSet> items);
  void Erase(Tag tag);

 private:
  std::vector<Element> elements_;
};

}  // namespace argent::codec
