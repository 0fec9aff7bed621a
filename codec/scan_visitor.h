// What the scanner keeps of the structure a DataSetReader sees: catalog attributes and the place of Pixel
// Data. Bounded: each attribute is kept once, with at most kCatalogValueBytesMax. Internal to codec/.
#pragma once

#include <bitset>
#include <memory>
#include <string>
#include <vector>

#include "codec/catalog_attributes.h"
#include "codec/data_set_builder.h"
#include "codec/data_set_reader.h"
#include "codec/scanner.h"

namespace argent::codec {

class ScanVisitor : public DataSetVisitor {
 public:
  Status OnElement(const ElementHeader& header, bool* wants_value) override;
  Status OnValue(ByteView part) override;
  Status OnElementEnd() override;
  Status OnSequence(const ElementHeader& header) override;
  Status OnItem(const ElementHeader& header) override;
  Status OnItemEnd() override;
  Status OnSequenceEnd() override;
  Status OnFragments(const ElementHeader& header) override;
  Status OnFragment(const ElementHeader& header, bool* wants_value) override;
  Status OnFragmentsEnd(uint64_t end_position) override;
  void OnWarning(std::string message) override;

  // Everything kept, for Finish(); the visitor is used up.
  void Take(ScanResult* result);

 private:
  static constexpr size_t kAttributesMax = 256;

  const CatalogAttribute* Claim(Tag tag);
  void Locate(const ElementHeader& header);
  void DropSequence() { sequence_.reset(); }

  int depth_ = 0;  // sequences open
  std::vector<Element> attributes_;
  std::bitset<kAttributesMax> claimed_;  // the first of several equal tags counts
  size_t next_attribute_ = 0;            // tags ascend, so the next catalog attribute is usually here
  bool value_is_big_endian_ = false;
  std::unique_ptr<DataSetBuilder> sequence_;  // of the catalog sequence being kept whole
  PixelDataLocation pixel_data_;
  bool in_pixel_data_fragments_ = false;
  uint64_t items_in_fragments_ = 0;
  std::vector<std::string> warnings_;
};

}  // namespace argent::codec
