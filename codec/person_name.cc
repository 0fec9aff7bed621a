#include "codec/person_name.h"

#include <algorithm>
#include <cstdint>

#include "codec/code_set.h"
#include "codec/fold_table.h"

namespace argent::codec {
namespace {

uint32_t Decode(std::string_view character) {
  const auto byte = [character](size_t i) {
    return static_cast<uint32_t>(static_cast<uint8_t>(character[i]));
  };
  switch (character.size()) {
    case 1:
      return byte(0);
    case 2:
      return (byte(0) & 0x1F) << 6 | (byte(1) & 0x3F);
    case 3:
      return (byte(0) & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F);
    default:
      return (byte(0) & 0x07) << 18 | (byte(1) & 0x3F) << 12 | (byte(2) & 0x3F) << 6 | (byte(3) & 0x3F);
  }
}

// Characters of the table and full-width ASCII lie in the Basic Multilingual Plane.
void AppendUtf8(uint32_t c, std::string* out) {
  if (c < 0x80) {
    out->push_back(static_cast<char>(c));
  } else if (c < 0x800) {
    out->push_back(static_cast<char>(0xC0 | c >> 6));
    out->push_back(static_cast<char>(0x80 | (c & 0x3F)));
  } else {
    out->push_back(static_cast<char>(0xE0 | c >> 12));
    out->push_back(static_cast<char>(0x80 | (c >> 6 & 0x3F)));
    out->push_back(static_cast<char>(0x80 | (c & 0x3F)));
  }
}

bool IsCombiningMark(uint32_t c) { return (c >= 0x0300 && c <= 0x036F) || (c >= 0x1AB0 && c <= 0x1AFF); }

// Folded letters that match as two.
std::string_view Ligature(uint32_t folded) {
  constexpr uint32_t kSharpS = 0xDF, kAe = 0xE6, kOe = 0x153;
  if (folded == kSharpS) return "ss";
  if (folded == kAe) return "ae";
  return folded == kOe ? "oe" : std::string_view();
}

uint32_t Narrow(uint32_t c) {
  if (c == 0x3000 || c == 0xA0) return ' ';  // ideographic and no-break space
  return c >= 0xFF01 && c <= 0xFF5E ? c - 0xFF01 + '!' : c;
}

uint32_t FoldLetter(uint32_t c) {
  if (c < 0x80) return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
  const auto pairs = FoldPairs();
  const auto precedes = [](const FoldPair& pair, uint32_t letter) { return pair.letter < letter; };
  const auto it = std::lower_bound(pairs.begin(), pairs.end(), c, precedes);
  return it != pairs.end() && it->letter == c ? it->folded : c;
}

void AppendFolded(std::string_view character, std::string* out) {
  const uint32_t c = Narrow(Decode(character));
  if (IsCombiningMark(c)) return;
  if (c == ' ') {
    if (!out->empty() && out->back() != ' ') out->push_back(' ');
    return;
  }
  const uint32_t letter = FoldLetter(c);
  const std::string_view ligature = Ligature(letter);
  if (!ligature.empty()) {
    out->append(ligature);
  } else if (letter > 0xFFFF) {
    out->append(character);
  } else {
    AppendUtf8(letter, out);
  }
}

}  // namespace

std::string FoldForMatching(std::string_view utf8) {
  std::string folded;
  folded.reserve(utf8.size());
  while (!utf8.empty()) {
    const size_t bytes = Utf8CharacterBytes(utf8);
    if (bytes == 0) {  // not UTF-8: kept as it is, so that it still matches itself
      folded.push_back(utf8.front());
      utf8.remove_prefix(1);
      continue;
    }
    if (utf8.front() != '\0') AppendFolded(utf8.substr(0, bytes), &folded);
    utf8.remove_prefix(bytes);
  }
  while (!folded.empty() && folded.back() == ' ') folded.pop_back();
  return folded;
}

std::vector<std::string> FoldedNameGroups(std::string_view utf8_name) {
  std::vector<std::string> groups;
  while (true) {
    const size_t end = utf8_name.find('=');
    std::string_view group = utf8_name.substr(0, end);
    while (!group.empty() && (group.back() == '^' || group.back() == ' ' || group.back() == '\0'))
      group.remove_suffix(1);
    std::string folded = FoldForMatching(group);
    while (!folded.empty() && (folded.back() == '^' || folded.back() == ' ')) folded.pop_back();
    if (!folded.empty()) groups.push_back(std::move(folded));
    if (end == std::string_view::npos) return groups;
    utf8_name.remove_prefix(end + 1);
  }
}

}  // namespace argent::codec
