// The fence around RocksDB: nothing else includes its headers.
//
// The write-ahead log is written with every commit and synced only by Sync(). So a killed process loses
// nothing, and a power cut leaves a prefix of the commits, which the archive completes from its own log.
#include <rocksdb/cache.h>
#include <rocksdb/convenience.h>
#include <rocksdb/db.h>
#include <rocksdb/file_checksum.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/listener.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdarg>
#include <cstdio>

#include "storage/base/log.h"
#include "storage/base/mutex.h"
#include "storage/catalog/catalog.h"

namespace argent::storage {

namespace {

constexpr int kOpenFilesMax = 512;
constexpr int kBackgroundJobsMax = 2;    // the codec pool and the doors need the cores more
constexpr int kWriteBuffersMax = 2;      // one filling, one being flushed
constexpr double kBloomBitsPerKey = 10;  // one needless block read in a hundred misses
constexpr size_t kBlockBytes = size_t{8} << 10;
constexpr uint64_t kManifestBytesMax = uint64_t{16} << 20;
constexpr uint64_t kBytesPerSync = uint64_t{1} << 20;
constexpr mode_t kDirectoryMode = 0750;  // names of patients are nobody else's business
constexpr auto kResumeInterval = std::chrono::seconds(1);
constexpr std::string_view kRebuildAdvice =
    "; the archive's log is not affected: stop the archive and run `argent rebuild-catalog`";

rocksdb::Slice ToSlice(std::string_view text) { return {text.data(), text.size()}; }
std::string_view ToView(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

Status FromIoError(const rocksdb::Status& status, const std::string& message) {
  switch (status.subcode()) {
    case rocksdb::Status::kNoSpace:
    case rocksdb::Status::kSpaceLimit:
      return Status::NoSpace(message);
    // A file the catalog counts on is gone.
    case rocksdb::Status::kPathNotFound:
      return Status::Corruption(message + std::string(kRebuildAdvice));
    default:
      return Status::IoError(message);
  }
}

Status FromRocksDb(const rocksdb::Status& status, std::string_view what) {
  if (status.ok()) return Status::Ok();
  const std::string message = "catalog: " + std::string(what) + ": " + status.ToString();
  switch (status.code()) {
    case rocksdb::Status::kNotFound:
      return Status::NotFound(message);
    case rocksdb::Status::kCorruption:
      return Status::Corruption(message + std::string(kRebuildAdvice));
    case rocksdb::Status::kIOError:
      return FromIoError(status, message);
    case rocksdb::Status::kNotSupported:
      return Status::Unsupported(message);
    case rocksdb::Status::kInvalidArgument:
      return Status::InvalidArgument(message);
    case rocksdb::Status::kShutdownInProgress:
    case rocksdb::Status::kAborted:
      return Status::Aborted(message);
    case rocksdb::Status::kBusy:
    case rocksdb::Status::kTimedOut:
    case rocksdb::Status::kTryAgain:
    case rocksdb::Status::kIncomplete:
      return Status::Overloaded(message);
    default:
      return Status::Internal(message);
  }
}

// RocksDB's warnings and errors become lines of our log; its own chatter would fill a LOG file beside the
// data.
class LogBridge final : public rocksdb::Logger {
 public:
  LogBridge() : rocksdb::Logger(rocksdb::InfoLogLevel::WARN_LEVEL) {}
  using rocksdb::Logger::Logv;
  void LogHeader(const char*, va_list) override {}
  void Logv(const char* format, va_list arguments) override { Write(LogLevel::kWarning, format, arguments); }
  void Logv(rocksdb::InfoLogLevel level, const char* format, va_list arguments) override {
    if (level < rocksdb::InfoLogLevel::WARN_LEVEL) return;
    Write(level == rocksdb::InfoLogLevel::WARN_LEVEL ? LogLevel::kWarning : LogLevel::kError, format,
          arguments);
  }

 private:
  static void Write(LogLevel level, const char* format, va_list arguments) {
    std::array<char, 1024> line{};  // longer lines are cut
    std::vsnprintf(line.data(), line.size(), format, arguments);
    std::string_view text = line.data();
    while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
    if (!text.empty()) ARGENT_LOG(level, "catalog: {}", text);
  }
};

// Remembers that a flush or compaction failed: RocksDB takes no writes from then on.
class ErrorListener final : public rocksdb::EventListener {
 public:
  void OnBackgroundError(rocksdb::BackgroundErrorReason, rocksdb::Status* error) override {
    ARGENT_LOG_ERROR("catalog: background error: {}", error->ToString());
    failed_.store(true);
  }
  void OnErrorRecoveryEnd(const rocksdb::BackgroundErrorRecoveryInfo& info) override {
    if (!info.new_bg_error.ok()) return;
    ARGENT_LOG_INFO("catalog: recovered from: {}", info.old_bg_error.ToString());
    failed_.store(false);
  }
  bool failed() const { return failed_.load(); }
  void Clear() { failed_.store(false); }

 private:
  std::atomic<bool> failed_{false};
};

rocksdb::CompressionType FirstSupported(std::initializer_list<rocksdb::CompressionType> wanted) {
  const std::vector<rocksdb::CompressionType> supported = rocksdb::GetSupportedCompressions();
  for (const rocksdb::CompressionType type : wanted) {
    if (std::find(supported.begin(), supported.end(), type) != supported.end()) return type;
  }
  return rocksdb::kNoCompression;
}

rocksdb::BlockBasedTableOptions TableOptions(const RocksDbCatalogOptions& options) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(options.block_cache_bytes);
  table.block_size = kBlockBytes;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(kBloomBitsPerKey));
  table.format_version = 5;
  // Indexes and filters live in the cache too, so that its size bounds what open files cost.
  table.cache_index_and_filter_blocks = true;
  table.cache_index_and_filter_blocks_with_high_priority = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  return table;
}

void SetIntegrity(rocksdb::Options* options) {
  options->paranoid_checks = true;
  options->force_consistency_checks = true;
  options->file_checksum_gen_factory = rocksdb::GetFileChecksumGenCrc32cFactory();
  // Up to the first bad record: a prefix, as Catalog promises.
  options->wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  // Off on purpose. RocksDB before 7.9 can note a log as synced in a new MANIFEST that does not remember its
  // deletion, and then refuse to open with "Missing WAL" although nothing is lost (facebook/rocksdb pull
  // request 10892). What it would find, a lost synced log, only makes our prefix shorter, and the archive's
  // own log fills that in.
  options->track_and_verify_wals_in_manifest = false;
}

void SetBounds(const RocksDbCatalogOptions& catalog, rocksdb::Options* options) {
  options->write_buffer_size = catalog.write_buffer_bytes;
  options->max_write_buffer_number = kWriteBuffersMax;
  // What a start after a kill has to replay.
  options->max_total_wal_size = kWriteBuffersMax * catalog.write_buffer_bytes;
  options->max_open_files = kOpenFilesMax;
  options->max_background_jobs = kBackgroundJobsMax;
  options->max_manifest_file_size = kManifestBytesMax;
  options->bytes_per_sync =
      kBytesPerSync;  // compaction output goes out steadily, not in one burst before our next flush
  options->stats_dump_period_sec = 0;
  options->stats_persist_period_sec = 0;
}

rocksdb::Options DatabaseOptions(const RocksDbCatalogOptions& catalog) {
  rocksdb::Options options;
  options.create_if_missing = true;
  options.level_compaction_dynamic_level_bytes = true;
  options.compression = FirstSupported({rocksdb::kLZ4Compression, rocksdb::kZSTD});
  options.bottommost_compression = FirstSupported({rocksdb::kZSTD, rocksdb::kLZ4Compression});
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(TableOptions(catalog)));
  options.info_log = std::make_shared<LogBridge>();
  SetIntegrity(&options);
  SetBounds(catalog, &options);
  return options;
}

class RocksDbCursor final : public CatalogCursor {
 public:
  explicit RocksDbCursor(std::unique_ptr<rocksdb::Iterator> iterator) : iterator_(std::move(iterator)) {}

  void Seek(std::string_view key) override { iterator_->Seek(ToSlice(key)); }
  void SeekBefore(std::string_view key) override {
    iterator_->SeekForPrev(ToSlice(key));
    if (iterator_->Valid() && iterator_->key() == ToSlice(key)) iterator_->Prev();
  }
  void Next() override {
    ARGENT_CHECK(Valid());
    iterator_->Next();
  }
  void Prev() override {
    ARGENT_CHECK(Valid());
    iterator_->Prev();
  }
  bool Valid() const override { return iterator_->Valid(); }
  std::string_view key() const override {
    ARGENT_CHECK(Valid());
    return ToView(iterator_->key());
  }
  std::string_view value() const override {
    ARGENT_CHECK(Valid());
    return ToView(iterator_->value());
  }
  Status status() const override { return FromRocksDb(iterator_->status(), "read"); }

 private:
  std::unique_ptr<rocksdb::Iterator> iterator_;
};

class RocksDbCatalog final : public Catalog {
 public:
  static Result<std::unique_ptr<Catalog>> Open(const std::string& directory,
                                               const RocksDbCatalogOptions& catalog) {
    // Owners: this catalog and the database, whose threads may report until it is closed.
    auto listener = std::make_shared<ErrorListener>();
    rocksdb::Options options = DatabaseOptions(catalog);
    options.listeners.push_back(listener);
    if (mkdir(directory.c_str(), kDirectoryMode) != 0 && errno != EEXIST) {
      return Status::FromErrno(errno, "create directory " + directory);
    }
    rocksdb::DB* database = nullptr;
    const rocksdb::Status opened = rocksdb::DB::Open(options, directory, &database);
    if (!opened.ok()) return FromRocksDb(opened, "open " + directory);
    return std::unique_ptr<Catalog>(
        new RocksDbCatalog(std::unique_ptr<rocksdb::DB>(database), std::move(listener)));
  }

  ~RocksDbCatalog() override {
    Sync().IgnoreError("it only spares the next start some replay");
    FromRocksDb(database_->Close(), "close").IgnoreError("every commit is in files already");
  }

  Result<std::optional<std::string>> Get(std::string_view key) override {
    std::string value;
    const rocksdb::Status status = database_->Get(rocksdb::ReadOptions(), ToSlice(key), &value);
    if (status.ok()) return std::optional<std::string>(std::move(value));
    if (status.IsNotFound()) return std::optional<std::string>();
    return FromRocksDb(status, "read");
  }

  std::vector<Result<std::optional<std::string>>> MultiGet(const std::vector<std::string>& keys) override {
    const std::vector<rocksdb::Slice> slices(keys.begin(), keys.end());
    std::vector<rocksdb::PinnableSlice> found(keys.size());
    std::vector<rocksdb::Status> statuses(keys.size());
    database_->MultiGet(rocksdb::ReadOptions(), database_->DefaultColumnFamily(), keys.size(), slices.data(),
                        found.data(), statuses.data());
    std::vector<Result<std::optional<std::string>>> values;
    values.reserve(keys.size());
    for (size_t i = 0; i < keys.size(); ++i) {
      if (statuses[i].ok()) {
        values.emplace_back(std::optional<std::string>(found[i].ToString()));
      } else if (statuses[i].IsNotFound()) {
        values.emplace_back(std::optional<std::string>());
      } else {
        values.emplace_back(FromRocksDb(statuses[i], "read"));
      }
    }
    return values;
  }

  std::unique_ptr<CatalogCursor> NewCursor() override {
    return std::make_unique<RocksDbCursor>(
        std::unique_ptr<rocksdb::Iterator>(database_->NewIterator(rocksdb::ReadOptions())));
  }

  Status Commit(const CatalogBatch& batch) override {
    MutexLock lock(&commit_mutex_);
    ARGENT_RETURN_IF_ERROR(CheckExpectations(batch));
    if (batch.writes().empty()) return Status::Ok();
    rocksdb::WriteBatch writes;
    for (const CatalogBatch::Write& write : batch.writes()) {
      const rocksdb::Status added = write.value ? writes.Put(ToSlice(write.key), ToSlice(*write.value))
                                                : writes.Delete(ToSlice(write.key));
      ARGENT_RETURN_IF_ERROR(FromRocksDb(added, "commit"));
    }
    ResumeIfFailed();
    return FromRocksDb(database_->Write(rocksdb::WriteOptions(), &writes), "commit");
  }

  Status Sync() override {
    // Beside no commit, and not after an error: flushing a log file whose write failed trips an assertion in
    // RocksDB, and Debian's is built with them.
    MutexLock lock(&commit_mutex_);
    if (listener_->failed())
      return Status::IoError("catalog: sync: it takes no writes after an earlier error");
    return FromRocksDb(database_->FlushWAL(true), "sync");
  }

  uint64_t ApproximateBytes(std::string_view begin, std::string_view end) override {
    if (begin >= end) return 0;
    rocksdb::SizeApproximationOptions options;
    options.include_memtables = true;
    options.include_files = true;
    const rocksdb::Range range(ToSlice(begin), ToSlice(end));
    uint64_t bytes = 0;
    const rocksdb::Status status =
        database_->GetApproximateSizes(options, database_->DefaultColumnFamily(), &range, 1, &bytes);
    return status.ok() ? bytes : 0;
  }

 private:
  RocksDbCatalog(std::unique_ptr<rocksdb::DB> database, std::shared_ptr<ErrorListener> listener)
      : database_(std::move(database)), listener_(std::move(listener)) {}

  Status CheckExpectations(const CatalogBatch& batch) ARGENT_REQUIRES(commit_mutex_) {
    for (const CatalogBatch::Write& expectation : batch.expectations()) {
      ARGENT_ASSIGN_OR_RETURN(const std::optional<std::string> value, Get(expectation.key));
      if (value != expectation.value) return Status::Aborted("a catalog key changed since it was read");
    }
    return Status::Ok();
  }

  // After a background error RocksDB refuses writes until told to go on. Asked at most once a second, because
  // each attempt flushes; while the cause lasts it fails and the write after it reports why.
  void ResumeIfFailed() ARGENT_REQUIRES(commit_mutex_) {
    if (!listener_->failed()) return;
    const auto now = std::chrono::steady_clock::now();
    if (now < next_resume_) return;
    next_resume_ = now + kResumeInterval;
    const rocksdb::Status resumed = database_->Resume();
    if (resumed.ok()) {
      listener_->Clear();
    } else if (!resumed.IsBusy()) {  // busy: RocksDB is at it by itself, as it is when a volume was full
      ARGENT_LOG_WARNING("catalog: cannot go on yet: {}", resumed.ToString());
    }
  }

  const std::unique_ptr<rocksdb::DB> database_;
  const std::shared_ptr<ErrorListener> listener_;

  Mutex commit_mutex_;  // between an expectation and its commit nobody else commits
  std::chrono::steady_clock::time_point next_resume_ ARGENT_GUARDED_BY(commit_mutex_);
};

}  // namespace

Result<std::unique_ptr<Catalog>> OpenRocksDbCatalog(const std::string& directory,
                                                    const RocksDbCatalogOptions& options) {
  return RocksDbCatalog::Open(directory, options);
}

}  // namespace argent::storage
