#include "archive/model/exception_raiser.h"

#include "archive/model/schema.h"

namespace argent::archive {

Status ExceptionRaiser::Raise(ExceptionKind kind, std::initializer_list<std::string_view> about,
                              const ExceptionRow& row, storage::CatalogBatch* batch) {
  std::string key{static_cast<char>(Table::kException), static_cast<char>(kind)};
  for (std::string_view component : about) AppendComponent(component, &key);
  if (raised_.contains(key)) return Status::Ok();
  ARGENT_ASSIGN_OR_RETURN(auto present, catalog_->Get(key));
  if (present) return Status::Ok();
  batch->Put(key, row.Encode());
  raised_.insert(std::move(key));
  return Status::Ok();
}

}  // namespace argent::archive
