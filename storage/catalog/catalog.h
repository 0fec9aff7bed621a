// The catalog: an ordered key-value space with atomic commit. Domain code is written once above this
// interface, so that a transactional database can stand behind it as well as RocksDB. Keys order by unsigned
// bytes.
//
// Commits are atomic but not durable by themselves: the log covers them (DESIGN, section 3). After a crash
// the catalog holds a prefix of its commits, in order: nothing is missing before one that is there. All
// implementations pass tests/storage/catalog_conformance_test.cc. Thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "storage/base/status.h"

namespace argent::storage {

// Puts, deletes and expectations that commit together or not at all.
class CatalogBatch {
 public:
  struct Write {
    std::string key;
    std::optional<std::string> value;  // nullopt deletes
  };
  void Put(std::string key, std::string value) { writes_.push_back({std::move(key), std::move(value)}); }
  void Delete(std::string key) { writes_.push_back({std::move(key), std::nullopt}); }
  // The commit fails with kAborted unless the key holds exactly this value (nullopt: is absent) at commit.
  void Expect(std::string key, std::optional<std::string> value) {
    expectations_.push_back({std::move(key), std::move(value)});
  }
  const std::vector<Write>& writes() const { return writes_; }
  const std::vector<Write>& expectations() const { return expectations_; }
  bool empty() const { return writes_.empty() && expectations_.empty(); }

 private:
  std::vector<Write> writes_;
  std::vector<Write> expectations_;
};

// A position in an ordered, consistent view taken when the cursor was made. Use: for (c->Seek(k); c->Valid();
// c->Next()). Belongs to one thread, must not outlive its catalog, and holds back the release of old data:
// keep it short. Next, Prev, key and value need Valid().
class CatalogCursor {
 public:
  virtual ~CatalogCursor() = default;
  virtual void Seek(std::string_view key) = 0;        // first key >= key
  virtual void SeekBefore(std::string_view key) = 0;  // last key < key
  virtual void Next() = 0;
  virtual void Prev() = 0;
  virtual bool Valid() const = 0;            // false at either end and after an error: ask status()
  virtual std::string_view key() const = 0;  // valid until the cursor moves
  virtual std::string_view value() const = 0;
  virtual Status status() const = 0;
};

class Catalog {
 public:
  virtual ~Catalog() = default;
  // nullopt: no such key. kCorruption or kIoError when the catalog's files are damaged.
  virtual Result<std::optional<std::string>> Get(std::string_view key) = 0;
  virtual std::vector<Result<std::optional<std::string>>> MultiGet(const std::vector<std::string>& keys) = 0;
  virtual std::unique_ptr<CatalogCursor> NewCursor() = 0;
  // All writes or none, in the order of the batch. kAborted: an expectation did not hold, nothing changed.
  // After another error (kNoSpace, kIoError) the batch may be there after the next start or may not, and
  // later commits fail until the cause is gone; an Expect() on a sequence number in every batch keeps one
  // that succeeds again from leaving a gap.
  virtual Status Commit(const CatalogBatch& batch) = 0;
  // Makes every commit so far durable (bounds the replay after a power cut); not needed for safety.
  virtual Status Sync() = 0;
  // Estimated number of bytes between two keys (for query planning).
  virtual uint64_t ApproximateBytes(std::string_view begin, std::string_view end) = 0;
};

// RocksDB behind the fence storage/catalog/rocksdb_catalog.cc. Creates the folder when absent. kCorruption:
// damaged, rebuild it from the log (`argent rebuild-catalog`).
struct RocksDbCatalogOptions {
  size_t block_cache_bytes = size_t{128} << 20;
  size_t write_buffer_bytes = size_t{32} << 20;
};
Result<std::unique_ptr<Catalog>> OpenRocksDbCatalog(const std::string& directory,
                                                    const RocksDbCatalogOptions& options);
// An ordered map in memory: tests, and a second implementation that keeps the interface honest.
std::unique_ptr<Catalog> NewMemoryCatalog();

}  // namespace argent::storage
