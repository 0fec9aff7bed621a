// A log in memory: Data Sets by the segment number of their extent. Can be damaged.
#pragma once

#include <algorithm>
#include <map>
#include <string>

#include "storage/segment/extent.h"

namespace argent::archive {

class FakeDataReader final : public storage::DataReader {
 public:
  // Pieces as small as the real reader's are large, so that tests pass through the same paths with little
  // data.
  explicit FakeDataReader(size_t piece_bytes_max = 1000) : piece_bytes_max_(piece_bytes_max) {}

  std::vector<storage::Extent> Add(std::string data_set) {
    const auto segment = static_cast<uint32_t>(data_sets_.size() + 1);
    const auto length = static_cast<uint32_t>(data_set.size());
    data_sets_[segment] = std::move(data_set);
    return {{.segment = segment, .offset = 0, .length = length}};
  }
  // Reading it ends with kCorruption after `position` bytes.
  void Damage(const storage::Extent& extent, size_t position) { damaged_[extent.segment] = position; }
  void Replace(const storage::Extent& extent, std::string data_set) {
    data_sets_[extent.segment] = std::move(data_set);
  }

  Status Read(std::span<const storage::Extent> extents, uint64_t position, uint64_t length,
              const Sink& sink) override {
    const std::string_view data =
        std::string_view(data_sets_.at(extents[0].segment)).substr(position, length);
    const auto damage = damaged_.find(extents[0].segment);
    for (size_t at = 0; at < data.size(); at += piece_bytes_max_) {
      if (damage != damaged_.end() && at >= damage->second) return Status::Corruption("checksum differs");
      ARGENT_RETURN_IF_ERROR(sink(AsBytes(data.substr(at, piece_bytes_max_))));
    }
    return Status::Ok();
  }

 private:
  const size_t piece_bytes_max_;
  std::map<uint32_t, std::string> data_sets_;
  std::map<uint32_t, size_t> damaged_;
};

}  // namespace argent::archive
