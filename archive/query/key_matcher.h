// The keys of a query, compiled once and matched against rows many times.
//
// Matching by key value: empty or only '*' is universal; UI values are lists; wildcards in the VRs that have
// them; DA, TM and DT match by value or range; a sequence's item matches when all its keys match inside one
// item; everything else is a single value, compared without padding. Several values in a key, and in an
// attribute, match when any pair does. PN ignores case and accents and compares each component group on its
// own. IS and DS compare as numbers.
#pragma once

#include <string>
#include <vector>

#include "archive/query/query.h"
#include "archive/query/value_matching.h"
#include "storage/base/status.h"

namespace argent::archive {

enum class MatchKind { kUniversal, kText, kNumber, kBinary, kName, kUidList, kMoment, kSequence };

// The level a key belongs to, computed ones (Modalities in Study, Number of …) included; nullopt: not held in
// the catalog.
std::optional<Level> LevelOfKey(codec::Tag tag);
// Elements of an identifier that are not keys: Query/Retrieve Level, Specific Character Set, Timezone Offset,
// Retrieve AE Title …
bool IsControlElement(codec::Tag tag);

class KeyMatcher {
 public:
  // kInvalidArgument: a range that is none, a pattern beyond kPatternBytesMax, a sequence key of several
  // items.
  static Result<KeyMatcher> Compile(const codec::Element& key);

  codec::Tag tag() const { return tag_; }
  codec::Vr vr() const { return vr_; }
  MatchKind kind() const { return kind_; }
  bool universal() const { return kind_ == MatchKind::kUniversal; }
  // As compared: trimmed; names folded; UIDs ascending.
  const std::vector<std::string>& values() const { return values_; }
  const std::vector<Span>& spans() const { return spans_; }

  // `attributes` is a row's; an absent attribute matches only universally.
  bool Matches(const codec::DataSet& attributes) const;

 private:
  Status CompileValues(std::string_view text);
  Status CompileSequence(const codec::Element& key);
  bool MatchesSequence(const codec::Element& attribute) const;
  bool MatchesValue(std::string_view value) const;
  bool MatchesName(std::string_view value) const;

  codec::Tag tag_;
  codec::Vr vr_;
  MatchKind kind_ = MatchKind::kUniversal;
  std::vector<std::string> values_;
  std::vector<Span> spans_;
  std::vector<KeyMatcher> item_keys_;
};

}  // namespace argent::archive
