#include "codec/uid.h"

namespace argent::codec {

bool IsAcceptableUid(std::string_view text) {
  constexpr size_t kUidCharactersMax = 64;
  if (text.empty() || text.size() > kUidCharactersMax) return false;
  bool component_empty = true;
  for (char c : text) {
    if (c == '.') {
      if (component_empty) return false;
      component_empty = true;
    } else if (c >= '0' && c <= '9') {
      component_empty = false;
    } else {
      return false;
    }
  }
  return !component_empty;
}

}  // namespace argent::codec
