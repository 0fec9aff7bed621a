// The way in and out of a real archive in a real folder: what was acknowledged is there, byte for byte, after
// every kind of stop.
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "archive/archive.h"
#include "archive/model/dump.h"
#include "archive/model/instance_directory.h"
#include "archive/model/rows.h"
#include "storage/base/random.h"
#include "tests/support/dicom_builder.h"

namespace argent::archive {
namespace {

class Keep : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/argent-keep-XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    folder_ = name;
  }
  void TearDown() override {
    archive_.reset();
    std::filesystem::remove_all(folder_);
  }

  Result<std::unique_ptr<Archive>> Open(bool rebuild = false) {
    ArchiveOptions options;
    options.data = folder_ + "/data";
    options.create = true;
    options.accept = true;
    options.rebuild_catalog = rebuild;
    options.reserve_bytes = uint64_t{1} << 20;
    options.segment_bytes_max = uint64_t{32} << 20;
    options.upload_buffers = 32;
    return Archive::Open(options);
  }
  void Reopen(bool rebuild = false) {
    archive_.reset();
    auto opened = Open(rebuild);
    ASSERT_TRUE(opened.ok()) << opened.status().ToString();
    archive_ = std::move(opened).value();
  }

  static ingest::Outcome Store(Archive* archive, const std::string& data_set) {
    ingest::UploadRequest request;
    request.transfer_syntax_uid = codec::TransferSyntaxUid(std::string(codec::kExplicitVrLittleEndian));
    auto upload = archive->uploader().Begin(request);
    ingest::Outcome outcome;
    outcome.status = upload.ok() ? (*upload)->Append(AsBytes(data_set)) : upload.status();
    return upload.ok() ? (*upload)->Finish() : outcome;
  }

  std::string Read(const std::string& uid) {
    auto variants = NewInstanceDirectory(&archive_->catalog())->FindVariants(codec::SopInstanceUid(uid));
    std::string bytes;
    if (!variants.ok() || variants->empty()) return bytes;
    Status status = archive_->reader().Read(variants->front().extents, 0, variants->front().data_set_bytes,
                                            [&](ByteView piece) {
                                              bytes.append(AsText(piece));
                                              return Status::Ok();
                                            });
    EXPECT_TRUE(status.ok()) << status.ToString();
    return bytes;
  }

  std::string Dump() {
    std::string text;
    Status status = DumpCatalog(archive_->catalog(), [&](std::string_view line) {
      text.append(line).push_back('\n');
      return Status::Ok();
    });
    EXPECT_TRUE(status.ok()) << status.ToString();
    return text;
  }

  static std::string UidOf(int number) { return "1.2.3.4." + std::to_string(number); }

  // An Instance with `pixel_bytes` of noise that depends on `seed`.
  static std::string MakeNoise(int number, size_t pixel_bytes, uint64_t seed) {
    std::string pixels(pixel_bytes, '\0');
    Random random(seed);
    random.Fill({reinterpret_cast<uint8_t*>(pixels.data()), pixels.size()});
    return test::DicomBuilder()
        .Text(codec::tags::kSopClassUid, "UI", "1.2.840.10008.5.1.4.1.1.7")
        .Text(codec::tags::kSopInstanceUid, "UI", UidOf(number))
        .Text(codec::tags::kPatientName, "PN", "Keep^It")
        .Text(codec::tags::kPatientId, "LO", "K1")
        .Text(codec::tags::kStudyInstanceUid, "UI", "1.2.3.1")
        .Text(codec::tags::kSeriesInstanceUid, "UI", "1.2.3.2")
        .Bytes(codec::tags::kPixelData, "OW", pixels)
        .bytes();
  }

  std::string folder_;
  std::unique_ptr<Archive> archive_;
};

TEST_F(Keep, GivesBackWhatWasAcknowledgedAcrossReopenAndRebuild) {
  Reopen();
  // Small, one buffer and a bit, and one that streams into the log in pieces.
  const size_t sizes[] = {2, 300'000, 5'000'000};
  for (int i = 0; i < 3; ++i) {
    ingest::Outcome outcome = Store(archive_.get(), MakeNoise(i, sizes[i], 7));
    ASSERT_EQ(outcome.kind, ingest::OutcomeKind::kStored) << outcome.status.ToString();
  }
  const std::string before = Dump();
  for (bool rebuild : {false, true}) {
    Reopen(rebuild);
    EXPECT_TRUE(archive_->recovery().damage.empty());
    EXPECT_EQ(Dump(), before);
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(Read(UidOf(i)) == MakeNoise(i, sizes[i], 7)) << i;
  }
}

TEST_F(Keep, StoresTheSameBytesOnceAndKeepsBothOnConflict) {
  Reopen();
  for (size_t size : {size_t{1000}, size_t{5'000'000}}) {
    int number = static_cast<int>(size);
    EXPECT_EQ(Store(archive_.get(), MakeNoise(number, size, 1)).kind, ingest::OutcomeKind::kStored);
    EXPECT_EQ(Store(archive_.get(), MakeNoise(number, size, 1)).kind, ingest::OutcomeKind::kDuplicate);
    EXPECT_EQ(Store(archive_.get(), MakeNoise(number, size, 2)).kind, ingest::OutcomeKind::kConflict);
    EXPECT_EQ(Store(archive_.get(), MakeNoise(number, size, 2)).kind, ingest::OutcomeKind::kDuplicate);
    EXPECT_TRUE(Read(UidOf(number)) == MakeNoise(number, size, 1)) << "the first received is served";
  }
}

TEST_F(Keep, RefusesATruncatedDataSetAndKeepsNothingOfIt) {
  Reopen();
  std::string whole = MakeNoise(1, 1000, 1);
  ingest::Outcome outcome = Store(archive_.get(), whole.substr(0, whole.size() - 1));
  EXPECT_EQ(outcome.kind, ingest::OutcomeKind::kRefused);
  EXPECT_EQ(outcome.status.code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(Read(UidOf(1)), "");
  EXPECT_EQ(ReadTotals(archive_->catalog())->instances, 0u);
}

TEST_F(Keep, LosesNothingAcknowledgedWhenTheProcessIsKilled) {
  int pipe_ends[2];
  ASSERT_EQ(pipe(pipe_ends), 0);
  pid_t child = fork();
  if (child == 0) {
    auto archive = Open();
    if (!archive.ok()) _exit(1);
    for (int i = 0;; ++i) {
      if (Store(archive->get(), MakeNoise(i, 40'000, 3)).kind != ingest::OutcomeKind::kStored) _exit(2);
      if (write(pipe_ends[1], &i, sizeof i) != sizeof i) _exit(3);
    }
  }
  close(pipe_ends[1]);
  int last = -1;
  while (last < 99 && read(pipe_ends[0], &last, sizeof last) == static_cast<ssize_t>(sizeof last)) continue;
  kill(child, SIGKILL);
  while (read(pipe_ends[0], &last, sizeof last) == static_cast<ssize_t>(sizeof last)) continue;
  close(pipe_ends[0]);
  waitpid(child, nullptr, 0);
  ASSERT_GE(last, 99);
  Reopen();
  EXPECT_TRUE(archive_->recovery().damage.empty());
  for (int i = 0; i <= last; ++i) EXPECT_TRUE(Read(UidOf(i)) == MakeNoise(i, 40'000, 3)) << i;
  const std::string recovered = Dump();
  Reopen(true);
  EXPECT_EQ(Dump(), recovered);
}

TEST_F(Keep, NeverServesAFlippedBit) {
  Reopen();
  ASSERT_EQ(Store(archive_.get(), MakeNoise(1, 200'000, 1)).kind, ingest::OutcomeKind::kStored);
  auto variants = NewInstanceDirectory(&archive_->catalog())->FindVariants(codec::SopInstanceUid(UidOf(1)));
  ASSERT_TRUE(variants.ok() && variants->size() == 1);
  Reopen();  // sealed
  std::fstream file(folder_ + "/data/segments/00000001.seg", std::ios::in | std::ios::out | std::ios::binary);
  const auto at = static_cast<std::streamoff>(variants->front().extents.front().offset + 512 + 100'000);
  file.seekg(at);
  char byte = static_cast<char>(file.get() ^ 1);
  file.seekp(at);
  file.put(byte);
  file.close();
  uint64_t served = 0;
  Status status = archive_->reader().Read(variants->front().extents, 0, variants->front().data_set_bytes,
                                          [&](ByteView piece) {
                                            served += piece.size();
                                            return Status::Ok();
                                          });
  EXPECT_EQ(status.code(), StatusCode::kCorruption) << status.ToString();
  EXPECT_EQ(served, 0u);
}

TEST_F(Keep, RefusesASecondOpenerAndANewerFormat) {
  Reopen();
  auto second = Open();
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.status().code(), StatusCode::kOverloaded) << second.status().ToString();
  archive_.reset();
  std::ofstream(folder_ + "/data/FORMAT") << "argent 2\narchive 00000000000000000000000000000000\n";
  auto newer = Open();
  ASSERT_FALSE(newer.ok());
  EXPECT_EQ(newer.status().code(), StatusCode::kUnsupported) << newer.status().ToString();
}

}  // namespace
}  // namespace argent::archive
