#include "ingest/http/media_type.h"

#include <algorithm>
#include <charconv>

#include "ingest/http/message.h"

namespace argent::ingest {
namespace {

constexpr size_t kRangesMax = 64;

std::string LowerCase(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

bool IsToken(std::string_view text) {
  constexpr std::string_view kSeparators = "()<>@,;:\\\"/[]?={} \t";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return c > 0x20 && c < 0x7F && kSeparators.find(c) == std::string_view::npos;
  });
}

// Takes what stands before `separator` outside quotes off the front of *rest.
std::string_view TakePart(char separator, std::string_view* rest) {
  bool quoted = false;
  size_t end = 0;
  for (; end < rest->size(); ++end) {
    const char c = (*rest)[end];
    if (quoted && c == '\\') {
      ++end;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (c == separator && !quoted) {
      break;
    }
  }
  end = std::min(end, rest->size());
  const std::string_view part = rest->substr(0, end);
  rest->remove_prefix(std::min(end + 1, rest->size()));
  return TrimBlanks(part);
}

std::string Unquoted(std::string_view text) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return std::string(text);
  std::string out;
  for (size_t i = 1; i + 1 < text.size(); ++i) {
    if (text[i] == '\\' && i + 2 < text.size()) ++i;
    out.push_back(text[i]);
  }
  return out;
}

double ParseQuality(std::string_view text) {
  double quality = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), quality);
  const bool valid = error == std::errc() && end == text.data() + text.size() && quality >= 0 && quality <= 1;
  return valid ? quality : 0;
}

}  // namespace

std::string_view MediaType::Parameter(std::string_view name) const {
  for (const auto& [key, value] : parameters) {
    if (key == name) return value;
  }
  return {};
}

bool MediaType::Includes(std::string_view full_type) const {
  if (type == "*") return true;
  if (subtype == "*") return full_type.starts_with(type + "/");
  return full_type == full();
}

std::optional<MediaType> ParseMediaType(std::string_view text) {
  const std::string_view name = TakePart(';', &text);
  const size_t slash = name.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  MediaType type{.type = LowerCase(name.substr(0, slash)),
                 .subtype = LowerCase(name.substr(slash + 1)),
                 .parameters = {}};
  if (!IsToken(type.type) || !IsToken(type.subtype)) return std::nullopt;
  while (!text.empty()) {
    const std::string_view part = TakePart(';', &text);
    if (part.empty()) continue;
    const size_t equals = part.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    std::string key = LowerCase(TrimBlanks(part.substr(0, equals)));
    std::string value = Unquoted(TrimBlanks(part.substr(equals + 1)));
    if (key == "q") {
      type.quality = ParseQuality(value);
    } else {
      type.parameters.emplace_back(std::move(key), std::move(value));
    }
  }
  return type;
}

std::vector<MediaType> ParseAccept(std::string_view text) {
  std::vector<MediaType> ranges;
  if (TrimBlanks(text).empty()) text = "*/*";
  while (!text.empty() && ranges.size() < kRangesMax) {
    auto range = ParseMediaType(TakePart(',', &text));
    if (range && range->quality > 0) ranges.push_back(std::move(*range));
  }
  std::stable_sort(ranges.begin(), ranges.end(),
                   [](const MediaType& a, const MediaType& b) { return a.quality > b.quality; });
  return ranges;
}

}  // namespace argent::ingest
