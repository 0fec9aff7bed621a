#include "codec/dicom_json.h"

#include <fmt/format.h>

#include <bit>
#include <charconv>
#include <cmath>

#include "codec/base64.h"
#include "codec/json_text.h"

namespace argent::codec {
namespace {

constexpr std::string_view kPadding(" \0", 2);
constexpr int64_t kExactIntegerMax = int64_t{1} << 53;  // a JSON number of JavaScript's holds no more

std::string_view TrimEnd(std::string_view text) {
  const size_t last = text.find_last_not_of(kPadding);
  return last == std::string_view::npos ? std::string_view() : text.substr(0, last + 1);
}

std::string_view TrimBoth(std::string_view text) {
  text = TrimEnd(text);
  return text.substr(std::min(text.find_first_not_of(kPadding), text.size()));
}

bool IsAnyOf(Vr vr, std::string_view letters) {
  for (size_t i = 0; i + 1 < letters.size(); i += 3) {
    if (letters[i] == vr.first && letters[i + 1] == vr.second) return true;
  }
  return false;
}

bool IsBytes(Vr vr) { return IsAnyOf(vr, "OB OD OF OL OV OW UN"); }
bool IsBinaryNumber(Vr vr) { return IsAnyOf(vr, "FD FL SL SS SV UL US UV"); }
// One value, in which a backslash is a character and leading spaces count.
bool IsOneText(Vr vr) { return IsAnyOf(vr, "LT ST UR UT"); }

void AppendInteger(std::string_view digits, bool exact, std::string* out) {
  out->append(exact ? "" : "\"").append(digits).append(exact ? "" : "\"");
}

void AppendUnsigned(uint64_t value, std::string* out) {
  AppendInteger(std::to_string(value), value <= static_cast<uint64_t>(kExactIntegerMax), out);
}

void AppendSigned(int64_t value, std::string* out) {
  AppendInteger(std::to_string(value), value >= -kExactIntegerMax && value <= kExactIntegerMax, out);
}

template <typename Float>
void AppendFloat(Float value, std::string* out) {
  if (std::isnan(value)) {
    out->append("\"NaN\"");
  } else if (std::isinf(value)) {
    out->append(value < 0 ? "\"-Infinity\"" : "\"Infinity\"");
  } else {
    fmt::format_to(std::back_inserter(*out), "{}", value);
  }
}

size_t NumberBytes(Vr vr) {
  if (IsAnyOf(vr, "SS US")) return 2;
  return IsAnyOf(vr, "FL SL UL") ? 4 : 8;
}

void AppendNumber(Vr vr, const uint8_t* p, std::string* out) {
  if (vr == MakeVr("US")) AppendUnsigned(LoadLe16(p), out);
  if (vr == MakeVr("SS")) AppendSigned(static_cast<int16_t>(LoadLe16(p)), out);
  if (vr == MakeVr("UL")) AppendUnsigned(LoadLe32(p), out);
  if (vr == MakeVr("SL")) AppendSigned(static_cast<int32_t>(LoadLe32(p)), out);
  if (vr == MakeVr("UV")) AppendUnsigned(LoadLe64(p), out);
  if (vr == MakeVr("SV")) AppendSigned(static_cast<int64_t>(LoadLe64(p)), out);
  if (vr == MakeVr("FL")) AppendFloat(std::bit_cast<float>(LoadLe32(p)), out);
  if (vr == MakeVr("FD")) AppendFloat(std::bit_cast<double>(LoadLe64(p)), out);
}

void AppendNumbers(const Element& element, std::string* out) {
  const size_t bytes = NumberBytes(element.vr);
  const auto* p = reinterpret_cast<const uint8_t*>(element.value.data());
  for (size_t i = 0; i + bytes <= element.value.size(); i += bytes) {
    if (i > 0) out->push_back(',');
    AppendNumber(element.vr, p + i, out);
  }
}

void AppendTags(const Element& element, std::string* out) {
  const auto* p = reinterpret_cast<const uint8_t*>(element.value.data());
  for (size_t i = 0; i + 4 <= element.value.size(); i += 4) {
    fmt::format_to(std::back_inserter(*out), "{}\"{:04X}{:04X}\"", i > 0 ? "," : "", LoadLe16(p + i),
                   LoadLe16(p + i + 2));
  }
}

// "+1", "01", "1." and ".5" are decimal strings of PS3.5 and no JSON numbers.
void AppendDecimal(std::string_view text, std::string* out) {
  if (IsJsonNumber(text)) {
    out->append(text);
    return;
  }
  const std::string_view digits = text.starts_with('+') ? text.substr(1) : text;
  double value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  const bool whole = error == std::errc() && end == digits.data() + digits.size() && std::isfinite(value);
  if (whole && std::abs(value) <= static_cast<double>(kExactIntegerMax)) {
    AppendFloat(value, out);
  } else {
    AppendJsonString(text, out);
  }
}

// The component groups of a name (PS3.5 6.2.1); empty ones are left out.
void AppendName(std::string_view name, std::string* out) {
  constexpr std::string_view kGroups[] = {"Alphabetic", "Ideographic", "Phonetic"};
  out->push_back('{');
  bool first = true;
  for (std::string_view group : kGroups) {
    const size_t end = std::min(name.find('='), name.size());
    const std::string_view text = TrimBoth(name.substr(0, end));
    name.remove_prefix(std::min(end + 1, name.size()));
    if (text.empty()) continue;
    out->append(first ? "\"" : ",\"").append(group).append("\":");
    AppendJsonString(text, out);
    first = false;
  }
  out->push_back('}');
}

void AppendText(Vr vr, std::string_view text, std::string* out) {
  if (IsOneText(vr)) return AppendJsonString(TrimEnd(text), out);
  for (bool first = true;; first = false) {
    const size_t end = text.find('\\');
    const std::string_view value = TrimBoth(text.substr(0, end));
    if (!first) out->push_back(',');
    if (value.empty()) {
      out->append("null");
    } else if (vr == MakeVr("PN")) {
      AppendName(value, out);
    } else if (vr == MakeVr("IS") || vr == MakeVr("DS")) {
      AppendDecimal(value, out);
    } else {
      AppendJsonString(value, out);
    }
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
  }
}

bool HasValue(const Element& element) {
  if (element.vr == MakeVr("SQ")) return !element.items.empty();
  if (IsBytes(element.vr) || IsBinaryNumber(element.vr) || element.vr == MakeVr("AT"))
    return !element.value.empty();
  return !TrimEnd(element.value).empty();
}

void AppendValues(const Element& element, std::string* out) {
  if (element.vr == MakeVr("SQ")) {
    for (size_t i = 0; i < element.items.size(); ++i) {
      if (i > 0) out->push_back(',');
      AppendDicomJson(element.items[i], out);
    }
  } else if (IsBinaryNumber(element.vr)) {
    AppendNumbers(element, out);
  } else if (element.vr == MakeVr("AT")) {
    AppendTags(element, out);
  } else if (element.tag == tags::kSpecificCharacterSet) {
    out->append("\"ISO_IR 192\"");
  } else {
    AppendText(element.vr, element.value, out);
  }
}

}  // namespace

void AppendDicomJsonHeader(Tag tag, Vr vr, std::string* out) {
  fmt::format_to(std::back_inserter(*out), "\"{:08X}\":{{\"vr\":\"{}{}\"", tag.packed(), vr.first, vr.second);
}

void AppendDicomJsonBulkData(Tag tag, Vr vr, std::string_view uri, std::string* out) {
  AppendDicomJsonHeader(tag, vr, out);
  out->append(",\"BulkDataURI\":");
  AppendJsonString(uri, out);
  out->push_back('}');
}

void AppendDicomJsonElement(const Element& element, std::string* out) {
  if (element.tag.element == 0) return;
  AppendDicomJsonHeader(element.tag, element.vr, out);
  if (HasValue(element)) {
    if (IsBytes(element.vr)) {
      out->append(",\"InlineBinary\":\"");
      AppendBase64(AsBytes(element.value), out);
      out->push_back('"');
    } else {
      out->append(",\"Value\":[");
      AppendValues(element, out);
      out->push_back(']');
    }
  }
  out->push_back('}');
}

void AppendDicomJson(const DataSet& data_set, std::string* out) {
  out->push_back('{');
  bool first = true;
  for (const Element& element : data_set.elements()) {
    if (element.tag.element == 0) continue;
    if (!first) out->push_back(',');
    first = false;
    AppendDicomJsonElement(element, out);
  }
  out->push_back('}');
}

}  // namespace argent::codec
