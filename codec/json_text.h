// The lexical part of JSON (RFC 8259) that every writer of ours shares.
#pragma once

#include <string>
#include <string_view>

namespace argent::codec {

// Appends a JSON string, quotes included. Bytes that are not UTF-8 become U+FFFD.
void AppendJsonString(std::string_view text, std::string* out);
// Whether `text` is a JSON number as it stands: no leading zeros or plus, no bare point.
bool IsJsonNumber(std::string_view text);

}  // namespace argent::codec
