#include "codec/code_set.h"

#include <iconv.h>

#include <cerrno>
#include <cstdint>
#include <map>
#include <utility>

namespace argent::codec {
namespace {

// The standard's escape sequences first; behind them those that real devices send for the same sets.
constexpr CodeSet kSets[] = {
    {6, "(B", true, 1, nullptr, ""},
    {13, "(J", true, 1, nullptr, ""},  // JIS X 0201 romaji: ASCII but for yen and overline, read as \ and ~
    {13, ")I", false, 1, "SHIFT_JIS", ""},
    {100, "-A", false, 1, "ISO-8859-1", ""},
    {101, "-B", false, 1, "ISO-8859-2", ""},
    {109, "-C", false, 1, "ISO-8859-3", ""},
    {110, "-D", false, 1, "ISO-8859-4", ""},
    {144, "-L", false, 1, "ISO-8859-5", ""},
    {127, "-G", false, 1, "ISO-8859-6", ""},
    {126, "-F", false, 1, "ISO-8859-7", ""},
    {138, "-H", false, 1, "ISO-8859-8", ""},
    {148, "-M", false, 1, "ISO-8859-9", ""},
    {166, "-T", false, 1, "TIS-620", ""},
    {203, "-b", false, 1, "ISO-8859-15", ""},
    {87, "$B", true, 2, "EUC-JP", ""},
    {159, "$(D", true, 2, "EUC-JP", "\x8F"},
    {149, "$)C", false, 2, "EUC-KR", ""},
    {58, "$)A", false, 2, "GB2312", ""},
    {87, "$@", true, 2, "EUC-JP", ""},
    {87, "$(B", true, 2, "EUC-JP", ""},
};

// An open converter; closed with its thread. Encodings come from the tables of codec/, never from a Data Set.
class Converter {
 public:
  Converter(const char* to, const char* from) : handle_(iconv_open(to, from)) {}
  ~Converter() {
    if (ok()) iconv_close(handle_);
  }
  Converter(const Converter&) = delete;
  Converter& operator=(const Converter&) = delete;
  bool ok() const { return handle_ != reinterpret_cast<iconv_t>(-1); }

  // Appends the conversion of `in` up to the first invalid character; returns the bytes converted.
  size_t Convert(std::string_view in, std::string* out) {
    if (!ok()) return 0;
    iconv(handle_, nullptr, nullptr, nullptr, nullptr);
    char* from = const_cast<char*>(in.data());  // iconv's signature; it does not write there
    size_t from_left = in.size();
    char buffer[256];
    while (true) {
      char* to = buffer;
      size_t to_left = sizeof(buffer);
      const size_t rc = iconv(handle_, &from, &from_left, &to, &to_left);
      out->append(buffer, sizeof(buffer) - to_left);
      if (rc != static_cast<size_t>(-1) || errno != E2BIG) return in.size() - from_left;
    }
  }

 private:
  iconv_t handle_;
};

Converter& ConverterFor(const char* to, const char* from) {
  thread_local std::map<std::pair<std::string_view, std::string_view>, Converter> converters;
  return converters.try_emplace({to, from}, to, from).first->second;
}

}  // namespace

const CodeSet& AsciiSet() { return kSets[0]; }

const CodeSet* CodeSetOfEscape(std::string_view text) {
  for (const CodeSet& set : kSets) {
    if (text.starts_with(set.escape)) return &set;
  }
  return nullptr;
}

std::vector<const CodeSet*> CodeSetsOfNumber(int iso_ir) {
  std::vector<const CodeSet*> sets;
  for (const CodeSet& set : kSets) {
    const bool alias = !sets.empty() && sets.front()->g0 == set.g0;
    if (set.iso_ir == iso_ir && !alias) sets.push_back(&set);
  }
  return sets;
}

void DecodeRun(const char* iconv_name, std::string_view run, std::string* utf8, bool* damaged) {
  Converter& converter = ConverterFor("UTF-8", iconv_name);
  while (!run.empty()) {
    run.remove_prefix(converter.Convert(run, utf8));
    if (run.empty()) return;
    *damaged = true;
    utf8->append(kReplacementCharacter);
    run.remove_prefix(1);
  }
}

std::string EncodeCharacter(const CodeSet& set, std::string_view utf8_character) {
  if (set.iconv_name == nullptr) return {};
  std::string bytes;
  Converter& converter = ConverterFor(set.iconv_name, "UTF-8");
  if (converter.Convert(utf8_character, &bytes) != utf8_character.size()) return {};
  const bool long_form = bytes.size() == set.prefix.size() + set.character_bytes;
  if (!long_form || !bytes.starts_with(set.prefix)) return {};
  bytes.erase(0, set.prefix.size());
  // iconv's encodings hold more than this one set; the others begin below A0 (SHIFT_JIS ASCII, EUC-JP
  // katakana by 8E).
  for (char c : bytes) {
    if (static_cast<uint8_t>(c) < 0xA0) return {};
  }
  return bytes;
}

bool EncodeWhole(const char* iconv_name, std::string_view utf8, std::string* out) {
  return ConverterFor(iconv_name, "UTF-8").Convert(utf8, out) == utf8.size();
}

size_t Utf8CharacterBytes(std::string_view text) {
  const auto byte = [text](size_t i) { return static_cast<uint8_t>(text[i]); };
  if (text.empty()) return 0;
  const uint8_t lead = byte(0);
  if (lead < 0x80) return 1;
  const size_t bytes = lead >= 0xF0 && lead <= 0xF4  ? 4
                       : lead >= 0xE0 && lead < 0xF0 ? 3
                       : lead >= 0xC2 && lead < 0xE0 ? 2
                                                     : 0;
  if (bytes == 0 || text.size() < bytes) return 0;
  for (size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  // Overlong forms, surrogates and what lies beyond U+10FFFF show in the second byte.
  if (lead == 0xE0 && byte(1) < 0xA0) return 0;
  if (lead == 0xED && byte(1) > 0x9F) return 0;
  if (lead == 0xF0 && byte(1) < 0x90) return 0;
  if (lead == 0xF4 && byte(1) > 0x8F) return 0;
  return bytes;
}

void AppendValidUtf8(std::string_view text, std::string* out, bool* damaged) {
  while (!text.empty()) {
    const size_t bytes = Utf8CharacterBytes(text);
    if (bytes == 0) {
      out->append(kReplacementCharacter);
      *damaged = true;
      text.remove_prefix(1);
    } else {
      out->append(text.substr(0, bytes));
      text.remove_prefix(bytes);
    }
  }
}

}  // namespace argent::codec
