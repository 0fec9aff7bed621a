// Paths and queries of request targets (RFC 3986), decoded strictly.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "storage/base/status.h"

namespace argent::ingest {

// nullopt: a "%" without two hex digits, or an encoded NUL.
std::optional<std::string> DecodePercent(std::string_view text);
// Everything but letters, digits and "-._~" encoded.
std::string EncodePercent(std::string_view text);

using QueryParameters = std::vector<std::pair<std::string, std::string>>;
inline constexpr size_t kQueryParametersMax = 256;
// "a=b&c=d" with "+" as a space; a name without "=" has an empty value. kInvalidArgument: a bad escape, or
// more than kQueryParametersMax.
Result<QueryParameters> ParseQuery(std::string_view query);
// The first of that name.
std::optional<std::string_view> FindParameter(const QueryParameters& parameters, std::string_view name);

// The decoded segments of a path that starts with "/"; a last "/" is left out. nullopt: a bad escape, a
// segment "." or "..", an empty segment, or an encoded "/".
std::optional<std::vector<std::string>> SplitPath(std::string_view path);

}  // namespace argent::ingest
