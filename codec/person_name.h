// Folding of names and words for matching: case- and accent-insensitive (PS3.4 C.2.2.2.1 leaves PN matching
// to us; the rule is in archive/CONFORMANCE.md). UTF-8 in, UTF-8 out; scripts without case pass unchanged.
// Thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace argent::codec {

// Lower case, accents removed (Latin, Greek, Cyrillic), German sharp s as "ss", runs of spaces as one,
// trimmed; full-width ASCII as ASCII.
std::string FoldForMatching(std::string_view utf8);

// A PN value (PS3.5 6.2.1) split in its component groups (alphabetic, ideographic, phonetic), each folded,
// trailing empty components ("^^") dropped. Empty groups are left out.
std::vector<std::string> FoldedNameGroups(std::string_view utf8_name);

}  // namespace argent::codec
