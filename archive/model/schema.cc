#include "archive/model/schema.h"

#include "storage/base/bytes.h"
#include "storage/base/check.h"

namespace argent::archive {
namespace {

constexpr char kEscaped = '\xFF';
constexpr char kEnd = '\x01';

// Reads one component off the front of `rest`; false when it is not well formed.
bool TakeComponent(std::string_view* rest, std::string* out) {
  out->clear();
  for (size_t i = 0; i < rest->size(); ++i) {
    const char byte = (*rest)[i];
    if (byte != '\0') {
      out->push_back(byte);
      continue;
    }
    if (i + 1 == rest->size()) return false;
    const char next = (*rest)[++i];
    if (next == kEnd) {
      rest->remove_prefix(i + 1);
      return true;
    }
    if (next != kEscaped) return false;
    out->push_back('\0');
  }
  return false;
}

}  // namespace

void AppendComponentFront(std::string_view bytes, std::string* key) {
  for (const char byte : bytes) {
    key->push_back(byte);
    if (byte == '\0') key->push_back(kEscaped);
  }
}

void AppendComponent(std::string_view bytes, std::string* key) {
  AppendComponentFront(bytes, key);
  key->push_back('\0');
  key->push_back(kEnd);
}

std::string MakeKey(Table table, std::initializer_list<std::string_view> components) {
  size_t bytes = 1;
  for (std::string_view component : components) bytes += component.size() + 2;
  std::string key;
  key.reserve(bytes);
  key.push_back(static_cast<char>(table));
  for (std::string_view component : components) AppendComponent(component, &key);
  return key;
}

std::string PrefixEnd(std::string prefix) {
  while (!prefix.empty() && prefix.back() == '\xFF') prefix.pop_back();
  ARGENT_CHECK(!prefix.empty());  // the table byte is below FF
  prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
  return prefix;
}

KeyRange PrefixRange(std::string prefix) {
  std::string end = PrefixEnd(prefix);
  return {std::move(prefix), std::move(end)};
}

std::optional<std::vector<std::string>> SplitComponents(std::string_view encoded) {
  std::vector<std::string> components;
  std::string component;
  while (!encoded.empty()) {
    if (!TakeComponent(&encoded, &component)) return std::nullopt;
    components.push_back(component);
  }
  return components;
}

std::optional<std::string> LastComponent(std::string_view encoded) {
  std::string component;
  bool any = false;
  while (!encoded.empty()) {
    if (!TakeComponent(&encoded, &component)) return std::nullopt;
    any = true;
  }
  if (!any) return std::nullopt;
  return component;
}

std::string StudyKey(std::string_view study_uid) { return MakeKey(Table::kStudy, {study_uid}); }

std::string SeriesKey(std::string_view study_uid, std::string_view series_uid) {
  return MakeKey(Table::kSeries, {study_uid, series_uid});
}

std::string InstanceKey(std::string_view study_uid, std::string_view series_uid,
                        std::string_view sop_instance_uid) {
  return MakeKey(Table::kInstance, {study_uid, series_uid, sop_instance_uid});
}

std::string SopInstanceKey(std::string_view sop_instance_uid) {
  return MakeKey(Table::kSopInstance, {sop_instance_uid});
}

std::string VariantKey(std::string_view sop_instance_uid, uint32_t number) {
  uint8_t bytes[4];
  StoreBe32(bytes, number);
  return MakeKey(Table::kVariant, {sop_instance_uid, AsText(bytes)});
}

std::string TotalsKey() { return MakeKey(Table::kTotals, {}); }

}  // namespace argent::archive
