#include "archive/model/index_entries.h"

#include <algorithm>

#include "archive/model/attributes.h"
#include "codec/person_name.h"

namespace argent::archive {
namespace {

constexpr Index kStudyIndexes[] = {Index::kPatientId,   Index::kPatientName, Index::kAccession,
                                   Index::kStudyDate,   Index::kModality,    Index::kReferring,
                                   Index::kDescription, Index::kStudyId};

std::string EntryKey(Index index, std::initializer_list<std::string_view> values, std::string_view target) {
  std::string key = IndexPrefix(index);
  for (std::string_view value : values) AppendComponent(CutIndexValue(value), &key);
  AppendComponent(target, &key);
  return key;
}

void AddNames(Index index, std::string_view names, std::string_view target, std::vector<std::string>* keys) {
  for (std::string_view name : SplitValues(names)) {
    for (const std::string& group : codec::FoldedNameGroups(name))
      keys->push_back(EntryKey(index, {group}, target));
  }
}

void AddValues(Index index, std::string_view text, std::string_view target, std::vector<std::string>* keys) {
  for (std::string_view value : SplitValues(text)) {
    value = Trim(value);
    if (!value.empty()) keys->push_back(EntryKey(index, {value}, target));
  }
}

void AddStudyKeys(Index index, const StudyRow& row, std::string_view study_uid,
                  std::vector<std::string>* keys) {
  const codec::DataSet& attributes = row.attributes;
  switch (index) {
    case Index::kPatientId:
      return AddValues(index, attributes.Text(codec::tags::kPatientId), study_uid, keys);
    case Index::kPatientName:
      return AddNames(index, attributes.Text(codec::tags::kPatientName), study_uid, keys);
    case Index::kAccession:
      return AddValues(index, attributes.Text(tags::kAccessionNumber), study_uid, keys);
    case Index::kStudyDate:
      return AddValues(index, NormalizeDate(attributes.Text(tags::kStudyDate)), study_uid, keys);
    case Index::kModality:
      for (const std::string& modality : row.modalities) {
        keys->push_back(
            EntryKey(index, {modality, NormalizeDate(attributes.Text(tags::kStudyDate))}, study_uid));
      }
      return;
    case Index::kReferring:
      return AddNames(index, attributes.Text(tags::kReferringPhysicianName), study_uid, keys);
    case Index::kDescription: {
      const std::string folded = codec::FoldForMatching(attributes.Text(tags::kStudyDescription));
      if (!folded.empty()) keys->push_back(EntryKey(index, {folded}, study_uid));
      return;
    }
    case Index::kStudyId:
      return AddValues(index, attributes.Text(tags::kStudyId), study_uid, keys);
    case Index::kPatientLevelName:
      return;
  }
}

void SortUnique(std::vector<std::string>* keys) {
  std::sort(keys->begin(), keys->end());
  keys->erase(std::unique(keys->begin(), keys->end()), keys->end());
}

}  // namespace

std::string_view IndexName(Index index) {
  switch (index) {
    case Index::kPatientId:
      return "patient-id";
    case Index::kPatientName:
      return "patient-name";
    case Index::kAccession:
      return "accession-number";
    case Index::kStudyDate:
      return "study-date";
    case Index::kModality:
      return "modality";
    case Index::kReferring:
      return "referring-physician";
    case Index::kDescription:
      return "study-description";
    case Index::kStudyId:
      return "study-id";
    case Index::kPatientLevelName:
      return "patient-level-name";
  }
  return "unknown";
}

bool CanRepeat(Index index) { return index != Index::kStudyDate && index != Index::kDescription; }

std::string_view CutIndexValue(std::string_view value) { return value.substr(0, kIndexValueBytesMax); }

std::string IndexPrefix(Index index) { return {static_cast<char>(Table::kIndex), static_cast<char>(index)}; }

std::vector<std::string> IndexKeys(Index index, const StudyRow& row, std::string_view study_uid) {
  std::vector<std::string> keys;
  AddStudyKeys(index, row, study_uid, &keys);
  SortUnique(&keys);
  return keys;
}

std::vector<std::string> AllIndexKeys(const StudyRow& row, std::string_view study_uid) {
  std::vector<std::string> keys;
  for (Index index : kStudyIndexes) AddStudyKeys(index, row, study_uid, &keys);
  SortUnique(&keys);
  return keys;
}

std::vector<std::string> AllIndexKeys(const PatientRow& row, std::string_view patient_key) {
  std::vector<std::string> keys;
  AddNames(Index::kPatientLevelName, row.attributes.Text(codec::tags::kPatientName), patient_key, &keys);
  SortUnique(&keys);
  return keys;
}

}  // namespace argent::archive
