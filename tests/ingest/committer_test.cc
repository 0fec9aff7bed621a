// The committer never applies a group twice, nor over a gap, whatever a commit that failed before has done.
#include "ingest/committer.h"

#include <gtest/gtest.h>

namespace argent::ingest {
namespace {

// Counts the facts it was given into one row, as a projector counts Instances.
class CountingProjector final : public FactProjector {
 public:
  explicit CountingProjector(storage::Catalog* catalog) : catalog_(catalog) {}
  Status Project(std::span<const storage::Fact> facts, storage::CatalogBatch* batch) override {
    auto before = catalog_->Get("count");
    if (!before.ok()) return before.status();
    size_t count = *before ? std::stoul(**before) : 0;
    batch->Put("count", std::to_string(count + facts.size()));
    return Status::Ok();
  }
  void Forget() override {}

 private:
  storage::Catalog* catalog_;
};

std::vector<storage::Fact> OneFact(uint64_t sequence) {
  storage::Fact fact;
  fact.sequence = sequence;
  return {fact};
}

TEST(Committer, RefusesABatchWhenTheCatalogHasMovedOnWithoutIt) {
  auto catalog = storage::NewMemoryCatalog();
  CountingProjector projector(catalog.get());
  Committer stale(catalog.get(), &projector);
  Committer other(catalog.get(), &projector);
  ASSERT_TRUE(stale.Apply(OneFact(1), {1, 8192}).ok());
  // What a commit that reported failure and was applied all the same looks like to the one who tries it
  // again.
  ASSERT_TRUE(other.Apply(OneFact(2), {1, 12288}).ok());
  EXPECT_EQ(stale.Apply(OneFact(2), {1, 12288}).code(), StatusCode::kAborted);
  EXPECT_EQ(**catalog->Get("count"), "2");
}

TEST(Committer, GoesOnFromWhereTheCatalogIs) {
  auto catalog = storage::NewMemoryCatalog();
  CountingProjector projector(catalog.get());
  ASSERT_TRUE(Committer(catalog.get(), &projector).Apply(OneFact(1), {1, 8192}).ok());
  Committer next(catalog.get(), &projector);
  ASSERT_TRUE(next.Apply(OneFact(2), {2, 8192}).ok());
  EXPECT_EQ(*next.Position(), (storage::LogPosition{2, 8192}));
  EXPECT_EQ(**catalog->Get("count"), "2");
}

}  // namespace
}  // namespace argent::ingest
