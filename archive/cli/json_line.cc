#include "archive/cli/json_line.h"

#include <fmt/core.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <optional>
#include <vector>

#include "archive/model/attributes.h"
#include "codec/dictionary.h"

namespace argent::archive {
namespace {

using codec::MakeVr;

// Bytes of the well-formed UTF-8 sequence at the front of `text`; 0 when there is none.
size_t Utf8Bytes(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  if (lead < 0x80) return 1;
  const size_t bytes = lead >= 0xC2 && lead < 0xE0   ? 2
                       : lead >= 0xE0 && lead < 0xF0 ? 3
                       : lead >= 0xF0 && lead < 0xF5 ? 4
                                                     : 0;
  if (bytes == 0 || text.size() < bytes) return 0;
  for (size_t i = 1; i < bytes; ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) return 0;
  }
  return bytes;
}

// JSON's grammar of numbers: what it does not take stays a string.
bool IsJsonNumber(std::string_view text) {
  if (!text.empty() && text.front() == '-') text.remove_prefix(1);
  const auto digits = [&text] {
    const size_t count = std::min(text.find_first_not_of("0123456789"), text.size());
    text.remove_prefix(count);
    return count;
  };
  const bool leading_zero = text.size() > 1 && text[0] == '0' && text[1] >= '0' && text[1] <= '9';
  if (leading_zero || digits() == 0) return false;
  if (!text.empty() && text.front() == '.') {
    text.remove_prefix(1);
    if (digits() == 0) return false;
  }
  if (!text.empty() && (text.front() == 'e' || text.front() == 'E')) {
    text.remove_prefix(1);
    if (!text.empty() && (text.front() == '+' || text.front() == '-')) text.remove_prefix(1);
    if (digits() == 0) return false;
  }
  return text.empty();
}

// Values of a binary element as JSON numbers; nullopt when the VR has none.
std::optional<std::vector<std::string>> BinaryNumbers(const codec::Element& element) {
  const size_t bytes =
      element.vr == MakeVr("US") || element.vr == MakeVr("SS")                                 ? 2
      : element.vr == MakeVr("UL") || element.vr == MakeVr("SL") || element.vr == MakeVr("FL") ? 4
      : element.vr == MakeVr("FD")                                                             ? 8
                                                                                               : 0;
  if (bytes == 0) return std::nullopt;
  std::vector<std::string> numbers;
  const ByteView value = AsBytes(element.value);
  for (size_t i = 0; i + bytes <= value.size(); i += bytes) {
    const uint8_t* p = value.data() + i;
    if (element.vr == MakeVr("US")) numbers.push_back(std::to_string(LoadLe16(p)));
    if (element.vr == MakeVr("SS")) numbers.push_back(std::to_string(static_cast<int16_t>(LoadLe16(p))));
    if (element.vr == MakeVr("UL")) numbers.push_back(std::to_string(LoadLe32(p)));
    if (element.vr == MakeVr("SL")) numbers.push_back(std::to_string(static_cast<int32_t>(LoadLe32(p))));
    if (element.vr == MakeVr("FL")) numbers.push_back(fmt::format("{}", std::bit_cast<float>(LoadLe32(p))));
    if (element.vr == MakeVr("FD")) numbers.push_back(fmt::format("{}", std::bit_cast<double>(LoadLe64(p))));
  }
  for (std::string& number : numbers) {
    if (!IsJsonNumber(number)) number = "\"" + number + "\"";  // nan, inf
  }
  return numbers;
}

std::vector<std::string> TextValues(const codec::Element& element) {
  std::vector<std::string> values;
  const bool number = element.vr == MakeVr("IS") || element.vr == MakeVr("DS");
  const bool one = element.vr == MakeVr("LT") || element.vr == MakeVr("ST") || element.vr == MakeVr("UT");
  for (std::string_view value :
       one ? std::vector<std::string_view>{element.value} : SplitValues(element.value)) {
    value = Trim(value);
    std::string json;
    if (number && IsJsonNumber(value)) {
      json = value;
    } else {
      AppendJsonString(value, &json);
    }
    values.push_back(std::move(json));
  }
  return values;
}

void AppendArray(const std::vector<std::string>& values, std::string* out) {
  out->push_back('[');
  for (size_t i = 0; i < values.size(); ++i) out->append(i == 0 ? "" : ",").append(values[i]);
  out->push_back(']');
}

void AppendValue(const codec::Element& element, std::string* out) {
  if (IsEmptyValue(element)) {
    out->append("null");
    return;
  }
  std::vector<std::string> values;
  if (element.vr == MakeVr("SQ")) {
    for (const codec::DataSet& item : element.items) AppendJsonObject(item, &values.emplace_back());
    AppendArray(values, out);
    return;
  }
  auto numbers = BinaryNumbers(element);
  values = numbers ? std::move(*numbers) : TextValues(element);
  if (values.size() == 1) {
    out->append(values[0]);
  } else {
    AppendArray(values, out);
  }
}

}  // namespace

void AppendJsonString(std::string_view text, std::string* out) {
  out->push_back('"');
  while (!text.empty()) {
    const char c = text[0];
    size_t bytes = Utf8Bytes(text);
    if (bytes == 0) {
      out->append("\uFFFD");
      bytes = 1;
    } else if (c == '"' || c == '\\') {
      out->append({'\\', c});
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out->append(fmt::format("\\u{:04x}", static_cast<unsigned>(c)));
    } else {
      out->append(text.substr(0, bytes));
    }
    text.remove_prefix(bytes);
  }
  out->push_back('"');
}

void AppendJsonObject(const codec::DataSet& data_set, std::string* out) {
  out->push_back('{');
  bool first = true;
  for (const codec::Element& element : data_set.elements()) {
    std::string keyword = codec::DictionaryKeyword(element.tag);
    if (keyword.empty()) keyword = fmt::format("{:08X}", element.tag.packed());
    if (!first) out->push_back(',');
    first = false;
    AppendJsonString(keyword, out);
    out->push_back(':');
    AppendValue(element, out);
  }
  out->push_back('}');
}

}  // namespace argent::archive
