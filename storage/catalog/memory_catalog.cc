// MemoryCatalog: an ordered map. A cursor shares the map as it was when the cursor was made; a commit copies
// the map first when a cursor shares it. That makes a commit beside an open cursor as dear as the map is
// large, which is fine for what this is for: tests, and a second implementation that keeps the interface
// honest.
#include <iterator>
#include <map>

#include "storage/base/mutex.h"
#include "storage/catalog/catalog.h"

namespace argent::storage {

namespace {

// std::char_traits<char> compares as unsigned char, so keys order by unsigned bytes.
using Map = std::map<std::string, std::string, std::less<>>;

// The map of a catalog, shared with the cursors that were made on it. Owners: the catalog and those cursors.
using SharedMap = std::shared_ptr<Map>;

class MemoryCursor final : public CatalogCursor {
 public:
  MemoryCursor(Mutex* mutex, SharedMap map) : mutex_(mutex), map_(std::move(map)), position_(map_->end()) {}
  ~MemoryCursor() override {
    // Under the catalog's mutex, so that a commit that finds itself the only owner has also seen our last
    // read.
    MutexLock lock(mutex_);
    map_.reset();
  }

  void Seek(std::string_view key) override { position_ = map_->lower_bound(key); }
  void SeekBefore(std::string_view key) override {
    position_ = map_->lower_bound(key);
    StepBack();
  }
  void Next() override {
    ARGENT_CHECK(Valid());
    ++position_;
  }
  void Prev() override {
    ARGENT_CHECK(Valid());
    StepBack();
  }
  bool Valid() const override { return position_ != map_->end(); }
  std::string_view key() const override {
    ARGENT_CHECK(Valid());
    return position_->first;
  }
  std::string_view value() const override {
    ARGENT_CHECK(Valid());
    return position_->second;
  }
  Status status() const override { return Status::Ok(); }

 private:
  void StepBack() { position_ = position_ == map_->begin() ? map_->end() : std::prev(position_); }

  Mutex* const mutex_;
  SharedMap map_;
  Map::const_iterator position_;
};

class MemoryCatalog final : public Catalog {
 public:
  Result<std::optional<std::string>> Get(std::string_view key) override {
    MutexLock lock(&mutex_);
    return Find(key);
  }

  std::vector<Result<std::optional<std::string>>> MultiGet(const std::vector<std::string>& keys) override {
    MutexLock lock(&mutex_);
    std::vector<Result<std::optional<std::string>>> values;
    values.reserve(keys.size());
    for (const std::string& key : keys) values.emplace_back(Find(key));
    return values;
  }

  std::unique_ptr<CatalogCursor> NewCursor() override {
    MutexLock lock(&mutex_);
    return std::make_unique<MemoryCursor>(&mutex_, map_);
  }

  Status Commit(const CatalogBatch& batch) override {
    MutexLock lock(&mutex_);
    for (const CatalogBatch::Write& expectation : batch.expectations()) {
      if (Find(expectation.key) != expectation.value)
        return Status::Aborted("a catalog key changed since it was read");
    }
    if (batch.writes().empty()) return Status::Ok();
    if (map_.use_count() > 1) map_ = std::make_shared<Map>(*map_);
    for (const CatalogBatch::Write& write : batch.writes()) {
      if (write.value) {
        map_->insert_or_assign(write.key, *write.value);
      } else {
        map_->erase(write.key);
      }
    }
    return Status::Ok();
  }

  Status Sync() override { return Status::Ok(); }

  uint64_t ApproximateBytes(std::string_view begin, std::string_view end) override {
    if (begin >= end) return 0;
    MutexLock lock(&mutex_);
    uint64_t bytes = 0;
    const auto stop = map_->lower_bound(end);
    for (auto it = map_->lower_bound(begin); it != stop; ++it) bytes += it->first.size() + it->second.size();
    return bytes;
  }

 private:
  std::optional<std::string> Find(std::string_view key) const ARGENT_REQUIRES(mutex_) {
    const auto it = map_->find(key);
    return it == map_->end() ? std::nullopt : std::optional<std::string>(it->second);
  }

  Mutex mutex_;
  SharedMap map_ ARGENT_GUARDED_BY(mutex_) = std::make_shared<Map>();
};

}  // namespace

std::unique_ptr<Catalog> NewMemoryCatalog() { return std::make_unique<MemoryCatalog>(); }

}  // namespace argent::storage
