// Questions: How many commits per second does the catalog take, by the number of Instances that share a
// commit? And how long does a point lookup or a short scan take among 400,000 keys?
//
// Data: seeded; per Instance eight keys of 40 bytes with values of 200 bytes. Items are Instances, lookups
// and scans. The catalog lies in the folder ARGENT_BENCH_DIR (default: the temporary folder).
#include <benchmark/benchmark.h>
#include <fmt/core.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "storage/base/random.h"
#include "storage/catalog/catalog.h"

namespace argent::storage {
namespace {

constexpr int kKeysPerInstance = 8;
constexpr size_t kValueBytes = 200;
constexpr uint64_t kInstances = 50'000;

std::string Key(uint64_t instance, int index) { return fmt::format("index{}/{:032}", index, instance); }

class BenchCatalog {
 public:
  BenchCatalog() {
    const char* directory = std::getenv("ARGENT_BENCH_DIR");
    const std::filesystem::path folder =
        directory != nullptr ? directory : std::filesystem::temp_directory_path();
    path_ = (folder / ("argent_catalog_bench_" + std::to_string(getpid()))).string();
    std::filesystem::remove_all(path_);
    Result<std::unique_ptr<Catalog>> opened = OpenRocksDbCatalog(path_, {});
    if (opened.ok()) catalog_ = std::move(opened).value();
  }
  ~BenchCatalog() {
    catalog_.reset();
    std::filesystem::remove_all(path_);
  }
  Catalog* get() { return catalog_.get(); }

  // Instances in a scattered order, as their UIDs are.
  Status CommitInstances(size_t count) {
    CatalogBatch batch;
    std::string value(kValueBytes, '\0');
    for (size_t i = 0; i < count; ++i) {
      const uint64_t instance = (next_++ * 2654435761u) % kInstances;
      random_.Fill({reinterpret_cast<uint8_t*>(value.data()), kValueBytes / 2});
      for (int index = 0; index < kKeysPerInstance; ++index) batch.Put(Key(instance, index), value);
    }
    return catalog_->Commit(batch);
  }

 private:
  std::string path_;
  std::unique_ptr<Catalog> catalog_;
  Random random_{1};
  uint64_t next_ = 0;
};

void Commit(benchmark::State& state) {
  BenchCatalog catalog;
  if (catalog.get() == nullptr) return state.SkipWithError("cannot open the catalog");
  const auto count = static_cast<size_t>(state.range(0));
  for (auto _ : state) {
    const Status committed = catalog.CommitInstances(count);
    if (!committed.ok()) return state.SkipWithError(committed.ToString().c_str());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(count));
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(count * kKeysPerInstance * kValueBytes));
}
BENCHMARK(Commit)->Arg(1)->Arg(4)->Arg(16)->Arg(64)->UseRealTime()->MeasureProcessCPUTime();

// All Instances, a hundred per commit.
bool Fill(BenchCatalog* catalog) {
  if (catalog->get() == nullptr) return false;
  for (uint64_t i = 0; i < kInstances; i += 100) {
    if (!catalog->CommitInstances(100).ok()) return false;
  }
  return true;
}

void Get(benchmark::State& state) {
  BenchCatalog catalog;
  if (!Fill(&catalog)) return state.SkipWithError("cannot fill the catalog");
  Random random(2);
  for (auto _ : state) {
    const auto value = catalog.get()->Get(Key(random.Below(kInstances), 3));
    if (!value.ok()) return state.SkipWithError(value.status().ToString().c_str());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(Get)->UseRealTime();

void ScanTwentyKeys(benchmark::State& state) {
  BenchCatalog catalog;
  if (!Fill(&catalog)) return state.SkipWithError("cannot fill the catalog");
  Random random(3);
  size_t bytes = 0;
  for (auto _ : state) {
    const std::unique_ptr<CatalogCursor> cursor = catalog.get()->NewCursor();
    cursor->Seek(Key(random.Below(kInstances), 5));
    for (int i = 0; i < 20 && cursor->Valid(); ++i, cursor->Next()) bytes += cursor->value().size();
  }
  state.SetItemsProcessed(state.iterations());
  state.SetBytesProcessed(static_cast<int64_t>(bytes));
}
BENCHMARK(ScanTwentyKeys)->UseRealTime();

}  // namespace
}  // namespace argent::storage

BENCHMARK_MAIN();
