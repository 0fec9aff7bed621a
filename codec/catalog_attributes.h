// The attributes the scanner lifts from a Data Set for the catalog, and the level of the information model
// (PS3.4 C.6) each belongs to. One table: the scanner, the catalog rows and the query planner all read it.
#pragma once

#include <span>

#include "codec/data_set.h"
#include "codec/tag.h"

namespace argent::codec {

enum class Level { kPatient, kStudy, kSeries, kInstance };

struct CatalogAttribute {
  Tag tag;
  Vr vr;
  Level level;
};

// Ascending by Tag; includes every unique and required key of PS3.4 C.6 and the QIDO keys of PS3.18
// Table 10.6.1-5, the pixel description (Rows, Columns, Bits …), and sequences taken whole (Request
// Attributes, Procedure Code, Other Patient IDs, Referenced Request …), bounded to catalog_value_bytes_max.
std::span<const CatalogAttribute> CatalogAttributes();
const CatalogAttribute* FindCatalogAttribute(Tag tag);

// A value longer than this is left out of the catalog (it stays in the Data Set, of course).
inline constexpr size_t kCatalogValueBytesMax = 4096;

}  // namespace argent::codec
