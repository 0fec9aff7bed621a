// What every Catalog promises; runs over MemoryCatalog and RocksDbCatalog alike.
#include <gmock/gmock.h>

#include <map>
#include <thread>

#include "storage/catalog/catalog.h"
#include "tests/storage/io_test_support.h"

namespace argent::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;
using namespace std::string_literals;

class CatalogConformance : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (GetParam() == "memory") {
      catalog_ = NewMemoryCatalog();
      return;
    }
    Result<std::unique_ptr<Catalog>> opened = OpenRocksDbCatalog(directory_ / "catalog", {});
    ASSERT_TRUE(opened.ok()) << opened.status().ToString();
    catalog_ = std::move(opened).value();
  }

  void Put(const std::string& key, const std::string& value) {
    CatalogBatch batch;
    batch.Put(key, value);
    ASSERT_TRUE(catalog_->Commit(batch).ok());
  }
  std::optional<std::string> Get(const std::string& key) { return catalog_->Get(key).value(); }

  static std::vector<std::string> Forward(CatalogCursor* cursor) {
    std::vector<std::string> keys;
    for (; cursor->Valid(); cursor->Next()) keys.emplace_back(cursor->key());
    EXPECT_TRUE(cursor->status().ok());
    return keys;
  }
  std::vector<std::string> Keys() {
    const std::unique_ptr<CatalogCursor> cursor = catalog_->NewCursor();
    cursor->Seek("");
    return Forward(cursor.get());
  }

  TestDirectory directory_;
  std::unique_ptr<Catalog> catalog_;
};

TEST_P(CatalogConformance, GetsWhatWasPutUntilItIsDeleted) {
  EXPECT_EQ(Get("k"), std::nullopt);
  Put("k", "1");
  EXPECT_THAT(Get("k"), Optional("1"s));
  Put("k", "");
  EXPECT_THAT(Get("k"), Optional(""s));
  CatalogBatch batch;
  batch.Delete("k");
  batch.Delete("never there");
  ASSERT_TRUE(catalog_->Commit(batch).ok());
  EXPECT_EQ(Get("k"), std::nullopt);
}

TEST_P(CatalogConformance, AppliesABatchInItsOrder) {
  CatalogBatch batch;
  batch.Put("a", "1");
  batch.Delete("a");
  batch.Put("b", "1");
  batch.Put("b", "2");
  batch.Delete("c");
  batch.Put("c", "3");
  ASSERT_TRUE(catalog_->Commit(batch).ok());
  EXPECT_EQ(Get("a"), std::nullopt);
  EXPECT_THAT(Get("b"), Optional("2"s));
  EXPECT_THAT(Get("c"), Optional("3"s));
}

TEST_P(CatalogConformance, CommitsAnEmptyBatch) { EXPECT_TRUE(catalog_->Commit({}).ok()); }

TEST_P(CatalogConformance, ChangesNothingWhenAnExpectationFails) {
  Put("version", "7");
  for (const std::optional<std::string>& wrong :
       {std::optional<std::string>("6"), std::optional<std::string>()}) {
    CatalogBatch batch;
    batch.Expect("version", wrong);
    batch.Put("version", "8");
    batch.Put("x", "y");
    EXPECT_EQ(catalog_->Commit(batch).code(), StatusCode::kAborted);
    EXPECT_THAT(Get("version"), Optional("7"s));
    EXPECT_EQ(Get("x"), std::nullopt);
  }
}

TEST_P(CatalogConformance, CommitsWhenEveryExpectationHolds) {
  Put("version", "7");
  CatalogBatch batch;
  batch.Expect("version", "7");
  batch.Expect("absent", std::nullopt);
  batch.Put("version", "8");
  batch.Put("absent", "");
  ASSERT_TRUE(catalog_->Commit(batch).ok());
  EXPECT_THAT(Get("version"), Optional("8"s));
  // An empty value is not an absent one.
  EXPECT_EQ(catalog_->Commit(batch).code(), StatusCode::kAborted);
}

TEST_P(CatalogConformance, ChecksExpectationsOfABatchThatWritesNothing) {
  CatalogBatch batch;
  batch.Expect("k", "1");
  EXPECT_EQ(catalog_->Commit(batch).code(), StatusCode::kAborted);
  Put("k", "1");
  EXPECT_TRUE(catalog_->Commit(batch).ok());
}

TEST_P(CatalogConformance, LetsOneOfManyRacingCommitsWin) {
  constexpr int kThreads = 4;
  constexpr int kIncrements = 200;
  Put("n", "0");
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([this] {
      for (int done = 0; done < kIncrements;) {
        const std::string before = *catalog_->Get("n").value();
        CatalogBatch batch;
        batch.Expect("n", before);
        batch.Put("n", std::to_string(std::stoi(before) + 1));
        if (catalog_->Commit(batch).ok()) ++done;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(Get("n"), Optional(std::to_string(kThreads * kIncrements)));
}

TEST_P(CatalogConformance, OrdersKeysByUnsignedBytes) {
  for (const std::string& key :
       {"\xff\xff"s, "\x80"s, "a"s, "\x00"s, "\x00\x00"s, "a\x00"s, "\x7f"s, "\xff"s, ""s}) {
    Put(key, key);
  }
  EXPECT_THAT(Keys(),
              ElementsAre(""s, "\x00"s, "\x00\x00"s, "a"s, "a\x00"s, "\x7f"s, "\x80"s, "\xff"s, "\xff\xff"s));
  EXPECT_THAT(Get("a\x00"s), Optional("a\x00"s));
}

TEST_P(CatalogConformance, SeeksToTheFirstKeyNotBefore) {
  Put("b", "1");
  Put("d", "2");
  const std::unique_ptr<CatalogCursor> cursor = catalog_->NewCursor();
  cursor->Seek("b");
  EXPECT_EQ(cursor->key(), "b");
  EXPECT_EQ(cursor->value(), "1");
  cursor->Seek("c");
  EXPECT_EQ(cursor->key(), "d");
  cursor->Seek("d\x00"s);
  EXPECT_FALSE(cursor->Valid());
  cursor->Seek("");
  EXPECT_EQ(cursor->key(), "b");
}

TEST_P(CatalogConformance, SeeksBeforeAKey) {
  Put("b", "1");
  Put("d", "2");
  const std::unique_ptr<CatalogCursor> cursor = catalog_->NewCursor();
  cursor->SeekBefore("b");
  EXPECT_FALSE(cursor->Valid());
  cursor->SeekBefore("b\x00"s);
  EXPECT_EQ(cursor->key(), "b");
  cursor->SeekBefore("d");
  EXPECT_EQ(cursor->key(), "b");
  cursor->SeekBefore("\xff"s);
  EXPECT_EQ(cursor->key(), "d");
  EXPECT_EQ(cursor->value(), "2");
  cursor->SeekBefore("");
  EXPECT_FALSE(cursor->Valid());
}

TEST_P(CatalogConformance, WalksBothWaysAndEndsAtBothEnds) {
  Put("a", "");
  Put("b", "");
  Put("c", "");
  const std::unique_ptr<CatalogCursor> cursor = catalog_->NewCursor();
  EXPECT_FALSE(cursor->Valid());
  cursor->Seek("b");
  cursor->Next();
  EXPECT_EQ(cursor->key(), "c");
  cursor->Prev();
  cursor->Prev();
  EXPECT_EQ(cursor->key(), "a");
  cursor->Prev();
  EXPECT_FALSE(cursor->Valid());
  EXPECT_TRUE(cursor->status().ok());
  cursor->Seek("c");
  cursor->Next();
  EXPECT_FALSE(cursor->Valid());
  EXPECT_TRUE(cursor->status().ok());
}

TEST_P(CatalogConformance, HasNothingToWalkWhenEmpty) {
  const std::unique_ptr<CatalogCursor> cursor = catalog_->NewCursor();
  cursor->Seek("");
  EXPECT_FALSE(cursor->Valid());
  cursor->SeekBefore("\xff");
  EXPECT_FALSE(cursor->Valid());
}

TEST_P(CatalogConformance, ShowsACursorTheMomentItWasMade) {
  Put("a", "1");
  Put("b", "1");
  const std::unique_ptr<CatalogCursor> cursor = catalog_->NewCursor();
  CatalogBatch batch;
  batch.Delete("a");
  batch.Put("b", "2");
  batch.Put("c", "1");
  ASSERT_TRUE(catalog_->Commit(batch).ok());
  cursor->Seek("b");
  EXPECT_EQ(cursor->value(), "1");
  cursor->Seek("");
  EXPECT_THAT(Forward(cursor.get()), ElementsAre("a", "b"));
  EXPECT_THAT(Keys(), ElementsAre("b", "c"));
}

TEST_P(CatalogConformance, KeepsCursorsApartFromManyCommits) {
  Put("n", "0");
  std::vector<std::unique_ptr<CatalogCursor>> cursors;
  for (int i = 1; i <= 20; ++i) {
    cursors.push_back(catalog_->NewCursor());
    Put("n", std::to_string(i));
  }
  for (int i = 0; i < 20; ++i) {
    cursors[static_cast<size_t>(i)]->Seek("n");
    EXPECT_EQ(cursors[static_cast<size_t>(i)]->value(), std::to_string(i));
  }
}

TEST_P(CatalogConformance, GetsManyAtOnceInTheOrderAsked) {
  Put("a", "1");
  Put("c", "3");
  const auto values = catalog_->MultiGet({"c", "b", "a", "c"});
  ASSERT_EQ(values.size(), 4u);
  EXPECT_THAT(values[0].value(), Optional("3"s));
  EXPECT_EQ(values[1].value(), std::nullopt);
  EXPECT_THAT(values[2].value(), Optional("1"s));
  EXPECT_THAT(values[3].value(), Optional("3"s));
  EXPECT_THAT(catalog_->MultiGet({}), IsEmpty());
}

TEST_P(CatalogConformance, HoldsLargeValues) {
  const std::string large(size_t{3} << 20, 'x');
  Put("k", large);
  EXPECT_EQ(Get("k"), large);
}

TEST_P(CatalogConformance, EstimatesBytesBetweenKeys) {
  for (int i = 0; i < 200; ++i) Put("k" + std::to_string(1000 + i), std::string(5000, 'v'));
  const uint64_t all = catalog_->ApproximateBytes("k", "l");
  EXPECT_GT(all, 100'000u);
  // What is still in RocksDB's memory is estimated by sampling a skip list whose heights are random: only the
  // bound holds here; catalog_rocksdb_test.cc asks for more once the rows are in files.
  EXPECT_LE(catalog_->ApproximateBytes("k1000", "k1010"), all);
  EXPECT_EQ(catalog_->ApproximateBytes("x", "y"), 0u);
  EXPECT_EQ(catalog_->ApproximateBytes("l", "k"), 0u);
}

TEST_P(CatalogConformance, Syncs) {
  EXPECT_TRUE(catalog_->Sync().ok());
  Put("a", "1");
  EXPECT_TRUE(catalog_->Sync().ok());
}

TEST_P(CatalogConformance, AgreesWithAPlainMapOverRandomCommits) {
  const uint64_t seed = 20'260'101;
  Random random(seed);
  std::map<std::string, std::string> model;
  for (int round = 0; round < 300; ++round) {
    CatalogBatch batch;
    for (uint64_t i = 0; i < 1 + random.Below(5); ++i) {
      const std::string key = "k" + std::to_string(random.Below(100));
      if (random.OneIn(3)) {
        batch.Delete(key);
        model.erase(key);
      } else {
        const std::string value = std::to_string(random.Next());
        batch.Put(key, value);
        model[key] = value;
      }
    }
    ASSERT_TRUE(catalog_->Commit(batch).ok());
  }
  const std::unique_ptr<CatalogCursor> cursor = catalog_->NewCursor();
  cursor->Seek("");
  for (const auto& [key, value] : model) {
    ASSERT_TRUE(cursor->Valid()) << "seed " << seed;
    ASSERT_EQ(cursor->key(), key) << "seed " << seed;
    ASSERT_EQ(cursor->value(), value) << "seed " << seed;
    cursor->Next();
  }
  EXPECT_FALSE(cursor->Valid());
}

std::string ParameterName(const ::testing::TestParamInfo<std::string>& info) { return info.param; }
INSTANTIATE_TEST_SUITE_P(Catalogs, CatalogConformance, ::testing::Values("memory", "rocksdb"), ParameterName);

}  // namespace
}  // namespace argent::storage
