// The worked example of storage/FORMAT.md is what the archive writes, byte for byte. When the format changes,
// this fails; with ARGENT_FORMAT_EXAMPLE=FILE the segment is left in FILE, and tests/e2e/format_explain.py
// makes the new example of it.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "ingest/log_uploader.h"
#include "storage/segment/segment_reader.h"
#include "tests/storage/io_test_support.h"

namespace argent::ingest {
namespace {

class StoppedClock final : public Clock {
 public:
  int64_t UnixMicros() override { return int64_t{1'709'633'730} * 1'000'000; }  // 2024-03-05 10:15:30
  int64_t MonotonicMicros() override { return 0; }
};

class EmptyDirectory final : public InstanceDirectory {
 public:
  Result<std::vector<StoredVariant>> FindVariants(const codec::SopInstanceUid&) override {
    return std::vector<StoredVariant>();
  }
};

class NullApplier final : public storage::GroupApplier {
 public:
  Status Apply(const std::vector<storage::Fact>&, storage::LogPosition) override { return Status::Ok(); }
};

// Two by two pixels of 8 bits.
std::string DataSetBytes() {
  const codec::Vr kUi = codec::MakeVr("UI"), kCs = codec::MakeVr("CS");
  codec::DataSet data_set;
  data_set.SetText({0x0008, 0x0016}, kUi, "1.2.840.10008.5.1.4.1.1.7");
  data_set.SetText({0x0008, 0x0018}, kUi, "2.25.3");
  data_set.SetText({0x0010, 0x0010}, codec::MakeVr("PN"), "Doe^Jane");
  data_set.SetText({0x0020, 0x000D}, kUi, "2.25.1");
  data_set.SetText({0x0020, 0x000E}, kUi, "2.25.2");
  data_set.SetUnsigned16({0x0028, 0x0002}, 1);
  data_set.SetText({0x0028, 0x0004}, kCs, "MONOCHROME2");
  data_set.SetUnsigned16({0x0028, 0x0010}, 2);
  data_set.SetUnsigned16({0x0028, 0x0011}, 2);
  data_set.SetUnsigned16({0x0028, 0x0100}, 8);
  data_set.SetUnsigned16({0x0028, 0x0101}, 8);
  data_set.SetUnsigned16({0x0028, 0x0102}, 7);
  data_set.SetUnsigned16({0x0028, 0x0103}, 0);
  data_set.Set({{0x7FE0, 0x0010}, codec::MakeVr("OB"), std::string("\x00\x55\xAA\xFF", 4), {}});
  std::string bytes;
  data_set.Serialize(codec::Encoding::kExplicitLittle, &bytes);
  return bytes;
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  EXPECT_TRUE(file.good()) << path;
  return text.str();
}

// What the archive makes of one received Instance and a shutdown.
std::string WriteSegment(const std::string& directory) {
  storage::ArchiveId archive_id;
  for (size_t i = 0; i < archive_id.size(); ++i) archive_id[i] = static_cast<uint8_t>(0xA0 + i);
  StoppedClock clock;
  auto io = storage::NewPosixIo(1);
  storage::SegmentDirectory segments(io.get(), directory, archive_id);
  storage::BufferPool pool(io.get(), 8);
  storage::SegmentDataReader reader(&segments);
  EmptyDirectory known;
  NullApplier applier;
  storage::Log log(io.get(), &segments, &clock,
                   {.segment_bytes_max = uint64_t{16} << 20, .reserve_bytes = 0});
  log.Start(&applier, 1);
  LogUploader uploader({&log, &pool, &reader, &known, &clock}, {});
  UploadRequest request;
  request.transfer_syntax_uid = codec::TransferSyntaxUid("1.2.840.10008.1.2.1");
  request.source = {Door::kCStore, "CT1", "ARGENT", "192.0.2.7:52011"};
  auto upload = uploader.Begin(request);
  EXPECT_TRUE(upload.ok() && (*upload)->Append(AsBytes(DataSetBytes())).ok());
  const Outcome outcome = (*upload)->Finish();
  EXPECT_EQ(outcome.kind, OutcomeKind::kStored) << outcome.status.ToString();
  upload->reset();
  log.Stop();
  return ReadFile(segments.PathOf(1));
}

// The bytes of the lines "OFFSET  hh hh …  what": what is not shown is zero.
std::string ParseExample(const std::string& page) {
  std::string bytes;
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);) {
    if (line.size() < 12 || line.find_first_not_of("0123456789abcdef") != 8 || line[9] != ' ') continue;
    bytes.resize(std::stoul(line.substr(0, 8), nullptr, 16), '\0');
    for (size_t i = 10; i + 2 <= line.size() && line[i] != ' '; i += 3)
      bytes.push_back(static_cast<char>(std::stoul(line.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

TEST(FormatExample, IsWhatTheArchiveWrites) {
  const storage::TestDirectory directory;
  const std::string written = WriteSegment(directory.path());
  if (const char* copy = std::getenv("ARGENT_FORMAT_EXAMPLE"))
    std::ofstream(copy, std::ios::binary).write(written.data(), static_cast<std::streamsize>(written.size()));
  const std::string shown = ParseExample(ReadFile(ARGENT_FORMAT_PAGE));
  EXPECT_EQ(written.size(), 4 * storage::kBlockBytes);
  ASSERT_EQ(shown.size(), written.size());
  for (size_t i = 0; i < written.size(); ++i)
    ASSERT_EQ(static_cast<int>(shown[i]), static_cast<int>(written[i]))
        << "at offset " << i << ": FORMAT.md shows what the archive does not write";
}

}  // namespace
}  // namespace argent::ingest
