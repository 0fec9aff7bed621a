#include "codec/dictionary.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcdicent.h>
#include <dcmtk/dcmdata/dcdict.h>

#include <algorithm>
#include <unordered_map>
#include <vector>

#include "codec/dcmtk_setup.h"

namespace argent::codec {
namespace {

struct Entry {
  uint32_t packed_tag = 0;
  Vr vr;
  bool us_or_ss = false;
  bool used = false;
  std::string keyword;
};

// An entry for a range of groups or elements (Overlay 60xx, Curve 50xx).
struct RangeEntry {
  Tag lower;
  Tag upper;
  bool even_groups_only = false;
  Vr vr;
  std::string keyword;
};

// DCMTK spells VRs that depend on other elements in lower case (PS3.6 "US or SS", "OB or OW").
Vr VrOfDcmtkName(const char* name) {
  const std::string_view text(name == nullptr ? "" : name);
  if (text.size() != 2) return {};
  if (text == "ox" || text == "px" || text == "lt") return MakeVr("OW");
  if (text == "xs") return MakeVr("US");
  if (text == "up") return MakeVr("UL");
  const Vr vr{text[0], text[1]};
  return IsKnownVr(vr) ? vr : Vr{};
}

// DCMTK marks retired elements in front of the keyword of PS3.6.
std::string KeywordOf(const DcmDictEntry& entry) {
  constexpr std::string_view kRetired = "RETIRED_";
  std::string_view name = entry.getTagName() == nullptr ? "" : entry.getTagName();
  if (name.starts_with(kRetired)) name.remove_prefix(kRetired.size());
  return std::string(name);
}

Tag TagOf(const DcmTagKey& key) { return {key.getGroup(), key.getElement()}; }

// The dictionary copied out of DCMTK into an open-addressing table: its own takes a lock on every look-up,
// and the scanner looks up every Implicit VR element. Immutable after construction.
class Tables {
 public:
  Tables() : slots_(kSlots) {
    SetUpDcmtk();
    const DcmDataDictionary& dictionary = dcmDataDict.rdlock();
    loaded_ = dictionary.isDictionaryLoaded();
    DcmDataDictionary& source = const_cast<DcmDataDictionary&>(dictionary);  // its iterators are not const
    for (auto it = source.normalBegin(); it != source.normalEnd(); ++it) AddEntry(**it);
    for (auto it = source.repeatingBegin(); it != source.repeatingEnd(); ++it) AddRange(**it);
    dcmDataDict.rdunlock();
  }

  bool loaded() const { return loaded_; }

  const Entry* Find(Tag tag) const {
    const uint32_t packed = tag.packed();
    for (size_t i = Slot(packed);; i = (i + 1) % kSlots) {
      if (!slots_[i].used) return nullptr;
      if (slots_[i].packed_tag == packed) return &slots_[i];
    }
  }

  const RangeEntry* FindRange(Tag tag) const {
    for (const RangeEntry& range : ranges_) {
      if (tag.group < range.lower.group || tag.group > range.upper.group) continue;
      if (tag.element < range.lower.element || tag.element > range.upper.element) continue;
      if (range.even_groups_only && tag.is_private()) continue;
      return &range;
    }
    return nullptr;
  }

  std::optional<Tag> FindKeyword(std::string_view keyword) const {
    const auto it = tag_by_keyword_.find(std::string(keyword));
    if (it == tag_by_keyword_.end()) return std::nullopt;
    return it->second;
  }

 private:
  static constexpr size_t kSlots = 16384;  // three times the elements of PS3.6
  static size_t Slot(uint32_t packed) { return (packed * 2654435761u) >> 18; }

  void AddEntry(const DcmDictEntry& entry) {
    if (entry.getPrivateCreator() != nullptr || used_ >= kSlots / 2) return;
    Entry added{TagOf(entry.getKey()).packed(), VrOfDcmtkName(entry.getVR().getVRName()),
                entry.getVR().getEVR() == EVR_xs, true, KeywordOf(entry)};
    size_t i = Slot(added.packed_tag);
    while (slots_[i].used) i = (i + 1) % kSlots;
    if (!added.keyword.empty()) tag_by_keyword_.emplace(added.keyword, TagOf(entry.getKey()));
    slots_[i] = std::move(added);
    ++used_;
  }

  void AddRange(const DcmDictEntry& entry) {
    if (entry.getPrivateCreator() != nullptr) return;
    ranges_.push_back({TagOf(entry.getKey()), TagOf(entry.getUpperKey()),
                       entry.getGroupRangeRestriction() == DcmDictRange_Even,
                       VrOfDcmtkName(entry.getVR().getVRName()), KeywordOf(entry)});
    if (!ranges_.back().keyword.empty())
      tag_by_keyword_.emplace(ranges_.back().keyword, ranges_.back().lower);
  }

  bool loaded_ = false;
  size_t used_ = 0;
  std::vector<Entry> slots_;
  std::vector<RangeEntry> ranges_;
  std::unordered_map<std::string, Tag> tag_by_keyword_;
};

const Tables& Dictionary() {
  static const Tables tables;
  return tables;
}

std::optional<uint16_t> ParseHex16(std::string_view text) {
  uint16_t value = 0;
  for (char c : text) {
    int digit = c >= '0' && c <= '9'   ? c - '0'
                : c >= 'a' && c <= 'f' ? c - 'a' + 10
                : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                       : -1;
    if (digit < 0) return std::nullopt;
    value = static_cast<uint16_t>(value << 4 | digit);
  }
  return value;
}

}  // namespace

Status CheckDictionary() {
  if (Dictionary().loaded()) return Status::Ok();
  return Status::Internal(
      "the DICOM data dictionary is not loaded: /usr/share/libdcmtk17/dicom.dic is missing or unreadable, or "
      "DCMDICTPATH "
      "names another file (Debian: install the package libdcmtk17)");
}

Vr DictionaryVr(Tag tag) {
  if (tag.element == 0) return MakeVr("UL");
  if (tag.is_private()) return tag.element >= 0x10 && tag.element <= 0xFF ? MakeVr("LO") : Vr{};
  if (const Entry* entry = Dictionary().Find(tag)) return entry->vr;
  if (const RangeEntry* range = Dictionary().FindRange(tag)) return range->vr;
  return {};
}

bool IsUsOrSs(Tag tag) {
  const Entry* entry = Dictionary().Find(tag);
  return entry != nullptr && entry->us_or_ss;
}

std::string DictionaryKeyword(Tag tag) {
  if (const Entry* entry = Dictionary().Find(tag)) return entry->keyword;
  if (const RangeEntry* range = Dictionary().FindRange(tag)) return range->keyword;
  return {};
}

std::optional<Tag> TagOfKeyword(std::string_view keyword) {
  if (keyword.size() == 8 || (keyword.size() == 9 && keyword[4] == ',')) {
    const auto group = ParseHex16(keyword.substr(0, 4));
    const auto element = ParseHex16(keyword.substr(keyword.size() - 4));
    if (group && element) return Tag{*group, *element};
  }
  return Dictionary().FindKeyword(keyword);
}

}  // namespace argent::codec
