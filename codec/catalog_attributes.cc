#include "codec/catalog_attributes.h"

#include <algorithm>
#include <iterator>

namespace argent::codec {
namespace {

constexpr Level kPatient = Level::kPatient;
constexpr Level kStudy = Level::kStudy;
constexpr Level kSeries = Level::kSeries;
constexpr Level kInstance = Level::kInstance;

// PS3.4 Tables C.6-1 to C.6-5, PS3.18 Table 10.6.1-5, and what a display needs to lay out before it retrieves
// (Image Pixel, Image Plane and Multi-frame modules, references of SR, RT and Key Object documents).
constexpr CatalogAttribute kAttributes[] = {
    {{0x0008, 0x0005}, MakeVr("CS"), kInstance},  // Specific Character Set
    {{0x0008, 0x0008}, MakeVr("CS"), kInstance},  // Image Type
    {{0x0008, 0x0012}, MakeVr("DA"), kInstance},  // Instance Creation Date
    {{0x0008, 0x0013}, MakeVr("TM"), kInstance},  // Instance Creation Time
    {{0x0008, 0x0014}, MakeVr("UI"), kInstance},  // Instance Creator UID
    {{0x0008, 0x0015}, MakeVr("DT"), kInstance},  // Instance Coercion DateTime
    {{0x0008, 0x0016}, MakeVr("UI"), kInstance},  // SOP Class UID
    {{0x0008, 0x0018}, MakeVr("UI"), kInstance},  // SOP Instance UID
    {{0x0008, 0x001A}, MakeVr("UI"), kInstance},  // Related General SOP Class UID
    {{0x0008, 0x0020}, MakeVr("DA"), kStudy},     // Study Date
    {{0x0008, 0x0021}, MakeVr("DA"), kSeries},    // Series Date
    {{0x0008, 0x0022}, MakeVr("DA"), kInstance},  // Acquisition Date
    {{0x0008, 0x0023}, MakeVr("DA"), kInstance},  // Content Date
    {{0x0008, 0x002A}, MakeVr("DT"), kInstance},  // Acquisition DateTime
    {{0x0008, 0x0030}, MakeVr("TM"), kStudy},     // Study Time
    {{0x0008, 0x0031}, MakeVr("TM"), kSeries},    // Series Time
    {{0x0008, 0x0032}, MakeVr("TM"), kInstance},  // Acquisition Time
    {{0x0008, 0x0033}, MakeVr("TM"), kInstance},  // Content Time
    {{0x0008, 0x0050}, MakeVr("SH"), kStudy},     // Accession Number
    {{0x0008, 0x0051}, MakeVr("SQ"), kStudy},     // Issuer of Accession Number Sequence
    {{0x0008, 0x0060}, MakeVr("CS"), kSeries},    // Modality
    {{0x0008, 0x0064}, MakeVr("CS"), kInstance},  // Conversion Type
    {{0x0008, 0x0068}, MakeVr("CS"), kSeries},    // Presentation Intent Type
    {{0x0008, 0x0070}, MakeVr("LO"), kSeries},    // Manufacturer
    {{0x0008, 0x0080}, MakeVr("LO"), kSeries},    // Institution Name
    {{0x0008, 0x0081}, MakeVr("ST"), kSeries},    // Institution Address
    {{0x0008, 0x0090}, MakeVr("PN"), kStudy},     // Referring Physician's Name
    {{0x0008, 0x0096}, MakeVr("SQ"), kStudy},     // Referring Physician Identification Sequence
    {{0x0008, 0x009C}, MakeVr("PN"), kStudy},     // Consulting Physician's Name
    {{0x0008, 0x0201}, MakeVr("SH"), kInstance},  // Timezone Offset From UTC
    {{0x0008, 0x1010}, MakeVr("SH"), kSeries},    // Station Name
    {{0x0008, 0x1030}, MakeVr("LO"), kStudy},     // Study Description
    {{0x0008, 0x1032}, MakeVr("SQ"), kStudy},     // Procedure Code Sequence
    {{0x0008, 0x103E}, MakeVr("LO"), kSeries},    // Series Description
    {{0x0008, 0x103F}, MakeVr("SQ"), kSeries},    // Series Description Code Sequence
    {{0x0008, 0x1040}, MakeVr("LO"), kSeries},    // Institutional Department Name
    {{0x0008, 0x1048}, MakeVr("PN"), kStudy},     // Physician(s) of Record
    {{0x0008, 0x1050}, MakeVr("PN"), kSeries},    // Performing Physician's Name
    {{0x0008, 0x1060}, MakeVr("PN"), kStudy},     // Name of Physician(s) Reading Study
    {{0x0008, 0x1070}, MakeVr("PN"), kSeries},    // Operators' Name
    {{0x0008, 0x1080}, MakeVr("LO"), kStudy},     // Admitting Diagnoses Description
    {{0x0008, 0x1090}, MakeVr("LO"), kSeries},    // Manufacturer's Model Name
    {{0x0008, 0x1110}, MakeVr("SQ"), kStudy},     // Referenced Study Sequence
    {{0x0008, 0x1111}, MakeVr("SQ"), kSeries},    // Referenced Performed Procedure Step Sequence
    {{0x0008, 0x1115}, MakeVr("SQ"), kInstance},  // Referenced Series Sequence
    {{0x0008, 0x1120}, MakeVr("SQ"), kPatient},   // Referenced Patient Sequence
    {{0x0008, 0x1140}, MakeVr("SQ"), kInstance},  // Referenced Image Sequence
    {{0x0008, 0x1155}, MakeVr("UI"), kInstance},  // Referenced SOP Instance UID
    {{0x0008, 0x2111}, MakeVr("ST"), kInstance},  // Derivation Description
    {{0x0008, 0x2112}, MakeVr("SQ"), kInstance},  // Source Image Sequence
    {{0x0010, 0x0010}, MakeVr("PN"), kPatient},   // Patient's Name
    {{0x0010, 0x0020}, MakeVr("LO"), kPatient},   // Patient ID
    {{0x0010, 0x0021}, MakeVr("LO"), kPatient},   // Issuer of Patient ID
    {{0x0010, 0x0022}, MakeVr("CS"), kPatient},   // Type of Patient ID
    {{0x0010, 0x0024}, MakeVr("SQ"), kPatient},   // Issuer of Patient ID Qualifiers Sequence
    {{0x0010, 0x0030}, MakeVr("DA"), kPatient},   // Patient's Birth Date
    {{0x0010, 0x0032}, MakeVr("TM"), kPatient},   // Patient's Birth Time
    {{0x0010, 0x0040}, MakeVr("CS"), kPatient},   // Patient's Sex
    {{0x0010, 0x1000}, MakeVr("LO"), kPatient},   // Other Patient IDs
    {{0x0010, 0x1001}, MakeVr("PN"), kPatient},   // Other Patient Names
    {{0x0010, 0x1002}, MakeVr("SQ"), kPatient},   // Other Patient IDs Sequence
    {{0x0010, 0x1005}, MakeVr("PN"), kPatient},   // Patient's Birth Name
    {{0x0010, 0x1010}, MakeVr("AS"), kStudy},     // Patient's Age
    {{0x0010, 0x1020}, MakeVr("DS"), kStudy},     // Patient's Size
    {{0x0010, 0x1030}, MakeVr("DS"), kStudy},     // Patient's Weight
    {{0x0010, 0x2160}, MakeVr("SH"), kPatient},   // Ethnic Group
    {{0x0010, 0x2180}, MakeVr("SH"), kStudy},     // Occupation
    {{0x0010, 0x21B0}, MakeVr("LT"), kStudy},     // Additional Patient History
    {{0x0010, 0x2201}, MakeVr("LO"), kPatient},   // Patient Species Description
    {{0x0010, 0x2292}, MakeVr("LO"), kPatient},   // Patient Breed Description
    {{0x0010, 0x2297}, MakeVr("PN"), kPatient},   // Responsible Person
    {{0x0010, 0x4000}, MakeVr("LT"), kPatient},   // Patient Comments
    {{0x0012, 0x0062}, MakeVr("CS"), kPatient},   // Patient Identity Removed
    {{0x0018, 0x0010}, MakeVr("LO"), kSeries},    // Contrast/Bolus Agent
    {{0x0018, 0x0015}, MakeVr("CS"), kSeries},    // Body Part Examined
    {{0x0018, 0x0020}, MakeVr("CS"), kSeries},    // Scanning Sequence
    {{0x0018, 0x0050}, MakeVr("DS"), kInstance},  // Slice Thickness
    {{0x0018, 0x0087}, MakeVr("DS"), kSeries},    // Magnetic Field Strength
    {{0x0018, 0x1000}, MakeVr("LO"), kSeries},    // Device Serial Number
    {{0x0018, 0x1020}, MakeVr("LO"), kSeries},    // Software Versions
    {{0x0018, 0x1030}, MakeVr("LO"), kSeries},    // Protocol Name
    {{0x0018, 0x1164}, MakeVr("DS"), kInstance},  // Imager Pixel Spacing
    {{0x0018, 0x2010}, MakeVr("DS"), kInstance},  // Nominal Scanned Pixel Spacing
    {{0x0018, 0x5100}, MakeVr("CS"), kSeries},    // Patient Position
    {{0x0018, 0x5101}, MakeVr("CS"), kInstance},  // View Position
    {{0x0020, 0x000D}, MakeVr("UI"), kStudy},     // Study Instance UID
    {{0x0020, 0x000E}, MakeVr("UI"), kSeries},    // Series Instance UID
    {{0x0020, 0x0010}, MakeVr("SH"), kStudy},     // Study ID
    {{0x0020, 0x0011}, MakeVr("IS"), kSeries},    // Series Number
    {{0x0020, 0x0012}, MakeVr("IS"), kInstance},  // Acquisition Number
    {{0x0020, 0x0013}, MakeVr("IS"), kInstance},  // Instance Number
    {{0x0020, 0x0020}, MakeVr("CS"), kInstance},  // Patient Orientation
    {{0x0020, 0x0032}, MakeVr("DS"), kInstance},  // Image Position (Patient)
    {{0x0020, 0x0037}, MakeVr("DS"), kInstance},  // Image Orientation (Patient)
    {{0x0020, 0x0052}, MakeVr("UI"), kSeries},    // Frame of Reference UID
    {{0x0020, 0x0060}, MakeVr("CS"), kSeries},    // Laterality
    {{0x0020, 0x0062}, MakeVr("CS"), kInstance},  // Image Laterality
    {{0x0020, 0x0200}, MakeVr("UI"), kSeries},    // Synchronization Frame of Reference UID
    {{0x0020, 0x1041}, MakeVr("DS"), kInstance},  // Slice Location
    {{0x0020, 0x4000}, MakeVr("LT"), kInstance},  // Image Comments
    {{0x0020, 0x9161}, MakeVr("UI"), kInstance},  // Concatenation UID
    {{0x0020, 0x9162}, MakeVr("US"), kInstance},  // In-concatenation Number
    {{0x0028, 0x0002}, MakeVr("US"), kInstance},  // Samples per Pixel
    {{0x0028, 0x0004}, MakeVr("CS"), kInstance},  // Photometric Interpretation
    {{0x0028, 0x0006}, MakeVr("US"), kInstance},  // Planar Configuration
    {{0x0028, 0x0008}, MakeVr("IS"), kInstance},  // Number of Frames
    {{0x0028, 0x0010}, MakeVr("US"), kInstance},  // Rows
    {{0x0028, 0x0011}, MakeVr("US"), kInstance},  // Columns
    {{0x0028, 0x0030}, MakeVr("DS"), kInstance},  // Pixel Spacing
    {{0x0028, 0x0034}, MakeVr("IS"), kInstance},  // Pixel Aspect Ratio
    {{0x0028, 0x0100}, MakeVr("US"), kInstance},  // Bits Allocated
    {{0x0028, 0x0101}, MakeVr("US"), kInstance},  // Bits Stored
    {{0x0028, 0x0102}, MakeVr("US"), kInstance},  // High Bit
    {{0x0028, 0x0103}, MakeVr("US"), kInstance},  // Pixel Representation
    {{0x0028, 0x0301}, MakeVr("CS"), kInstance},  // Burned In Annotation
    {{0x0028, 0x1050}, MakeVr("DS"), kInstance},  // Window Center
    {{0x0028, 0x1051}, MakeVr("DS"), kInstance},  // Window Width
    {{0x0028, 0x1052}, MakeVr("DS"), kInstance},  // Rescale Intercept
    {{0x0028, 0x1053}, MakeVr("DS"), kInstance},  // Rescale Slope
    {{0x0028, 0x2110}, MakeVr("CS"), kInstance},  // Lossy Image Compression
    {{0x0028, 0x2112}, MakeVr("DS"), kInstance},  // Lossy Image Compression Ratio
    {{0x0028, 0x2114}, MakeVr("CS"), kInstance},  // Lossy Image Compression Method
    {{0x0032, 0x000A}, MakeVr("CS"), kStudy},     // Study Status ID
    {{0x0032, 0x1032}, MakeVr("PN"), kStudy},     // Requesting Physician
    {{0x0032, 0x1033}, MakeVr("LO"), kStudy},     // Requesting Service
    {{0x0032, 0x1060}, MakeVr("LO"), kStudy},     // Requested Procedure Description
    {{0x0032, 0x1064}, MakeVr("SQ"), kStudy},     // Requested Procedure Code Sequence
    {{0x0032, 0x4000}, MakeVr("LT"), kStudy},     // Study Comments
    {{0x0038, 0x0010}, MakeVr("LO"), kStudy},     // Admission ID
    {{0x0038, 0x0014}, MakeVr("SQ"), kStudy},     // Issuer of Admission ID Sequence
    {{0x0038, 0x0060}, MakeVr("LO"), kStudy},     // Service Episode ID
    {{0x0040, 0x0244}, MakeVr("DA"), kSeries},    // Performed Procedure Step Start Date
    {{0x0040, 0x0245}, MakeVr("TM"), kSeries},    // Performed Procedure Step Start Time
    {{0x0040, 0x0250}, MakeVr("DA"), kSeries},    // Performed Procedure Step End Date
    {{0x0040, 0x0251}, MakeVr("TM"), kSeries},    // Performed Procedure Step End Time
    {{0x0040, 0x0253}, MakeVr("SH"), kSeries},    // Performed Procedure Step ID
    {{0x0040, 0x0254}, MakeVr("LO"), kSeries},    // Performed Procedure Step Description
    {{0x0040, 0x0260}, MakeVr("SQ"), kSeries},    // Performed Protocol Code Sequence
    {{0x0040, 0x0275}, MakeVr("SQ"), kSeries},    // Request Attributes Sequence
    {{0x0040, 0x0512}, MakeVr("LO"), kSeries},    // Container Identifier
    {{0x0040, 0x0560}, MakeVr("SQ"), kSeries},    // Specimen Description Sequence
    {{0x0040, 0xA030}, MakeVr("DT"), kInstance},  // Verification DateTime
    {{0x0040, 0xA032}, MakeVr("DT"), kInstance},  // Observation DateTime
    {{0x0040, 0xA043}, MakeVr("SQ"), kInstance},  // Concept Name Code Sequence
    {{0x0040, 0xA073}, MakeVr("SQ"), kInstance},  // Verifying Observer Sequence
    {{0x0040, 0xA370}, MakeVr("SQ"), kInstance},  // Referenced Request Sequence
    {{0x0040, 0xA372}, MakeVr("SQ"), kInstance},  // Performed Procedure Code Sequence
    {{0x0040, 0xA375}, MakeVr("SQ"), kInstance},  // Current Requested Procedure Evidence Sequence
    {{0x0040, 0xA491}, MakeVr("CS"), kInstance},  // Completion Flag
    {{0x0040, 0xA493}, MakeVr("CS"), kInstance},  // Verification Flag
    {{0x0040, 0xA496}, MakeVr("CS"), kInstance},  // Preliminary Flag
    {{0x0042, 0x0010}, MakeVr("ST"), kInstance},  // Document Title
    {{0x0042, 0x0012}, MakeVr("LO"), kInstance},  // MIME Type of Encapsulated Document
    {{0x0054, 0x0081}, MakeVr("US"), kInstance},  // Number of Slices
    {{0x0054, 0x1330}, MakeVr("US"), kInstance},  // Image Index
    {{0x0070, 0x0080}, MakeVr("CS"), kInstance},  // Content Label
    {{0x0070, 0x0081}, MakeVr("LO"), kInstance},  // Content Description
    {{0x0070, 0x0082}, MakeVr("DA"), kInstance},  // Presentation Creation Date
    {{0x0070, 0x0083}, MakeVr("TM"), kInstance},  // Presentation Creation Time
    {{0x0070, 0x0084}, MakeVr("PN"), kInstance},  // Content Creator's Name
    {{0x0088, 0x0130}, MakeVr("SH"), kInstance},  // Storage Media File-set ID
    {{0x0088, 0x0140}, MakeVr("UI"), kInstance},  // Storage Media File-set UID
    {{0x3002, 0x0002}, MakeVr("SH"), kInstance},  // RT Image Label
    {{0x3004, 0x0002}, MakeVr("CS"), kInstance},  // Dose Units
    {{0x3004, 0x000A}, MakeVr("CS"), kInstance},  // Dose Summation Type
    {{0x3006, 0x0002}, MakeVr("SH"), kInstance},  // Structure Set Label
    {{0x3006, 0x0008}, MakeVr("DA"), kInstance},  // Structure Set Date
    {{0x3006, 0x0009}, MakeVr("TM"), kInstance},  // Structure Set Time
    {{0x300A, 0x0002}, MakeVr("SH"), kInstance},  // RT Plan Label
    {{0x300A, 0x0003}, MakeVr("LO"), kInstance},  // RT Plan Name
    {{0x300A, 0x0006}, MakeVr("DA"), kInstance},  // RT Plan Date
    {{0x300A, 0x0007}, MakeVr("TM"), kInstance},  // RT Plan Time
    {{0x300E, 0x0002}, MakeVr("CS"), kInstance},  // Approval Status
};

constexpr bool Ascending() {
  for (size_t i = 1; i < std::size(kAttributes); ++i) {
    if (kAttributes[i - 1].tag >= kAttributes[i].tag) return false;
  }
  return true;
}
static_assert(Ascending());

}  // namespace

std::span<const CatalogAttribute> CatalogAttributes() { return kAttributes; }

const CatalogAttribute* FindCatalogAttribute(Tag tag) {
  const auto precedes = [](const CatalogAttribute& attribute, Tag t) { return attribute.tag < t; };
  const auto* it = std::lower_bound(std::begin(kAttributes), std::end(kAttributes), tag, precedes);
  return it != std::end(kAttributes) && it->tag == tag ? it : nullptr;
}

}  // namespace argent::codec
