// The coded character sets of DICOM (PS3.3 Tables C.12-2 to C.12-5) and converting single runs of one of
// them. Conversion is iconv(3)'s: DCMTK asks it for encodings that glibc does not have (ISO-IR-87,
// ISO-IR-159), so that Japanese would be lost. Internal to codec/. Thread-safe: converters are kept per
// thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace argent::codec {

// One set that an escape sequence can put in G0 (bytes 21..7E) or G1 (A0..FF).
struct CodeSet {
  int iso_ir;               // registration number: "ISO_IR 100", "ISO 2022 IR 100"
  std::string_view escape;  // without the ESC byte
  bool g0;                  // else G1
  size_t character_bytes;   // 1 or 2
  const char* iconv_name;   // takes the bytes with the high bit set; nullptr: ASCII
  std::string_view prefix;  // what iconv wants in front of each character
};

inline constexpr char kEscape = '\x1B';

const CodeSet& AsciiSet();
// The set that `text`, which follows an ESC byte, begins to designate; nullptr when none does.
const CodeSet* CodeSetOfEscape(std::string_view text);
// The sets of a registration number (JIS X 0201 has two); empty when unknown.
std::vector<const CodeSet*> CodeSetsOfNumber(int iso_ir);

// Appends `run` as UTF-8. What does not exist in the set becomes U+FFFD.
void DecodeRun(const char* iconv_name, std::string_view run, std::string* utf8, bool* damaged);
// The bytes (high bit set, without prefix) of one UTF-8 character in `set`; empty when it does not exist
// there.
std::string EncodeCharacter(const CodeSet& set, std::string_view utf8_character);
// Whole text to an encoding of iconv's; false when a character does not exist there.
bool EncodeWhole(const char* iconv_name, std::string_view utf8, std::string* out);

// Appends `text` with invalid UTF-8 replaced by U+FFFD.
void AppendValidUtf8(std::string_view text, std::string* out, bool* damaged);
// Bytes of the valid UTF-8 character at the front of `text`; 0 when there is none.
size_t Utf8CharacterBytes(std::string_view text);

inline constexpr std::string_view kReplacementCharacter = "\xEF\xBF\xBD";  // U+FFFD

}  // namespace argent::codec
