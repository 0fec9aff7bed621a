#include "archive/cli/settings.h"

#define TOML_EXCEPTIONS 0
#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <charconv>

namespace argent::archive {

namespace {
std::optional<std::string> ScalarText(const toml::node& node) {
  if (auto text = node.value_exact<std::string>()) return text;
  if (auto number = node.value_exact<int64_t>()) return std::to_string(*number);
  if (auto flag = node.value_exact<bool>()) return std::string(*flag ? "true" : "false");
  return std::nullopt;
}

Status NotAValue(const std::string& path, const std::string& key) {
  return Status::InvalidArgument(
      fmt::format("{}: {} must be a text, a number, true or false, or an array of them", path, key));
}
}  // namespace

Status Settings::Add(const std::string& key, std::vector<std::string> values) {
  if (std::find(std::begin(kKeys), std::end(kKeys), key) == std::end(kKeys)) {
    return Status::InvalidArgument(
        fmt::format("there is no setting \"{}\"; there are: {}", key, fmt::join(kKeys, ", ")));
  }
  values_[key] = std::move(values);
  return Status::Ok();
}

Status Settings::LoadFile(const std::string& path) {
  toml::parse_result parsed = toml::parse_file(path);
  if (!parsed) {
    const auto& error = parsed.error();
    return Status::InvalidArgument(fmt::format("{}:{}:{}: {}", path, error.source().begin.line,
                                               error.source().begin.column, error.description()));
  }
  for (const auto& [key, node] : parsed.table()) {
    std::vector<std::string> values;
    const std::string name(key.str());
    if (const toml::array* array = node.as_array()) {
      for (const toml::node& item : *array) {
        auto text = ScalarText(item);
        if (!text) return NotAValue(path, name);
        values.push_back(std::move(*text));
      }
    } else if (auto text = ScalarText(node)) {
      values.push_back(*text);
    } else {
      return NotAValue(path, name);
    }
    ARGENT_RETURN_IF_ERROR(Add(name, std::move(values)).WithContext(path));
  }
  return Status::Ok();
}

Status Settings::Set(std::string_view assignment) {
  size_t equals = assignment.find('=');
  if (equals == std::string_view::npos)
    return Status::InvalidArgument(fmt::format("--set {}: it takes key=value", assignment));
  return Add(std::string(assignment.substr(0, equals)), {std::string(assignment.substr(equals + 1))});
}

std::optional<std::string> Settings::Get(std::string_view key) const {
  auto found = values_.find(key);
  if (found == values_.end() || found->second.empty()) return std::nullopt;
  return found->second.front();
}

std::vector<std::string> Settings::GetList(std::string_view key) const {
  auto found = values_.find(key);
  return found == values_.end() ? std::vector<std::string>() : found->second;
}

Result<uint64_t> Settings::GetInteger(std::string_view key, uint64_t fallback, uint64_t least,
                                      uint64_t most) const {
  std::optional<std::string> text = Get(key);
  if (!text) return fallback;
  uint64_t value = 0;
  auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc() || end != text->data() + text->size() || value < least || value > most) {
    return Status::InvalidArgument(
        fmt::format("{} is \"{}\"; it takes a number from {} to {}", key, *text, least, most));
  }
  return value;
}

}  // namespace argent::archive
