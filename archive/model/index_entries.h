// The indexes of the catalog: which values of a Study or a Patient lead to it. The projector writes these
// entries, the query planner reads ranges of them, so both agree by construction.
//
// An entry is: table byte I, the index's byte, the value as components, the target as the last component. An
// entry only narrows: what it finds is matched against the row again, so values may be folded and cut to
// kIndexValueBytesMax.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "archive/model/rows.h"
#include "archive/model/schema.h"

namespace argent::archive {

//                        value                                             target
enum class Index : char {
  kPatientId = 'i',    // Patient ID, trimmed                            Study UID
  kPatientName = 'n',  // each component group of the name, folded       Study UID
  kAccession = 'a',    // Accession Number, trimmed                      Study UID
  kStudyDate = 'd',    // Study Date, YYYYMMDD                           Study UID
  kModality = 'm',     // Modality in Study; then Study Date or nothing  Study UID
  kReferring = 'r',    // each component group of the name, folded       Study UID
  kDescription = 's',  // Study Description, folded                      Study UID
  kStudyId = 't',      // Study ID, trimmed                              Study UID
  kPatientLevelName =
      'p',  // Patient's Name as the PatientRow has it      key of the PatientRow without table byte
};
std::string_view IndexName(Index index);
// One row can have several entries in it: a name has component groups, a Study several Modalities.
bool CanRepeat(Index index);

// Values longer than this are cut; names of real people are not.
inline constexpr size_t kIndexValueBytesMax = 192;
std::string_view CutIndexValue(std::string_view value);

// The key without the value: every entry of the index starts with it.
std::string IndexPrefix(Index index);
std::vector<std::string> IndexKeys(Index index, const StudyRow& row, std::string_view study_uid);
// The entries of all Study indexes, ascending.
std::vector<std::string> AllIndexKeys(const StudyRow& row, std::string_view study_uid);
std::vector<std::string> AllIndexKeys(const PatientRow& row, std::string_view patient_key);

}  // namespace argent::archive
