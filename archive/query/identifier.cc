#include "archive/query/identifier.h"

#include <algorithm>

#include "archive/model/attributes.h"
#include "archive/query/key_matcher.h"
#include "codec/character_set.h"

namespace argent::archive {
namespace {

using codec::MakeVr;

const codec::Element* FindIn(const RowViews& rows, Level level, codec::Tag tag) {
  const codec::Element* element = nullptr;
  if (level == Level::kInstance) element = rows.instance.Find(tag);
  if (element == nullptr && level >= Level::kSeries) element = rows.series.Find(tag);
  if (element == nullptr) element = rows.top.Find(tag);
  return element;
}

// A sequence key with keys in its item asks for these only.
codec::Element ProjectSequence(const codec::Element& key, const codec::Element& value) {
  if (key.items.empty() || key.items[0].empty()) return value;
  codec::Element projected{value.tag, value.vr, {}, {}};
  for (const codec::DataSet& item : value.items) {
    codec::DataSet kept;
    for (const codec::Element& asked : key.items[0].elements()) {
      const codec::Element* found = item.Find(asked.tag);
      if (found == nullptr) {
        kept.Set({asked.tag, asked.vr, {}, {}});
      } else if (found->vr == MakeVr("SQ")) {
        kept.Set(ProjectSequence(asked, *found));
      } else {
        kept.Set(*found);
      }
    }
    projected.items.push_back(std::move(kept));
  }
  return projected;
}

void AddUniqueKeys(const Query& query, const RowViews& rows, codec::DataSet* identifier) {
  struct UniqueKey {
    Level level;
    codec::Tag tag;
    codec::Vr vr;
  };
  static constexpr UniqueKey kUniqueKeys[] = {{Level::kPatient, codec::tags::kPatientId, MakeVr("LO")},
                                              {Level::kStudy, codec::tags::kStudyInstanceUid, MakeVr("UI")},
                                              {Level::kSeries, codec::tags::kSeriesInstanceUid, MakeVr("UI")},
                                              {Level::kInstance, codec::tags::kSopInstanceUid, MakeVr("UI")}};
  for (const UniqueKey& key : kUniqueKeys) {
    if (key.level > query.level || identifier->Has(key.tag)) continue;
    if (key.level == Level::kPatient && query.root == Root::kStudy) continue;
    const codec::Element* found = FindIn(rows, query.level, key.tag);
    identifier->Set(found != nullptr ? *found : codec::Element{key.tag, key.vr, {}, {}});
  }
}

bool IsAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool IsAscii(const codec::DataSet& data_set) {
  return std::all_of(data_set.elements().begin(), data_set.elements().end(),
                     [](const codec::Element& element) {
                       if (element.vr == MakeVr("SQ")) {
                         return std::all_of(element.items.begin(), element.items.end(),
                                            [](const codec::DataSet& item) { return IsAscii(item); });
                       }
                       return !codec::IsTextVr(element.vr) || IsAscii(element.value);
                     });
}

Result<codec::DataSet> Converted(std::string_view charset, const codec::DataSet& from) {
  codec::DataSet to;
  for (const codec::Element& element : from.elements()) {
    codec::Element converted{element.tag, element.vr, element.value, {}};
    if (codec::IsTextVr(element.vr)) {
      ARGENT_ASSIGN_OR_RETURN(converted.value, codec::TextFromUtf8(charset, element.vr, element.value));
    }
    for (const codec::DataSet& item : element.items) {
      ARGENT_ASSIGN_OR_RETURN(codec::DataSet converted_item, Converted(charset, item));
      converted.items.push_back(std::move(converted_item));
    }
    to.Set(std::move(converted));
  }
  return to;
}

}  // namespace

codec::DataSet MakeIdentifier(const Query& query, const RowViews& rows) {
  codec::DataSet identifier;
  for (const codec::Element& key : query.keys.elements()) {
    if (IsControlElement(key.tag)) continue;
    const auto level = LevelOfKey(key.tag);
    const codec::Element* found =
        level && *level <= query.level ? FindIn(rows, query.level, key.tag) : nullptr;
    if (found == nullptr) {
      identifier.Set({key.tag, key.vr, {}, {}});
    } else {
      identifier.Set(found->vr == MakeVr("SQ") ? ProjectSequence(key, *found) : *found);
    }
  }
  AddUniqueKeys(query, rows, &identifier);
  identifier.SetText(codec::tags::kQueryRetrieveLevel, MakeVr("CS"), LevelName(query.level));
  identifier.SetText(tags::kInstanceAvailability, MakeVr("CS"), "ONLINE");
  if (!query.retrieve_ae_title.empty()) {
    identifier.SetText(tags::kRetrieveAeTitle, MakeVr("AE"), query.retrieve_ae_title);
  }
  return identifier;
}

void ExpressInCharacterSet(std::string_view requested, codec::DataSet* identifier) {
  identifier->Erase(codec::tags::kSpecificCharacterSet);
  if (IsAscii(*identifier)) return;
  if (!Trim(requested).empty()) {
    auto converted = Converted(requested, *identifier);
    if (converted.ok()) {
      *identifier = std::move(converted).value();
      identifier->SetText(codec::tags::kSpecificCharacterSet, MakeVr("CS"), requested);
      return;
    }
  }
  identifier->SetText(codec::tags::kSpecificCharacterSet, MakeVr("CS"), "ISO_IR 192");
}

std::string_view LevelName(Level level) {
  switch (level) {
    case Level::kPatient:
      return "PATIENT";
    case Level::kStudy:
      return "STUDY";
    case Level::kSeries:
      return "SERIES";
    case Level::kInstance:
      return "IMAGE";
  }
  return "";
}

std::optional<Level> ParseLevelName(std::string_view text) {
  for (Level level : {Level::kPatient, Level::kStudy, Level::kSeries, Level::kInstance}) {
    if (Trim(text) == LevelName(level)) return level;
  }
  return std::nullopt;
}

}  // namespace argent::archive
