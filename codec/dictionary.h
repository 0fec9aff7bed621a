// The DICOM data dictionary (PS3.6): keyword, Tag, VR. Backed by DCMTK's (fence: codec/dictionary.cc), loaded
// once; thread-safe afterwards.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "codec/data_set.h"
#include "codec/tag.h"

namespace argent::codec {

// kInternal, naming the file that is missing (Debian: package libdcmtk17), when the dictionary cannot be
// loaded.
Status CheckDictionary();
Vr DictionaryVr(Tag tag);                // UN when unknown; UL for group lengths
bool IsUsOrSs(Tag tag);                  // "US or SS" in PS3.6: Pixel Representation decides
std::string DictionaryKeyword(Tag tag);  // empty when unknown
std::optional<Tag> TagOfKeyword(std::string_view keyword);  // also "00100020" and "0010,0020"

}  // namespace argent::codec
