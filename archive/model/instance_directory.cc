#include "archive/model/instance_directory.h"

#include "archive/model/schema.h"

namespace argent::archive {
namespace {

class CatalogInstanceDirectory final : public ingest::InstanceDirectory {
 public:
  explicit CatalogInstanceDirectory(storage::Catalog* catalog) : catalog_(catalog) {}

  Result<std::vector<ingest::StoredVariant>> FindVariants(const codec::SopInstanceUid& uid) override {
    ARGENT_ASSIGN_OR_RETURN(std::vector<VariantRow> rows, ReadVariants(*catalog_, uid.text()));
    std::vector<ingest::StoredVariant> variants;
    variants.reserve(rows.size());
    for (VariantRow& row : rows) variants.push_back(std::move(row.variant));
    return variants;
  }

 private:
  storage::Catalog* catalog_;
};

}  // namespace

Result<std::vector<VariantRow>> ReadVariants(storage::Catalog& catalog, std::string_view sop_instance_uid) {
  std::vector<VariantRow> variants;
  ARGENT_ASSIGN_OR_RETURN(auto bytes, catalog.Get(SopInstanceKey(sop_instance_uid)));
  if (!bytes) return variants;
  ARGENT_ASSIGN_OR_RETURN(SopInstanceRow row, SopInstanceRow::Decode(*bytes));
  variants.push_back(std::move(row.first));
  // The count comes from the catalog: a row that is not there ends the loop.
  for (uint32_t number = 1; number < row.variant_count; ++number) {
    ARGENT_ASSIGN_OR_RETURN(auto further, catalog.Get(VariantKey(sop_instance_uid, number)));
    if (!further)
      return Status::Corruption("catalog: variant " + std::to_string(number) + " of SOP Instance " +
                                std::string(sop_instance_uid) + " is missing; rebuild the catalog");
    ARGENT_ASSIGN_OR_RETURN(VariantRow variant, VariantRow::Decode(*further));
    variants.push_back(std::move(variant));
  }
  return variants;
}

std::unique_ptr<ingest::InstanceDirectory> NewInstanceDirectory(storage::Catalog* catalog) {
  return std::make_unique<CatalogInstanceDirectory>(catalog);
}

}  // namespace argent::archive
