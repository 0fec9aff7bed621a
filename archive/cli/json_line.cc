#include "archive/cli/json_line.h"

#include <fmt/core.h>

#include <bit>
#include <optional>
#include <vector>

#include "archive/model/attributes.h"
#include "codec/dictionary.h"

namespace argent::archive {
namespace {

using codec::IsJsonNumber;
using codec::MakeVr;

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
