#include "archive/model/level_attributes.h"

#include "archive/model/attributes.h"

namespace argent::archive {
namespace {

// Adds what `target` lacks. True when something was added.
bool FillIn(const codec::Element& element, codec::DataSet* target) {
  const codec::Element* present = target->Find(element.tag);
  if (present != nullptr && (!IsEmptyValue(*present) || IsEmptyValue(element))) return false;
  target->Set(element);
  return true;
}

}  // namespace

bool FillInLevel(const codec::DataSet& attributes, codec::Level level, codec::DataSet* target) {
  bool added = false;
  for (const codec::Element& element : attributes.elements()) {
    if (element.tag == codec::tags::kSpecificCharacterSet) continue;
    const codec::CatalogAttribute* known = codec::FindCatalogAttribute(element.tag);
    if (known != nullptr && known->level == level && FillIn(element, target)) added = true;
  }
  return added;
}

}  // namespace argent::archive
