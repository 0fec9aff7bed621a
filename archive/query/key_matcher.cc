#include "archive/query/key_matcher.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "archive/model/attributes.h"
#include "codec/person_name.h"

namespace argent::archive {
namespace {

using codec::MakeVr;

struct ComputedKey {
  codec::Tag tag;
  Level level;
};
constexpr ComputedKey kComputedKeys[] = {
    {tags::kModalitiesInStudy, Level::kStudy},
    {tags::kSopClassesInStudy, Level::kStudy},
    {tags::kAvailableTransferSyntaxUid, Level::kInstance},
    {tags::kPatientRelatedStudies, Level::kPatient},
    {tags::kPatientRelatedSeries, Level::kPatient},
    {tags::kPatientRelatedInstances, Level::kPatient},
    {tags::kStudyRelatedSeries, Level::kStudy},
    {tags::kStudyRelatedInstances, Level::kStudy},
    {tags::kSeriesRelatedInstances, Level::kSeries},
};

std::string TagText(codec::Tag tag) { return fmt::format("({:04X},{:04X})", tag.group, tag.element); }

MatchKind KindOf(codec::Vr vr) {
  if (vr == MakeVr("PN")) return MatchKind::kName;
  if (vr == MakeVr("UI")) return MatchKind::kUidList;
  if (AllowsRange(vr)) return MatchKind::kMoment;
  if (vr == MakeVr("IS") || vr == MakeVr("DS")) return MatchKind::kNumber;
  return IsBinaryVr(vr) ? MatchKind::kBinary : MatchKind::kText;
}

// LT, ST and UT hold one value in which '\' is a character.
bool HasOneValue(codec::Vr vr) {
  return vr == MakeVr("LT") || vr == MakeVr("ST") || vr == MakeVr("UT") || vr == MakeVr("UR");
}

std::vector<std::string_view> Values(codec::Vr vr, std::string_view text) {
  return HasOneValue(vr) ? std::vector<std::string_view>{text} : SplitValues(text);
}

size_t BinaryValueBytes(codec::Vr vr) {
  if (vr == MakeVr("US") || vr == MakeVr("SS")) return 2;
  if (vr == MakeVr("UL") || vr == MakeVr("SL") || vr == MakeVr("FL") || vr == MakeVr("AT")) return 4;
  if (vr == MakeVr("FD") || vr == MakeVr("SV") || vr == MakeVr("UV")) return 8;
  return 0;  // one value of any length
}

std::optional<double> ParseNumber(std::string_view text) {
  text = Trim(text);
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool NumbersEqual(std::string_view a, std::string_view b) {
  if (Trim(a) == Trim(b)) return true;
  const auto number_a = ParseNumber(a);
  const auto number_b = ParseNumber(b);
  return number_a && number_b && *number_a == *number_b;
}

// Any value of `attribute` equals any value of `key`.
bool BinaryMatch(codec::Vr vr, std::string_view key, std::string_view attribute) {
  const size_t bytes = BinaryValueBytes(vr);
  if (bytes == 0) return key == attribute;
  for (size_t k = 0; k + bytes <= key.size(); k += bytes) {
    for (size_t a = 0; a + bytes <= attribute.size(); a += bytes) {
      if (key.substr(k, bytes) == attribute.substr(a, bytes)) return true;
    }
  }
  return false;
}

// "Doe" is the same name as "Doe^" (PS3.5 6.2.1: trailing delimiters may be left out), so "Doe^*" finds it
// too.
bool NameGroupMatches(const std::string& pattern, const std::string& group) {
  if (!HasWildcard(pattern)) return pattern == group;
  return WildcardMatch(pattern, group) || WildcardMatch(pattern, group + "^^^^");
}

}  // namespace

std::optional<Level> LevelOfKey(codec::Tag tag) {
  for (const ComputedKey& computed : kComputedKeys) {
    if (computed.tag == tag) return computed.level;
  }
  const codec::CatalogAttribute* attribute = codec::FindCatalogAttribute(tag);
  if (attribute == nullptr) return std::nullopt;
  return attribute->level;
}

bool IsControlElement(codec::Tag tag) {
  return tag == codec::tags::kSpecificCharacterSet || tag == codec::tags::kQueryRetrieveLevel ||
         tag == tags::kTimezoneOffsetFromUtc || tag == tags::kRetrieveAeTitle ||
         tag == tags::kInstanceAvailability || tag.element == 0;
}

Result<KeyMatcher> KeyMatcher::Compile(const codec::Element& key) {
  KeyMatcher matcher;
  matcher.tag_ = key.tag;
  matcher.vr_ = key.vr;
  if (key.vr == MakeVr("SQ")) {
    ARGENT_RETURN_IF_ERROR(matcher.CompileSequence(key));
    return matcher;
  }
  const std::string_view text = IsBinaryVr(key.vr) ? std::string_view(key.value) : Trim(key.value);
  // '*' alone is universal in every VR: many clients send it in UI and DA as well.
  if (text.empty() || text.find_first_not_of('*') == std::string_view::npos) return matcher;
  matcher.kind_ = KindOf(key.vr);
  ARGENT_RETURN_IF_ERROR(matcher.CompileValues(text));
  return matcher;
}

Status KeyMatcher::CompileValues(std::string_view text) {
  if (kind_ == MatchKind::kBinary) {
    values_.emplace_back(text);
    return Status::Ok();
  }
  for (std::string_view value : Values(vr_, text)) {
    value = Trim(value);
    if (value.empty()) continue;
    if (kind_ == MatchKind::kMoment) {
      const auto span = ParseRange(vr_, value);
      if (!span)
        return Status::InvalidArgument("no " + vr_.text() + " value or range in key " + TagText(tag_));
      spans_.push_back(*span);
    } else if (kind_ == MatchKind::kName) {
      for (std::string& group : codec::FoldedNameGroups(value)) values_.push_back(std::move(group));
    } else {
      values_.emplace_back(value);
    }
    if (AllowsWildcard(vr_) && HasWildcard(value) && value.size() > kPatternBytesMax) {
      return Status::InvalidArgument("wildcard too long in key " + TagText(tag_));
    }
  }
  if (values_.empty() && spans_.empty()) kind_ = MatchKind::kUniversal;
  if (kind_ == MatchKind::kUidList) std::sort(values_.begin(), values_.end());
  return Status::Ok();
}

Status KeyMatcher::CompileSequence(const codec::Element& key) {
  if (key.items.size() > 1) return Status::InvalidArgument("more than one item in key " + TagText(tag_));
  if (key.items.empty()) return Status::Ok();
  for (const codec::Element& item_key : key.items[0].elements()) {
    if (IsControlElement(item_key.tag)) continue;
    ARGENT_ASSIGN_OR_RETURN(KeyMatcher matcher, Compile(item_key));
    if (!matcher.universal()) item_keys_.push_back(std::move(matcher));
  }
  if (!item_keys_.empty()) kind_ = MatchKind::kSequence;
  return Status::Ok();
}

bool KeyMatcher::Matches(const codec::DataSet& attributes) const {
  if (universal()) return true;
  const codec::Element* attribute = attributes.Find(tag_);
  if (attribute == nullptr) return false;
  if (kind_ == MatchKind::kSequence) return MatchesSequence(*attribute);
  if (kind_ == MatchKind::kBinary) return BinaryMatch(vr_, values_[0], attribute->value);
  for (std::string_view value : Values(vr_, attribute->value)) {
    if (MatchesValue(value)) return true;
  }
  return false;
}

bool KeyMatcher::MatchesSequence(const codec::Element& attribute) const {
  return std::any_of(attribute.items.begin(), attribute.items.end(), [this](const codec::DataSet& item) {
    return std::all_of(item_keys_.begin(), item_keys_.end(),
                       [&item](const KeyMatcher& key) { return key.Matches(item); });
  });
}

bool KeyMatcher::MatchesValue(std::string_view value) const {
  value = Trim(value);
  switch (kind_) {
    case MatchKind::kUidList:
      return std::binary_search(values_.begin(), values_.end(), value);
    case MatchKind::kName:
      return MatchesName(value);
    case MatchKind::kMoment: {
      const auto moment = ParseMoment(vr_, value);
      return moment && std::any_of(spans_.begin(), spans_.end(), [&](const Span& span) {
               return moment->first >= span.first && moment->first <= span.last;
             });
    }
    case MatchKind::kNumber:
      return std::any_of(values_.begin(), values_.end(),
                         [&](const std::string& key) { return NumbersEqual(key, value); });
    default:
      return std::any_of(values_.begin(), values_.end(), [&](const std::string& key) {
        return AllowsWildcard(vr_) && HasWildcard(key) ? WildcardMatch(key, value) : key == value;
      });
  }
}

bool KeyMatcher::MatchesName(std::string_view value) const {
  for (const std::string& group : codec::FoldedNameGroups(value)) {
    for (const std::string& key : values_) {
      if (NameGroupMatches(key, group)) return true;
    }
  }
  return false;
}

}  // namespace argent::archive
