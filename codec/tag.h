// A Data Element Tag (PS3.5 section 7.1) and the tags this code names.
#pragma once

#include <compare>
#include <cstdint>

namespace argent::codec {

struct Tag {
  uint16_t group = 0;
  uint16_t element = 0;
  constexpr auto operator<=>(const Tag&) const = default;
  constexpr uint32_t packed() const { return static_cast<uint32_t>(group) << 16 | element; }
  constexpr bool is_private() const { return (group & 1) != 0; }
};

namespace tags {
inline constexpr Tag kSpecificCharacterSet{0x0008, 0x0005};
inline constexpr Tag kSopClassUid{0x0008, 0x0016};
inline constexpr Tag kSopInstanceUid{0x0008, 0x0018};
inline constexpr Tag kQueryRetrieveLevel{0x0008, 0x0052};
inline constexpr Tag kPatientName{0x0010, 0x0010};
inline constexpr Tag kPatientId{0x0010, 0x0020};
inline constexpr Tag kIssuerOfPatientId{0x0010, 0x0021};
inline constexpr Tag kStudyInstanceUid{0x0020, 0x000D};
inline constexpr Tag kSeriesInstanceUid{0x0020, 0x000E};
inline constexpr Tag kFloatPixelData{0x7FE0, 0x0008};
inline constexpr Tag kDoubleFloatPixelData{0x7FE0, 0x0009};
inline constexpr Tag kPixelData{0x7FE0, 0x0010};
inline constexpr Tag kItem{0xFFFE, 0xE000};
inline constexpr Tag kItemDelimitation{0xFFFE, 0xE00D};
inline constexpr Tag kSequenceDelimitation{0xFFFE, 0xE0DD};
}  // namespace tags

}  // namespace argent::codec
