// Specific Character Set (PS3.3 C.12.1.1.2, PS3.5 section 6.1) to UTF-8 and back, code extensions included.
// Single sets are converted by iconv(3), see code_set.h. Plain ASCII without escapes never reaches a
// converter. Thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "codec/data_set.h"

namespace argent::codec {

// `charset` is the value of (0008,0005), backslashes included; empty is ISO_IR 6. `vr` decides the delimiters
// at which code extensions reset (PN: ^ = \; others: \ and control characters). Text that is not valid in its
// set is kept readable: undecodable bytes become U+FFFD, and *damaged is set when given. Never fails: a bad
// name must not lose an image.
std::string TextToUtf8(std::string_view charset, Vr vr, std::string_view value, bool* damaged = nullptr);
// For answering a peer in its character set; kInvalidArgument when a character does not exist there (then
// answer ISO_IR 192).
Result<std::string> TextFromUtf8(std::string_view charset, Vr vr, std::string_view utf8);
// Every element of characters in `data_set`, nested too (an item's own (0008,0005) wins inside it), to UTF-8;
// sets (0008,0005) to ISO_IR 192, also in items that have one. *damaged as for TextToUtf8().
void ConvertToUtf8(DataSet* data_set, bool* damaged = nullptr);

}  // namespace argent::codec
