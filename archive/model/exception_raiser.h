// Raises exceptions (rows.h) into a batch, each thing once however often it happens. One thread.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <unordered_set>

#include "archive/model/rows.h"
#include "storage/catalog/catalog.h"

namespace argent::archive {

class ExceptionRaiser {
 public:
  explicit ExceptionRaiser(storage::Catalog* catalog) : catalog_(catalog) {}

  // Forgets what was raised in the batch before.
  void StartBatch() { raised_.clear(); }
  // Nothing happens when the same kind about the same thing was raised before.
  Status Raise(ExceptionKind kind, std::initializer_list<std::string_view> about, const ExceptionRow& row,
               storage::CatalogBatch* batch);
  // How many exceptions are new in this batch.
  uint64_t raised() const { return raised_.size(); }

 private:
  storage::Catalog* catalog_;
  std::unordered_set<std::string> raised_;  // keys, in the batch under construction
};

}  // namespace argent::archive
