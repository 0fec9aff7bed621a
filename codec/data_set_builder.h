// Builds a DataSet from what a DataSetReader sees, within a byte budget. Values come out little endian.
// Internal to codec/.
#pragma once

#include <string>
#include <vector>

#include "codec/data_set.h"
#include "codec/data_set_reader.h"

namespace argent::codec {

class DataSetBuilder : public DataSetVisitor {
 public:
  explicit DataSetBuilder(uint64_t bytes_max) : bytes_left_(bytes_max) { levels_.emplace_back(); }

  // What was built so far at the top level; the builder is used up.
  DataSet Take() { return DataSet::FromElements(std::move(levels_.front())); }

  // Each fails with kInvalidArgument when the budget is used up or Pixel Data comes in fragments.
  Status OnElement(const ElementHeader& header, bool* wants_value) override;
  Status OnValue(ByteView part) override;
  Status OnElementEnd() override;
  Status OnSequence(const ElementHeader& header) override;
  Status OnItem(const ElementHeader& header) override;
  Status OnItemEnd() override;
  Status OnSequenceEnd() override { return Status::Ok(); }
  Status OnFragments(const ElementHeader& header) override;
  Status OnFragment(const ElementHeader&, bool*) override { return Status::Ok(); }
  Status OnFragmentsEnd(uint64_t) override { return Status::Ok(); }
  void OnWarning(std::string) override {}

 private:
  Status Charge(const ElementHeader& header, uint64_t value_bytes);
  std::vector<Element>& current() { return levels_.back(); }

  uint64_t bytes_left_;                       // of headers and values as encoded
  std::vector<std::vector<Element>> levels_;  // the Data Set, then one for each open item
  bool value_is_big_endian_ = false;
};

}  // namespace argent::codec
