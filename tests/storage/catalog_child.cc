// A process that tests of RocksDbCatalog end or confine: a fork would not have RocksDB's threads.
//   commit DIRECTORY COUNT WRITE_BUFFER_BYTES   commits 1 to COUNT, then ends without closing anything; exit code 0
//   fill DIRECTORY                              fills a small volume mounted there, frees it again; 0, or the step that failed
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
  const Result<std::unique_ptr<Catalog>> catalog = OpenRocksDbCatalog(directory, {size_t{8} << 20, write_buffer_bytes});
  if (!catalog.ok()) return 1;
  for (int i = 1; i <= count; ++i) {
    if (!PutNumber(catalog.value().get(), i).ok()) return 2;
  }
  _exit(0);
}

enum FullVolume { kPassed = 0, kNoOpen = 1, kNeverFull, kWrongCode, kReadsFailed, kNeverResumed, kLostCommits, kNoMount = 77 };

FullVolume FillAndFree(const std::string& directory) {
  if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      mount("tmpfs", directory.c_str(), "tmpfs", 0, "size=24m") != 0) {
    return kNoMount;
  }
  Result<std::unique_ptr<Catalog>> opened =
      OpenRocksDbCatalog(directory + "/catalog", {size_t{1} << 20, size_t{1} << 20});
  if (!opened.ok()) return kNoOpen;
  Catalog* catalog = opened->get();
  const std::string ballast = directory + "/ballast";
  std::ofstream(ballast) << std::string(size_t{12} << 20, 'b');
  int committed = 0;
  Status status;
  while (committed < 100'000 && (status = PutNumber(catalog, committed + 1)).ok()) ++committed;
  if (status.ok()) return kNeverFull;
  if (status.code() != StatusCode::kNoSpace) {
    std::fprintf(stderr, "%s\n", status.ToString().c_str());
    return kWrongCode;
  }
  if (!catalog->Get("number").ok()) return kReadsFailed;
  std::filesystem::remove(ballast);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!(status = PutNumber(catalog, committed + 1)).ok()) {
    if (std::chrono::steady_clock::now() > deadline) {
      std::fprintf(stderr, "%s\n", status.ToString().c_str());
      return kNeverResumed;
    }
    usleep(50'000);  // the catalog tries at most once a second
  }
  for (int i = 1; i <= committed + 1; ++i) {
    const auto value = catalog->Get("value" + std::to_string(i));
    if (!value.ok() || !value.value()) return kLostCommits;
  }
  return kPassed;
}

}  // namespace
}  // namespace argent::storage

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.size() == 4 && arguments[0] == "commit") {
    return argent::storage::Commit(arguments[1], std::stoi(arguments[2]), std::stoul(arguments[3]));
  }
  if (arguments.size() == 2 && arguments[0] == "fill") return argent::storage::FillAndFree(arguments[1]);
  return 2;
}
