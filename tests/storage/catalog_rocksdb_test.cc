// What RocksDbCatalog promises beyond Catalog: it survives closing, killing and a full volume, and notices
// damage.
#include <gmock/gmock.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "storage/base/random.h"
#include "storage/catalog/catalog.h"
#include "tests/storage/io_test_support.h"

namespace argent::storage {
namespace {

using ::testing::HasSubstr;
using ::testing::Optional;
using namespace std::string_literals;

std::unique_ptr<Catalog> MustOpen(const std::string& directory, const RocksDbCatalogOptions& options = {}) {
  Result<std::unique_ptr<Catalog>> catalog = OpenRocksDbCatalog(directory, options);
  EXPECT_TRUE(catalog.ok()) << catalog.status().ToString();
  return catalog.ok() ? std::move(catalog).value() : nullptr;
}

// Runs the program beside this one (see catalog_child.cc) and gives its exit code.
int RunChild(std::vector<std::string> arguments) {
  const std::string program =
      std::filesystem::read_symlink("/proc/self/exe").parent_path() / "storage_catalog_child";
  arguments.insert(arguments.begin(), program);
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  pid_t child = 0;
  int status = 0;
  if (posix_spawn(&child, program.c_str(), nullptr, nullptr, pointers.data(), environ) != 0) return -1;
  if (waitpid(child, &status, 0) != child || !WIFEXITED(status)) return -1;
  return WEXITSTATUS(status);
}

// Commits 1 to `count` and ends without closing the catalog.
void CommitAndDie(const std::string& directory, int count, size_t write_buffer_bytes = size_t{32} << 20) {
  ASSERT_EQ(RunChild({"commit", directory, std::to_string(count), std::to_string(write_buffer_bytes)}), 0);
}

std::vector<std::filesystem::path> FilesLike(const std::string& directory, const std::string& extension) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    if (entry.path().extension() == extension) paths.push_back(entry.path());
  }
  return paths;
}

void FlipBytes(const std::filesystem::path& path, std::streamoff from, int count) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  for (int i = 0; i < count; ++i) {
    file.seekg(from + i);
    const int byte = file.get();
    file.seekp(from + i);
    file.put(static_cast<char>(~byte));
  }
}

TEST(RocksDbCatalog, KeepsItsDataWhenReopened) {
  const TestDirectory directory;
  CatalogBatch batch;
  batch.Put("number", "1");
  ASSERT_TRUE(MustOpen(directory / "catalog")->Commit(batch).ok());
  EXPECT_THAT(MustOpen(directory / "catalog")->Get("number").value(), Optional("1"s));
}

TEST(RocksDbCatalog, EstimatesARangeInFilesByItsSize) {
  const TestDirectory directory;
  {
    const std::unique_ptr<Catalog> catalog = MustOpen(directory / "catalog");
    CatalogBatch batch;
    Random random(1);
    for (int i = 0; i < 200; ++i) {
      std::string value(5000, '\0');
      random.Fill({reinterpret_cast<uint8_t*>(value.data()), value.size()});  // does not compress
      batch.Put("k" + std::to_string(1000 + i), std::move(value));
    }
    ASSERT_TRUE(catalog->Commit(batch).ok());
  }
  const std::unique_ptr<Catalog> catalog =
      MustOpen(directory / "catalog");  // reopening moves the rows to a file
  const uint64_t all = catalog->ApproximateBytes("k", "l");
  EXPECT_GT(all, 900'000u);
  const uint64_t tenth = catalog->ApproximateBytes("k1000", "k1020");
  EXPECT_GT(tenth, all / 20);
  EXPECT_LT(tenth, all / 5);
}

TEST(RocksDbCatalog, KeepsEveryCommitWhenTheProcessIsKilled) {
  const TestDirectory directory;
  constexpr int kCommits = 2000;
  ASSERT_NO_FATAL_FAILURE(CommitAndDie(directory / "catalog", kCommits, size_t{1} << 19));
  const std::unique_ptr<Catalog> catalog = MustOpen(directory / "catalog");
  EXPECT_THAT(catalog->Get("number").value(), Optional(std::to_string(kCommits)));
  for (int i = 1; i <= kCommits; ++i)
    ASSERT_TRUE(catalog->Get("value" + std::to_string(i)).value().has_value()) << i;
}

TEST(RocksDbCatalog, KeepsAPrefixWhenTheEndOfItsWriteAheadLogIsLost) {
  const TestDirectory directory;
  ASSERT_NO_FATAL_FAILURE(CommitAndDie(directory / "catalog", 500));
  const std::vector<std::filesystem::path> logs = FilesLike(directory / "catalog", ".log");
  ASSERT_EQ(logs.size(), 1u);
  std::filesystem::resize_file(logs[0], std::filesystem::file_size(logs[0]) / 2);
  const std::unique_ptr<Catalog> catalog = MustOpen(directory / "catalog");
  const int number = std::stoi(catalog->Get("number").value().value());
  EXPECT_GT(number, 100);
  EXPECT_LT(number, 400);
  for (int i = 1; i <= 500; ++i) {
    ASSERT_EQ(catalog->Get("value" + std::to_string(i)).value().has_value(), i <= number) << i;
  }
}

TEST(RocksDbCatalog, KeepsAPrefixWhenBlocksOfItsWriteAheadLogAreLost) {
  const TestDirectory directory;
  ASSERT_NO_FATAL_FAILURE(CommitAndDie(directory / "catalog", 500));
  const std::vector<std::filesystem::path> logs = FilesLike(directory / "catalog", ".log");
  ASSERT_EQ(logs.size(), 1u);
  FlipBytes(logs[0], static_cast<std::streamoff>(std::filesystem::file_size(logs[0]) / 2), 4096);
  const std::unique_ptr<Catalog> catalog = MustOpen(directory / "catalog");
  ASSERT_NE(catalog, nullptr);
  const int number = std::stoi(catalog->Get("number").value().value());
  for (int i = 1; i <= 500; ++i) {
    ASSERT_EQ(catalog->Get("value" + std::to_string(i)).value().has_value(), i <= number) << i;
  }
}

// Makes a catalog with a table file: recovering a write-ahead log writes one.
void MakeCatalogWithTables(const std::string& directory) {
  ASSERT_NO_FATAL_FAILURE(CommitAndDie(directory, 500));
  ASSERT_NE(MustOpen(directory), nullptr);
}

TEST(RocksDbCatalog, NeverServesADamagedTable) {
  const TestDirectory directory;
  ASSERT_NO_FATAL_FAILURE(MakeCatalogWithTables(directory / "catalog"));
  const std::vector<std::filesystem::path> tables = FilesLike(directory / "catalog", ".sst");
  ASSERT_FALSE(tables.empty());
  for (const auto& table : tables) FlipBytes(table, 10, 200);
  const Result<std::unique_ptr<Catalog>> catalog = OpenRocksDbCatalog(directory / "catalog", {});
  const Status status = catalog.ok() ? (*catalog)->Get("number").status() : catalog.status();
  EXPECT_EQ(status.code(), StatusCode::kCorruption) << status.ToString();
  EXPECT_THAT(status.message(), HasSubstr("argent rebuild-catalog"));
}

TEST(RocksDbCatalog, RefusesToOpenWithoutItsTables) {
  const TestDirectory directory;
  ASSERT_NO_FATAL_FAILURE(MakeCatalogWithTables(directory / "catalog"));
  for (const auto& table : FilesLike(directory / "catalog", ".sst")) std::filesystem::remove(table);
  const Status status = OpenRocksDbCatalog(directory / "catalog", {}).status();
  EXPECT_EQ(status.code(), StatusCode::kCorruption) << status.ToString();
  EXPECT_THAT(status.message(), HasSubstr("argent rebuild-catalog"));
}

TEST(RocksDbCatalog, RefusesToOpenWithADamagedManifest) {
  const TestDirectory directory;
  ASSERT_NO_FATAL_FAILURE(MakeCatalogWithTables(directory / "catalog"));
  for (const auto& entry : std::filesystem::directory_iterator(directory / "catalog")) {
    if (entry.path().filename().string().starts_with("MANIFEST")) FlipBytes(entry.path(), 12, 20);
  }
  const Status status = OpenRocksDbCatalog(directory / "catalog", {}).status();
  EXPECT_EQ(status.code(), StatusCode::kCorruption) << status.ToString();
}

TEST(RocksDbCatalog, RefusesASecondOpener) {
  const TestDirectory directory;
  const std::unique_ptr<Catalog> first = MustOpen(directory / "catalog");
  EXPECT_FALSE(OpenRocksDbCatalog(directory / "catalog", {}).ok());
}

void FillVolume(size_t write_buffer_bytes, const std::string& then) {
  const TestDirectory directory;
  const int result = RunChild({"fill", directory.path(), std::to_string(write_buffer_bytes), then});
  if (result == 77) GTEST_SKIP() << "needs the right to mount a tmpfs";
  EXPECT_EQ(result, 0) << "a Failure of catalog_child.cc";
}

constexpr size_t kTableFirst = size_t{1} << 20;  // tables are written all the time and fill the volume
constexpr size_t kLogFirst = size_t{12} << 20;   // the 8 MiB left are full before the first table is due

TEST(RocksDbCatalog, GoesOnWhenSpaceReturnsAfterATableFilledTheVolume) { FillVolume(kTableFirst, "go"); }
TEST(RocksDbCatalog, GoesOnWhenSpaceReturnsAfterTheWriteAheadLogFilledTheVolume) {
  FillVolume(kLogFirst, "go");
}
TEST(RocksDbCatalog, StopsOnAVolumeThatATableFilledAndKeepsItsCommits) { FillVolume(kTableFirst, "stop"); }
TEST(RocksDbCatalog, StopsOnAVolumeThatTheWriteAheadLogFilledAndKeepsItsCommits) {
  FillVolume(kLogFirst, "stop");
}

}  // namespace
}  // namespace argent::storage
