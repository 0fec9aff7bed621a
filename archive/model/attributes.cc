#include "archive/model/attributes.h"

#include <algorithm>

namespace argent::archive {

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kPadding(" \0", 2);
  const size_t first = text.find_first_not_of(kPadding);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kPadding) - first + 1);
}

std::vector<std::string_view> SplitValues(std::string_view text) {
  std::vector<std::string_view> values;
  for (size_t start = 0;;) {
    const size_t end = text.find('\\', start);
    values.push_back(text.substr(start, end == std::string_view::npos ? end : end - start));
    if (end == std::string_view::npos) return values;
    start = end + 1;
  }
}

std::string NormalizeDate(std::string_view date) {
  date = Trim(date);
  std::string digits(date);
  if (date.size() == 10 && date[4] == '.' && date[7] == '.') std::erase(digits, '.');
  return digits;
}

bool IsBinaryVr(codec::Vr vr) {
  static constexpr codec::Vr kBinary[] = {
      codec::MakeVr("AT"), codec::MakeVr("FD"), codec::MakeVr("FL"), codec::MakeVr("OB"),
      codec::MakeVr("OD"), codec::MakeVr("OF"), codec::MakeVr("OL"), codec::MakeVr("OV"),
      codec::MakeVr("OW"), codec::MakeVr("SL"), codec::MakeVr("SS"), codec::MakeVr("SV"),
      codec::MakeVr("UL"), codec::MakeVr("UN"), codec::MakeVr("US"), codec::MakeVr("UV"),
  };
  return std::find(std::begin(kBinary), std::end(kBinary), vr) != std::end(kBinary);
}

bool IsEmptyValue(const codec::Element& element) {
  if (element.vr == codec::MakeVr("SQ")) return element.items.empty();
  return IsBinaryVr(element.vr) ? element.value.empty() : Trim(element.value).empty();
}

}  // namespace argent::archive
