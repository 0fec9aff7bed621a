#include "codec/data_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "codec/data_set_builder.h"
#include "codec/data_set_reader.h"
#include "codec/value_swap.h"

namespace argent::codec {
namespace {

std::string_view WithoutTrailingPadding(std::string_view text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\0')) text.remove_suffix(1);
  return text;
}

bool Precedes(const Element& element, Tag tag) { return element.tag < tag; }

// The first of several values of an IS, e.g. " +12 \13".
std::optional<int64_t> ParseIntegerString(std::string_view text) {
  text = WithoutTrailingPadding(text.substr(0, text.find('\\')));
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  if (text.starts_with('+')) text.remove_prefix(1);
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

Result<DataSet> DataSet::Parse(ByteView bytes, Encoding encoding, const DataSetLimits& limits) {
  if (bytes.size() > limits.bytes_max) {
    return Status::InvalidArgument(
        fmt::format("a Data Set of {} bytes where at most {} are accepted", bytes.size(), limits.bytes_max));
  }
  DataSetBuilder builder(limits.bytes_max);
  DataSetReader reader(encoding, {limits.elements_max, limits.nesting_max}, &builder);
  ARGENT_RETURN_IF_ERROR(reader.Feed(bytes));
  ARGENT_RETURN_IF_ERROR(reader.Finish());
  return builder.Take();
}

DataSet DataSet::FromElements(std::vector<Element> elements) {
  const auto not_ascending = [](const Element& a, const Element& b) { return a.tag >= b.tag; };
  if (std::adjacent_find(elements.begin(), elements.end(), not_ascending) != elements.end()) {
    std::stable_sort(elements.begin(), elements.end(),
                     [](const Element& a, const Element& b) { return a.tag < b.tag; });
    const auto same = [](const Element& a, const Element& b) { return a.tag == b.tag; };
    elements.erase(std::unique(elements.begin(), elements.end(), same), elements.end());
  }
  DataSet data_set;
  data_set.elements_ = std::move(elements);
  return data_set;
}

const Element* DataSet::Find(Tag tag) const {
  const auto it = std::lower_bound(elements_.begin(), elements_.end(), tag, Precedes);
  return it != elements_.end() && it->tag == tag ? &*it : nullptr;
}

std::string_view DataSet::Text(Tag tag) const {
  const Element* element = Find(tag);
  return element == nullptr ? std::string_view() : WithoutTrailingPadding(element->value);
}

std::optional<int64_t> DataSet::Integer(Tag tag) const {
  const Element* element = Find(tag);
  if (element == nullptr) return std::nullopt;
  const auto* p = reinterpret_cast<const uint8_t*>(element->value.data());
  const size_t bytes = element->value.size();
  const Vr vr = element->vr;
  if (vr == MakeVr("US") && bytes >= 2) return LoadLe16(p);
  if (vr == MakeVr("SS") && bytes >= 2) return static_cast<int16_t>(LoadLe16(p));
  if (vr == MakeVr("UL") && bytes >= 4) return LoadLe32(p);
  if (vr == MakeVr("SL") && bytes >= 4) return static_cast<int32_t>(LoadLe32(p));
  if (vr == MakeVr("IS")) return ParseIntegerString(element->value);
  return std::nullopt;
}

void DataSet::Set(Element element) {
  const auto it = std::lower_bound(elements_.begin(), elements_.end(), element.tag, Precedes);
  if (it != elements_.end() && it->tag == element.tag) {
    *it = std::move(element);
  } else {
    elements_.insert(it, std::move(element));
  }
}

void DataSet::SetText(Tag tag, Vr vr, std::string_view text) { Set({tag, vr, std::string(text), {}}); }

void DataSet::SetUnsigned16(Tag tag, uint16_t value) {
  std::string bytes;
  ByteWriter(&bytes).U16(value);
  Set({tag, MakeVr("US"), std::move(bytes), {}});
}

void DataSet::SetUnsigned32(Tag tag, uint32_t value) {
  std::string bytes;
  ByteWriter(&bytes).U32(value);
  Set({tag, MakeVr("UL"), std::move(bytes), {}});
}

void DataSet::SetSequence(Tag tag, std::vector<DataSet> items) {
  Set({tag, MakeVr("SQ"), {}, std::move(items)});
}

void DataSet::Erase(Tag tag) {
  const auto it = std::lower_bound(elements_.begin(), elements_.end(), tag, Precedes);
  if (it != elements_.end() && it->tag == tag) elements_.erase(it);
}

}  // namespace argent::codec
