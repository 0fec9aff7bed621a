// A bounded cache of decoded rows for the projector: reads through to the catalog, remembers what was changed
// until it is flushed into a batch. Two generations: a row used since the last Trim() that overflowed
// survives it. Not thread-safe.
#pragma once

#include <algorithm>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "storage/base/status.h"
#include "storage/catalog/catalog.h"

namespace argent::archive {

template <typename Row>
struct CachedRow {
  Row row;
  bool exists = false;         // as the batch under construction leaves it
  bool changed = false;        // differs from the catalog
  bool index_changed = false;  // index entries have to be made anew
  bool index_known = false;    // index_keys is what the catalog holds
  std::vector<std::string> index_keys;
};

template <typename Row>
class RowCache {
 public:
  using Entry = CachedRow<Row>;

  RowCache(storage::Catalog* catalog, size_t rows_max) : catalog_(catalog), rows_max_(rows_max) {}

  // The row under `key`; exists is false when there is none. The pointer is good until Trim() or Clear().
  Result<Entry*> Load(const std::string& key) {
    if (auto found = young_.find(key); found != young_.end()) return &found->second;
    if (auto node = old_.extract(key)) return &young_.insert(std::move(node)).position->second;
    ARGENT_ASSIGN_OR_RETURN(auto bytes, catalog_->Get(key));
    Entry entry;
    if (bytes) {
      ARGENT_ASSIGN_OR_RETURN(entry.row, Row::Decode(*bytes));
      entry.exists = true;
    }
    return &young_.emplace(key, std::move(entry)).first->second;
  }

  void MarkChanged(const std::string& key, Entry* entry) {
    if (!entry->changed) changed_.emplace_back(key, entry);
    entry->changed = true;
  }

  // Calls flush(key, entry) for every changed row and takes them as committed.
  template <typename Flush>
  void FlushChanged(Flush flush) {
    for (auto& [key, entry] : changed_) {
      flush(key, entry);
      entry->changed = false;
      entry->index_changed = false;
    }
    changed_.clear();
  }

  // Call when nothing is changed and no pointer is held.
  void Trim() {
    if (young_.size() < rows_max_) return;
    old_ = std::move(young_);
    young_.clear();
  }

  void Clear() {
    young_.clear();
    old_.clear();
    changed_.clear();
  }

 private:
  storage::Catalog* catalog_;
  size_t rows_max_;
  std::unordered_map<std::string, Entry> young_;
  std::unordered_map<std::string, Entry> old_;
  std::vector<std::pair<std::string, Entry*>> changed_;
};

// Puts or deletes the row itself.
template <typename Row>
void FlushRow(const std::string& key, CachedRow<Row>* entry, storage::CatalogBatch* batch) {
  if (entry->exists) {
    batch->Put(key, entry->row.Encode());
  } else {
    batch->Delete(key);
  }
}

// Writes the difference between the entries the catalog has and those the row now has; both ascend.
template <typename Row>
void FlushIndex(std::vector<std::string> keys, CachedRow<Row>* entry, storage::CatalogBatch* batch) {
  const auto in = [](const std::vector<std::string>& list, const std::string& key) {
    return std::binary_search(list.begin(), list.end(), key);
  };
  for (const std::string& key : entry->index_keys) {
    if (!in(keys, key)) batch->Delete(key);
  }
  for (const std::string& key : keys) {
    if (!in(entry->index_keys, key)) batch->Put(key, "");
  }
  entry->index_keys = std::move(keys);
}

}  // namespace argent::archive
