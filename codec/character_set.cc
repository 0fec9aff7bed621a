#include "codec/character_set.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "codec/code_set.h"
#include "codec/value_swap.h"

namespace argent::codec {
namespace {

// What a Specific Character Set means: one encoding for everything, or ISO 2022 with sets in G0 and G1.
struct Plan {
  enum class Kind { kIso2022, kUtf8, kWhole, kUnknown };
  Kind kind = Kind::kIso2022;
  const char* iconv_name = nullptr;  // kWhole
  const CodeSet* g0 = &AsciiSet();   // at the start of each value and after each delimiter
  const CodeSet* g1 = nullptr;
  const CodeSet* g1_fallback = nullptr;  // for bytes in G1 before any escape: devices forget it
  std::vector<const CodeSet*> encoders;  // in which to look for a character when encoding, in order
};

constexpr size_t kCharsetBytesMax = 256;
constexpr size_t kTermsMax = 16;

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\0')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\0')) text.remove_suffix(1);
  return text;
}

// Capital letters and digits only: "ISO_IR 100", "iso-ir 100" and "ISO IR100" are the same to us.
std::string Normalised(std::string_view term) {
  std::string text;
  for (char c : term) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    if ((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) text.push_back(c);
  }
  return text;
}

std::vector<std::string> Terms(std::string_view charset) {
  std::vector<std::string> terms;
  charset = charset.substr(0, kCharsetBytesMax);
  while (terms.size() < kTermsMax) {
    const size_t end = charset.find('\\');
    terms.push_back(Normalised(Trimmed(charset.substr(0, end))));
    if (end == std::string_view::npos) break;
    charset.remove_prefix(end + 1);
  }
  return terms;
}

// The registration number of "ISO_IR n" and "ISO 2022 IR n"; 6 for an empty term, 0 when it is neither.
int NumberOfTerm(std::string_view term) {
  if (term.empty()) return 6;
  for (std::string_view start : {"ISO2022IR", "ISOIR", "ISO2022"}) {
    if (!term.starts_with(start)) continue;
    const std::string_view digits = term.substr(start.size());
    int number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return error == std::errc() && end == digits.data() + digits.size() ? number : 0;
  }
  return 0;
}

struct Alias {
  std::string_view term;
  Plan::Kind kind;
  const char* iconv_name;
};

// Terms outside ISO 2022 (PS3.3 Table C.12-5), and names that devices write instead of Defined Terms.
constexpr Alias kAliases[] = {
    {"ISOIR192", Plan::Kind::kUtf8, nullptr},
    {"ISO2022IR192", Plan::Kind::kUtf8, nullptr},
    {"UTF8", Plan::Kind::kUtf8, nullptr},
    {"GB18030", Plan::Kind::kWhole, "GB18030"},
    {"GBK", Plan::Kind::kWhole, "GBK"},
    {"ISO2022GBK", Plan::Kind::kWhole, "GBK"},
    {"GB2312", Plan::Kind::kWhole, "GBK"},
    {"SHIFTJIS", Plan::Kind::kWhole, "CP932"},
    {"SJIS", Plan::Kind::kWhole, "CP932"},
    {"BIG5", Plan::Kind::kWhole, "BIG5"},
    {"EUCKR", Plan::Kind::kWhole, "EUC-KR"},
    {"EUCJP", Plan::Kind::kWhole, "EUC-JP"},
    {"ISO88591", Plan::Kind::kWhole, "ISO-8859-1"},
    {"LATIN1", Plan::Kind::kWhole, "ISO-8859-1"},
    {"ISO885915", Plan::Kind::kWhole, "ISO-8859-15"},
    {"WINDOWS1252", Plan::Kind::kWhole, "CP1252"},
    {"CP1252", Plan::Kind::kWhole, "CP1252"},
};

void AddTerm(int number, bool first, Plan* plan) {
  for (const CodeSet* set : CodeSetsOfNumber(number)) {
    plan->encoders.push_back(set);
    if (set->character_bytes == 1 && first) (set->g0 ? plan->g0 : plan->g1) = set;
    if (!set->g0 && plan->g1_fallback == nullptr) plan->g1_fallback = set;
  }
}

Plan MakePlan(std::string_view charset) {
  Plan plan;
  bool any_known = false;
  const std::vector<std::string> terms = Terms(charset);
  for (size_t i = 0; i < terms.size(); ++i) {
    const auto* alias = std::find_if(std::begin(kAliases), std::end(kAliases),
                                     [&](const Alias& a) { return a.term == terms[i]; });
    if (alias !=
        std::end(kAliases)) {  // no code extensions with these: whatever else is named does not count
      plan.kind = alias->kind;
      plan.iconv_name = alias->iconv_name;
      return plan;
    }
    const int number = NumberOfTerm(terms[i]);
    any_known = any_known || !CodeSetsOfNumber(number).empty();
    AddTerm(number, i == 0, &plan);
  }
  if (!any_known) plan.kind = Plan::Kind::kUnknown;
  return plan;
}

const Plan& PlanFor(std::string_view charset) {
  thread_local std::string last_charset;
  thread_local Plan last_plan = MakePlan("");
  // One modality sends thousands of Instances with one charset: the last one is nearly always the one.
  if (charset != last_charset) {
    last_plan = MakePlan(charset);
    last_charset = charset;
  }
  return last_plan;
}

bool IsPlainAscii(std::string_view value) {
  return std::none_of(value.begin(), value.end(), [](char c) { return (c & 0x80) != 0 || c == kEscape; });
}

// Where code extensions reset (PS3.5 6.1.2.5.3).
bool IsDelimiter(char c, Vr vr) {
  if (c == '\r' || c == '\n' || c == '\f' || c == '\t') return true;
  if (vr == MakeVr("PN")) return c == '^' || c == '=' || c == '\\';
  const bool multi_valued = vr != MakeVr("LT") && vr != MakeVr("ST") && vr != MakeVr("UT");
  return c == '\\' && multi_valued;
}

class Iso2022Decoder {
 public:
  Iso2022Decoder(const Plan& plan, Vr vr, std::string* out) : plan_(plan), vr_(vr), out_(out) { Reset(); }

  bool Decode(std::string_view text) {
    while (!text.empty()) text.remove_prefix(Step(text));
    return damaged_;
  }

 private:
  void Reset() {
    g0_ = plan_.g0;
    g1_ = plan_.g1;
  }

  // Decodes one escape sequence or one run of the same kind of bytes; returns its length.
  size_t Step(std::string_view text) {
    if (text.front() == kEscape) return TakeEscape(text);
    if ((text.front() & 0x80) != 0) return TakeG1(text);
    const bool control = static_cast<uint8_t>(text.front()) < 0x20;
    if (g0_->character_bytes == 2 && !control && text.front() != ' ') return TakePairs(text);
    out_->push_back(text.front());
    if (IsDelimiter(text.front(), vr_)) Reset();
    return 1;
  }

  size_t TakeEscape(std::string_view text) {
    const CodeSet* set = CodeSetOfEscape(text.substr(1));
    if (set == nullptr) {
      damaged_ = true;
      out_->append(kReplacementCharacter);
      return 1;
    }
    (set->g0 ? g0_ : g1_) = set;
    return 1 + set->escape.size();
  }

  size_t TakeG1(std::string_view text) {
    const auto* end = std::find_if(text.begin(), text.end(), [](char c) { return (c & 0x80) == 0; });
    const std::string_view run(text.data(), static_cast<size_t>(end - text.begin()));
    const CodeSet* set = g1_ != nullptr ? g1_ : plan_.g1_fallback;
    if (set != nullptr) {
      DecodeRun(set->iconv_name, run, out_, &damaged_);
    } else {  // undeclared: UTF-8 proves itself, nothing else does
      damaged_ = true;
      AppendValidUtf8(run, out_, &damaged_);
    }
    return run.size();
  }

  // Two-byte characters in G0, up to the next escape or control character.
  size_t TakePairs(std::string_view text) {
    std::string run;
    size_t taken = 0;
    while (text.size() >= taken + 2 && static_cast<uint8_t>(text[taken]) > 0x20 &&
           (text[taken] & 0x80) == 0 && static_cast<uint8_t>(text[taken + 1]) > 0x20) {
      run.append(g0_->prefix);
      run.push_back(static_cast<char>(text[taken] | 0x80));
      run.push_back(static_cast<char>(text[taken + 1] | 0x80));
      taken += 2;
    }
    if (taken == 0) {
      damaged_ = true;
      out_->append(kReplacementCharacter);
      return 1;
    }
    DecodeRun(g0_->iconv_name, run, out_, &damaged_);
    return taken;
  }

  const Plan& plan_;
  const Vr vr_;
  std::string* const out_;
  const CodeSet* g0_ = nullptr;
  const CodeSet* g1_ = nullptr;
  bool damaged_ = false;
};

class Iso2022Encoder {
 public:
  Iso2022Encoder(const Plan& plan, Vr vr, std::string* out) : plan_(plan), vr_(vr), out_(out) { Reset(); }

  // False when a character exists in none of the sets.
  bool Encode(std::string_view utf8) {
    while (!utf8.empty()) {
      const size_t bytes = Utf8CharacterBytes(utf8);
      if (bytes == 0) return false;
      if (bytes == 1) {
        PutAscii(utf8.front());
      } else if (!PutCharacter(utf8.substr(0, bytes))) {
        return false;
      }
      utf8.remove_prefix(bytes);
    }
    Designate(*plan_.g0);
    return true;
  }

 private:
  void Reset() {
    g0_ = plan_.g0;
    g1_ = plan_.g1;
  }

  void Designate(const CodeSet& set) {
    const CodeSet*& current = set.g0 ? g0_ : g1_;
    if (current == &set) return;
    current = &set;
    out_->push_back(kEscape);
    out_->append(set.escape);
  }

  void PutAscii(char c) {
    Designate(*plan_.g0);
    out_->push_back(c);
    if (IsDelimiter(c, vr_)) Reset();
  }

  bool PutCharacter(std::string_view character) {
    for (const CodeSet* set : plan_.encoders) {
      std::string bytes = EncodeCharacter(*set, character);
      if (bytes.empty()) continue;
      Designate(*set);
      for (char c : bytes) out_->push_back(set->g0 ? static_cast<char>(c & 0x7F) : c);
      return true;
    }
    return false;
  }

  const Plan& plan_;
  const Vr vr_;
  std::string* const out_;
  const CodeSet* g0_ = nullptr;
  const CodeSet* g1_ = nullptr;
};

// Specific Character Set governs only IsTextVr(), but devices put national letters in CS and others too, and
// mean the same.
bool IsCharacterVr(Vr vr) {
  return WordBytes(vr) == 1 && vr != MakeVr("OB") && vr != MakeVr("UN") && vr != MakeVr("SQ");
}

void ConvertLevel(DataSet* data_set, std::string_view outer_charset, bool top, bool* damaged) {
  constexpr Tag kCharset = tags::kSpecificCharacterSet;
  const bool own = data_set->Has(kCharset);
  const std::string charset(own ? data_set->Text(kCharset) : outer_charset);
  for (Element& element : data_set->mutable_elements()) {
    if (IsCharacterVr(element.vr) && !IsPlainAscii(element.value)) {
      element.value = TextToUtf8(charset, element.vr, element.value, damaged);
    }
    for (DataSet& item : element.items) ConvertLevel(&item, charset, false, damaged);
  }
  if (own || top) data_set->SetText(kCharset, MakeVr("CS"), "ISO_IR 192");
}

}  // namespace

std::string TextToUtf8(std::string_view charset, Vr vr, std::string_view value, bool* damaged) {
  if (IsPlainAscii(value)) return std::string(value);
  const Plan& plan = PlanFor(charset);
  std::string utf8;
  utf8.reserve(value.size() * 2);
  bool bad = false;
  switch (plan.kind) {
    case Plan::Kind::kUtf8:
      AppendValidUtf8(value, &utf8, &bad);
      break;
    case Plan::Kind::kWhole:
      DecodeRun(plan.iconv_name, value, &utf8, &bad);
      break;
    case Plan::Kind::kUnknown:
      bad = true;
      [[fallthrough]];
    case Plan::Kind::kIso2022:
      bad = Iso2022Decoder(plan, vr, &utf8).Decode(value) || bad;
      break;
  }
  if (bad && damaged != nullptr) *damaged = true;
  return utf8;
}

Result<std::string> TextFromUtf8(std::string_view charset, Vr vr, std::string_view utf8) {
  if (IsPlainAscii(utf8)) return std::string(utf8);
  const Plan& plan = PlanFor(charset);
  std::string out;
  bool complete = false;
  switch (plan.kind) {
    case Plan::Kind::kUtf8: {
      bool bad = false;
      AppendValidUtf8(utf8, &out, &bad);
      complete = !bad;
      break;
    }
    case Plan::Kind::kWhole:
      complete = EncodeWhole(plan.iconv_name, utf8, &out);
      break;
    case Plan::Kind::kIso2022:
      complete = Iso2022Encoder(plan, vr, &out).Encode(utf8);
      break;
    case Plan::Kind::kUnknown:
      break;
  }
  if (complete) return out;
  return Status::InvalidArgument("a character that does not exist in the character set \"" +
                                 std::string(charset) + "\"");
}

void ConvertToUtf8(DataSet* data_set, bool* damaged) { ConvertLevel(data_set, "", true, damaged); }

}  // namespace argent::codec
