// The door for files: every file below the paths comes once, whole, whatever its size and however many there
// are; over UringIo and PosixIo alike.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "ingest/media/file_lister.h"
#include "ingest/media/import.h"
#include "ingest/media/read_ahead.h"
#include "tests/ingest/fake_uploader.h"
#include "tests/storage/io_test_support.h"
#include "tests/support/dicom_builder.h"

namespace argent::ingest {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

void WriteFile(const std::string& path, std::string_view bytes) {
  fs::create_directories(fs::path(path).parent_path());
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

struct Listed {
  std::vector<std::string> files;
  std::map<std::string, std::string> errors;
  uint64_t skipped = 0;
};

Listed List(const std::vector<std::string>& paths) {
  FileLister lister(paths);
  Listed listed;
  for (;;) {
    Status error;
    const std::optional<std::string> path = lister.Next(&error);
    if (!path) break;
    if (error.ok()) {
      listed.files.push_back(*path);
    } else {
      listed.errors[*path] = error.message();
    }
  }
  listed.skipped = lister.skipped();
  return listed;
}

class Lister : public ::testing::Test {
 protected:
  storage::TestDirectory directory_;
};

TEST_F(Lister, GivesFilesInOrderOfPathsAndNames) {
  for (const char* name : {"b/2", "b/1/x", "a", "with space/é.dcm"}) WriteFile(directory_ / name, "x");
  EXPECT_THAT(List({directory_ / "b", directory_ / "a", directory_ / "with space"}).files,
              ElementsAre(directory_ / "b/1/x", directory_ / "b/2", directory_ / "a",
                          directory_ / "with space/é.dcm"));
}

TEST_F(Lister, FollowsALinkOnlyWhenItIsNamed) {
  WriteFile(directory_ / "real/a", "x");
  fs::create_directory_symlink(directory_ / "real", directory_ / "real/loop");
  fs::create_symlink(directory_ / "real/a", directory_ / "real/link");
  fs::create_directory_symlink(directory_ / "real", directory_ / "named");
  const Listed listed = List({directory_ / "named"});
  EXPECT_THAT(listed.files, ElementsAre(directory_ / "named/a"));
  EXPECT_THAT(listed.errors, IsEmpty());
  EXPECT_EQ(listed.skipped, 2u);
}

TEST_F(Lister, SaysWhatIsNoFileAndGoesOn) {
  WriteFile(directory_ / "a", "x");
  fs::create_symlink(directory_ / "nowhere", directory_ / "dangling");
  const Listed listed = List(
      {directory_ / "missing", "/dev/null", directory_ / "dangling", directory_ / "a/b", directory_ / "a"});
  EXPECT_THAT(listed.files, ElementsAre(directory_ / "a"));
  EXPECT_THAT(listed.errors.at(directory_ / "missing"), HasSubstr("no such file"));
  EXPECT_THAT(listed.errors.at("/dev/null"), HasSubstr("neither a file nor a folder"));
  EXPECT_THAT(listed.errors.at(directory_ / "dangling"), HasSubstr("no such file"));
  EXPECT_EQ(listed.errors.size(), 4u);
}

class Media : public storage::IoContract {
 protected:
  void SetUp() override {
    IoContract::SetUp();
    fs::create_directory(In(""));
  }
  std::string In(const std::string& name) const { return directory_ / ("in/" + name); }
};

TEST_P(Media, EveryFrontComesOnceAndWhole) {
  constexpr size_t kFront = ReadAhead::kFrontBytesMax;
  std::map<std::string, std::string> wanted;
  for (size_t i = 0; i < 3 * ReadAhead::kFilesMax; ++i) {
    const size_t sizes[] = {0, 1, 4096, kFront - 1, kFront, kFront + 1};
    const std::vector<uint8_t> bytes = storage::RandomBytes(i, i < 6 ? sizes[i] : i);
    wanted[In(std::to_string(i))] = AsText(bytes);
    WriteFile(In(std::to_string(i)), AsText(bytes));
  }
  FileLister lister({In("")});
  ReadAhead files(io_.get(), &lister);
  size_t count = 0;
  while (std::optional<FileFront> file = files.Next()) {
    ++count;
    ASSERT_TRUE(file->status.ok()) << file->status.ToString();
    const std::string path = fs::path(file->path).lexically_normal();
    EXPECT_EQ(file->file_bytes, wanted.at(path).size());
    EXPECT_EQ(AsText(file->front()), wanted.at(path).substr(0, kFront)) << path;
  }
  EXPECT_EQ(count, wanted.size());
  EXPECT_FALSE(files.Next());
}

TEST_P(Media, MayBeLeftWithReadsUnderWay) {
  for (int i = 0; i < 100; ++i) WriteFile(In(std::to_string(i)), std::string(100'000, 'x'));
  FileLister lister({In("")});
  ReadAhead files(io_.get(), &lister);
  EXPECT_TRUE(files.Next());
}

TEST_P(Media, APathThatIsNoFileIsReportedAndTheOthersCome) {
  WriteFile(In("a"), "x");
  FileLister lister({In("a"), In("gone"), In("a")});
  ReadAhead files(io_.get(), &lister);
  std::vector<StatusCode> codes;
  while (std::optional<FileFront> file = files.Next()) codes.push_back(file->status.code());
  EXPECT_THAT(codes, ElementsAre(StatusCode::kOk, StatusCode::kNotFound, StatusCode::kOk));
}

class Recorder final : public ImportObserver {
 public:
  void OnFile(const FileReport& report, const ImportTotals&) override {
    outcomes[fs::path(report.path).filename()] = report.outcome;
  }
  void OnProgress(const ImportTotals& totals) override { bytes_seen = totals.bytes; }
  std::map<std::string, Outcome> outcomes;
  uint64_t bytes_seen = 0;
};

class Importing : public Media {
 protected:
  ImportTotals Import(bool stop = false) {
    const std::atomic<bool> stop_flag{stop};
    return ImportFiles(*io_, uploader_, {In("")}, {}, stop_flag, recorder_);
  }
  static std::string DataSetOf(uint16_t rows) {
    test::InstanceSpec spec;
    spec.rows = rows;
    spec.columns = 512;
    return test::MakeInstance(spec);
  }
  static std::string FileOf(const std::string& data_set) {
    return test::MakeFile("1.2.840.10008.1.2.1", {}, data_set);
  }

  testing::FakeUploader uploader_;
  Recorder recorder_;
};

TEST_P(Importing, UploadsTheDataSetOfFilesOfEverySize) {
  std::vector<std::string> wanted;
  for (const int rows : {1, 60, 250, 258, 300, 2000}) {  // the front ends at about 256 rows
    wanted.push_back(DataSetOf(static_cast<uint16_t>(rows)));
    WriteFile(In(std::to_string(rows)), FileOf(wanted.back()));
  }
  uploader_.SetSpace(100'000);
  const ImportTotals totals = Import();
  EXPECT_EQ(totals.stored, wanted.size());
  std::vector<std::string> got;
  for (const auto& kept : uploader_.kept()) got.push_back(kept.data_set);
  EXPECT_THAT(got, ::testing::UnorderedElementsAreArray(wanted));
  uint64_t bytes = 0;
  for (const auto& entry : fs::directory_iterator(In(""))) bytes += entry.file_size();
  EXPECT_EQ(totals.bytes, bytes);
  EXPECT_GT(recorder_.bytes_seen, 0u);
}

TEST_P(Importing, AFileThatGrowsOrShrinksMeanwhileIsRefusedAndNothingOfItKept) {
  const std::string file = FileOf(DataSetOf(600));
  for (const size_t changed : {file.size() + 100, file.size() - 100, size_t{100'000}}) {
    WriteFile(In("changing"), file);
    uploader_.OnAdvance([&] { fs::resize_file(In("changing"), changed); });
    EXPECT_EQ(Import().refused, 1u) << changed;
    EXPECT_THAT(recorder_.outcomes["changing"].status.message(), HasSubstr("changed while it was read"));
    EXPECT_THAT(uploader_.kept(), IsEmpty());
  }
}

TEST_P(Importing, AFailureOfTheUploadIsTheReasonInTheReport) {
  WriteFile(In("a"), FileOf(DataSetOf(600)));
  uploader_.FailAfter(300'000, Status::InvalidArgument("malformed"));
  EXPECT_EQ(Import().refused, 1u);
  EXPECT_EQ(recorder_.outcomes["a"].status.message(), "malformed");
  uploader_.FailBegin(Status::NoSpace("the volume is full"));
  EXPECT_EQ(Import().refused, 1u);
  EXPECT_EQ(recorder_.outcomes["a"].status.code(), StatusCode::kNoSpace);
}

TEST_P(Importing, DoesNothingWhenToldToStopBefore) {
  WriteFile(In("a"), FileOf(DataSetOf(1)));
  EXPECT_EQ(Import(/*stop=*/true).files, 0u);
}

std::string IoName(const ::testing::TestParamInfo<std::string>& info) { return info.param; }
INSTANTIATE_TEST_SUITE_P(Io, Media, ::testing::Values("uring", "posix"), IoName);
INSTANTIATE_TEST_SUITE_P(Io, Importing, ::testing::Values("uring", "posix"), IoName);

}  // namespace
}  // namespace argent::ingest
