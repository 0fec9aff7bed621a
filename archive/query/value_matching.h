// Matching of one attribute value against one key value (PS3.4 C.2.2.2). Everything here is UTF-8 and
// thread-safe.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "codec/data_set.h"

namespace argent::archive {

// Wildcards are refused beyond this many bytes: real ones are short, and matching costs pattern times text.
inline constexpr size_t kPatternBytesMax = 1024;

bool AllowsWildcard(codec::Vr vr);           // AE CS LO LT PN SH ST UC UR UT
bool AllowsRange(codec::Vr vr);              // DA TM DT
bool HasWildcard(std::string_view pattern);  // '*' or '?'
// '*' is any run of characters, also none; '?' one character (a code point, not a byte).
bool WildcardMatch(std::string_view pattern, std::string_view text);
// The characters before the first wildcard: what every match starts with.
std::string_view LiteralPrefix(std::string_view pattern);

// An instant range on the axis of its VR, both ends included: DA days, TM microseconds of a day, DT
// microseconds since year 0 (with UTC offset applied when the value has one). A value of low precision is the
// whole span it can mean: "10" in TM is 10:00:00.000000 to 10:59:59.999999.
struct Span {
  int64_t first = std::numeric_limits<int64_t>::min();
  int64_t last = std::numeric_limits<int64_t>::max();
};
// nullopt: not a value of this VR.
std::optional<Span> ParseMoment(codec::Vr vr, std::string_view text);
// A single value or "A-", "-B", "A-B". A range in TM does not cross midnight (PS3.4 C.2.2.2.5).
std::optional<Span> ParseRange(codec::Vr vr, std::string_view text);
// YYYYMMDD of a day on the DA axis; nullopt when it has no four-digit year.
std::optional<std::string> DateOfDay(int64_t day);
// True for text that ParseRange reads as a range, not as a single value.
bool IsRange(codec::Vr vr, std::string_view text);

}  // namespace argent::archive
