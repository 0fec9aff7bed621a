// A process that tests of RocksDbCatalog end or confine: a fork would not have RocksDB's threads.
//
// `commit DIRECTORY COUNT WRITE_BUFFER_BYTES` commits 1 to COUNT, then ends without closing anything. Exit
// code 0.
//
// `fill DIRECTORY WRITE_BUFFER_BYTES go|stop` mounts a small volume there, fills it and frees it again; it
// goes on, or stops while the volume is full, and opens the catalog once more. Exit code 0, or a Failure.
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "storage/base/random.h"
#include "storage/catalog/catalog.h"

namespace argent::storage {
namespace {

Status PutNumber(Catalog* catalog, int number) {
  CatalogBatch batch;
  batch.Put("number", std::to_string(number));
  std::string value(1000, '\0');  // that does not compress, so that the volume fills
  Random(static_cast<uint64_t>(number)).Fill({reinterpret_cast<uint8_t*>(value.data()), value.size()});
  batch.Put("value" + std::to_string(number), value);
  return catalog->Commit(batch);
}

int Commit(const std::string& directory, int count, size_t write_buffer_bytes) {
  const Result<std::unique_ptr<Catalog>> catalog =
      OpenRocksDbCatalog(directory, {size_t{8} << 20, write_buffer_bytes});
  if (!catalog.ok()) return 1;
  for (int i = 1; i <= count; ++i) {
    if (!PutNumber(catalog.value().get(), i).ok()) return 2;
  }
  _exit(0);
}

// What went wrong on the full volume; zero is nothing.
enum Failure {
  kNone = 0,
  kNoOpen,
  kNeverFull,
  kWrongCode,
  kReadsFailed,
  kSyncPassed,
  kNeverResumed,
  kLostCommits,
  kNoMount = 77
};

// A catalog on a volume of 24 MiB, of which a ballast takes 16, in a mount table of this process alone.
class SmallVolume {
 public:
  SmallVolume(std::string directory, size_t write_buffer_bytes)
      : directory_(std::move(directory)), options_{size_t{1} << 20, write_buffer_bytes} {}

  Failure Mount() {
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        mount("tmpfs", directory_.c_str(), "tmpfs", 0, "size=24m") != 0) {
      return kNoMount;
    }
    std::ofstream(directory_ + "/ballast") << std::string(size_t{16} << 20, 'b');
    return kNone;
  }
  Failure Open() {
    Result<std::unique_ptr<Catalog>> opened = OpenRocksDbCatalog(directory_ + "/catalog", options_);
    if (!opened.ok()) return Fail(kNoOpen, opened.status());
    catalog_ = std::move(opened).value();
    return kNone;
  }
  Failure Fill() {
    Status status;
    while (committed_ < 100'000 && (status = PutNumber(catalog_.get(), committed_ + 1)).ok()) ++committed_;
    if (status.ok()) return kNeverFull;
    if (status.code() != StatusCode::kNoSpace) return Fail(kWrongCode, status);
    if (!catalog_->Get("number").ok()) return kReadsFailed;
    return catalog_->Sync().ok() ? kSyncPassed : kNone;
  }
  void Free() { std::filesystem::remove(directory_ + "/ballast"); }
  Failure GoOn() {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    for (;;) {
      const Status status = PutNumber(catalog_.get(), committed_ + 1);
      if (status.ok()) break;
      if (std::chrono::steady_clock::now() > deadline) return Fail(kNeverResumed, status);
      usleep(50'000);  // RocksDB looks for space every five seconds
    }
    ++committed_;
    return kNone;
  }
  void Close() { catalog_.reset(); }
  Failure CheckCommits() {
    for (int i = 1; i <= committed_; ++i) {
      const auto value = catalog_->Get("value" + std::to_string(i));
      if (!value.ok() || !value.value()) return kLostCommits;
    }
    return kNone;
  }

 private:
  static Failure Fail(Failure failure, const Status& status) {
    std::fprintf(stderr, "%s\n", status.ToString().c_str());
    return failure;
  }

  const std::string directory_;
  const RocksDbCatalogOptions options_;
  std::unique_ptr<Catalog> catalog_;
  int committed_ = 0;
};

Failure FillVolume(const std::string& directory, size_t write_buffer_bytes, bool stop_while_full) {
  SmallVolume volume(directory, write_buffer_bytes);
  Failure failure = volume.Mount();
  if (failure == kNone) failure = volume.Open();
  if (failure == kNone) failure = volume.Fill();
  if (failure != kNone) return failure;
  if (stop_while_full) {
    volume.Close();
    volume.Free();
  } else {
    volume.Free();
    failure = volume.GoOn();
    volume.Close();
  }
  if (failure == kNone) failure = volume.Open();
  if (failure == kNone) failure = volume.CheckCommits();
  return failure;
}

}  // namespace
}  // namespace argent::storage

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.size() == 4 && arguments[0] == "commit") {
    return argent::storage::Commit(arguments[1], std::stoi(arguments[2]), std::stoul(arguments[3]));
  }
  if (arguments.size() == 4 && arguments[0] == "fill") {
    return argent::storage::FillVolume(arguments[1], std::stoul(arguments[2]), arguments[3] == "stop");
  }
  return 2;
}
