// Tags the archive names beyond codec/tag.h, and small readings of attribute values that model, query and
// retrieve share.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "codec/data_set.h"
#include "codec/tag.h"

namespace argent::archive {

namespace tags {
using codec::Tag;
inline constexpr Tag kStudyDate{0x0008, 0x0020};
inline constexpr Tag kSeriesDate{0x0008, 0x0021};
inline constexpr Tag kAcquisitionDate{0x0008, 0x0022};
inline constexpr Tag kContentDate{0x0008, 0x0023};
inline constexpr Tag kStudyTime{0x0008, 0x0030};
inline constexpr Tag kSeriesTime{0x0008, 0x0031};
inline constexpr Tag kAcquisitionTime{0x0008, 0x0032};
inline constexpr Tag kContentTime{0x0008, 0x0033};
inline constexpr Tag kAccessionNumber{0x0008, 0x0050};
inline constexpr Tag kRetrieveAeTitle{0x0008, 0x0054};
inline constexpr Tag kInstanceAvailability{0x0008, 0x0056};
inline constexpr Tag kFailedSopInstanceUidList{0x0008, 0x0058};
inline constexpr Tag kModality{0x0008, 0x0060};
inline constexpr Tag kModalitiesInStudy{0x0008, 0x0061};
inline constexpr Tag kSopClassesInStudy{0x0008, 0x0062};
inline constexpr Tag kReferringPhysicianName{0x0008, 0x0090};
inline constexpr Tag kTimezoneOffsetFromUtc{0x0008, 0x0201};
inline constexpr Tag kStudyDescription{0x0008, 0x1030};
inline constexpr Tag kSeriesDescription{0x0008, 0x103E};
inline constexpr Tag kAvailableTransferSyntaxUid{0x0008, 0x3002};
inline constexpr Tag kPatientBirthDate{0x0010, 0x0030};
inline constexpr Tag kPatientSex{0x0010, 0x0040};
inline constexpr Tag kStudyId{0x0020, 0x0010};
inline constexpr Tag kSeriesNumber{0x0020, 0x0011};
inline constexpr Tag kManufacturerModelName{0x0008, 0x1090};
inline constexpr Tag kInstanceNumber{0x0020, 0x0013};
inline constexpr Tag kPatientRelatedStudies{0x0020, 0x1200};
inline constexpr Tag kPatientRelatedSeries{0x0020, 0x1202};
inline constexpr Tag kPatientRelatedInstances{0x0020, 0x1204};
inline constexpr Tag kStudyRelatedSeries{0x0020, 0x1206};
inline constexpr Tag kStudyRelatedInstances{0x0020, 0x1208};
inline constexpr Tag kSeriesRelatedInstances{0x0020, 0x1209};
inline constexpr Tag kPerformedStepStartDate{0x0040, 0x0244};
inline constexpr Tag kPerformedStepStartTime{0x0040, 0x0245};
}  // namespace tags

// Without spaces and NULs at both ends (PS3.5 6.2: not significant in the VRs where this is used).
std::string_view Trim(std::string_view text);
// At '\'. One empty value for empty text.
std::vector<std::string_view> SplitValues(std::string_view text);
// `date` as YYYYMMDD: without the dots of ACR-NEMA (PS3.5 6.2, DA note); anything else stays as it is.
std::string NormalizeDate(std::string_view date);
// Values are numbers or bytes, not characters.
bool IsBinaryVr(codec::Vr vr);
// No value: zero length, only padding, or a sequence without items.
bool IsEmptyValue(const codec::Element& element);

}  // namespace argent::archive
