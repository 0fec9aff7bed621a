// The vault over a real archive in a real folder: what was received comes back byte for byte from the vault
// alone, identical frames are stored once and others never shared, and a stop at any point loses nothing.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "archive/archive.h"
#include "archive/model/dump.h"
#include "archive/model/instance_directory.h"
#include "archive/vault/header_pack.h"
#include "storage/base/random.h"
#include "tests/support/dicom_builder.h"

namespace argent::archive {
namespace {

namespace fs = std::filesystem;

struct Picture {
  uint16_t rows = 40;
  uint16_t columns = 50;
  uint16_t samples = 1;
  uint16_t bits_allocated = 16;
  uint16_t bits_stored = 12;
  uint16_t is_signed = 0;
  uint16_t planar = 0;
  int frames = 1;
  std::string photometric = "MONOCHROME2";
  uint64_t seed = 1;
  bool noise = false;  // fills every allocated bit
  std::string patient = "V1";
  bool big_endian = false;
};

// Little-endian cells of a smooth image with some noise.
std::string CellsOf(const Picture& picture) {
  const size_t cells =
      size_t{picture.rows} * picture.columns * picture.samples * static_cast<size_t>(picture.frames);
  const size_t bytes_per_cell = picture.bits_allocated / 8;
  std::string out(cells * bytes_per_cell, '\0');
  Random random(picture.seed);
  if (picture.noise) {
    random.Fill({reinterpret_cast<uint8_t*>(out.data()), out.size()});
    return out;
  }
  const int64_t half = int64_t{1} << (picture.bits_stored - 1);
  for (size_t i = 0; i < cells; ++i) {
    const double wave =
        std::sin(static_cast<double>(i % picture.columns) / 9.0 + static_cast<double>(picture.seed)) * 0.8 *
        static_cast<double>(half);
    int64_t value = std::clamp<int64_t>(static_cast<int64_t>(wave) + static_cast<int64_t>(random.Below(3)),
                                        -half, half - 1);
    if (picture.is_signed == 0) value += half;
    const auto raw = static_cast<uint16_t>(value);
    out[i * bytes_per_cell] = static_cast<char>(raw & 0xFF);
    if (bytes_per_cell == 2) out[i * 2 + 1] = static_cast<char>(raw >> 8);
  }
  return out;
}

std::string UidOf(int number) { return "1.2.3.5." + std::to_string(number); }

std::string DataSetOf(int number, const Picture& picture) {
  std::string cells = CellsOf(picture);
  if (picture.big_endian) {
    for (size_t i = 0; i + 1 < cells.size(); i += 2) std::swap(cells[i], cells[i + 1]);
  }
  test::DicomBuilder builder(picture.big_endian ? codec::Encoding::kExplicitBig
                                                : codec::Encoding::kExplicitLittle);
  builder.Text(codec::tags::kSopClassUid, "UI", "1.2.840.10008.5.1.4.1.1.7")
      .Text(codec::tags::kSopInstanceUid, "UI", UidOf(number))
      .Text(codec::tags::kPatientName, "PN", "Vault^Test")
      .Text(codec::tags::kPatientId, "LO", picture.patient)
      .Text(codec::tags::kStudyInstanceUid, "UI", "1.2.3.1" + picture.patient.substr(1))
      .Text(codec::tags::kSeriesInstanceUid, "UI", "1.2.3.2" + picture.patient.substr(1))
      .Text({0x0020, 0x0013}, "IS", std::to_string(number))
      .U16({0x0028, 0x0002}, picture.samples)
      .Text({0x0028, 0x0004}, "CS", picture.photometric);
  if (picture.samples > 1) builder.U16({0x0028, 0x0006}, picture.planar);
  if (picture.frames > 1) builder.Text({0x0028, 0x0008}, "IS", std::to_string(picture.frames));
  builder.U16({0x0028, 0x0010}, picture.rows)
      .U16({0x0028, 0x0011}, picture.columns)
      .U16({0x0028, 0x0100}, picture.bits_allocated)
      .U16({0x0028, 0x0101}, picture.bits_stored)
      .U16({0x0028, 0x0102}, static_cast<uint16_t>(picture.bits_stored - 1))
      .U16({0x0028, 0x0103}, picture.is_signed)
      .Bytes(codec::tags::kPixelData, "OW", cells);
  return builder.bytes();
}

FrameHash AlwaysTheSame(const FrameFormat&, ByteView) { return FrameHash{1, 2, 3}; }

class VaultTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/argent-vault-XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    folder_ = name;
    options_.data = folder_ + "/data";
    options_.create = true;
    options_.accept = true;
    options_.reserve_bytes = uint64_t{1} << 20;
    options_.segment_bytes_max = uint64_t{32} << 20;
    options_.upload_buffers = 32;
    options_.vault.hot_bytes_max = 0;
  }
  void TearDown() override {
    archive_.reset();
    fs::remove_all(folder_);
  }
  void Reopen(bool rebuild = false) {
    archive_.reset();
    options_.rebuild_catalog = rebuild;
    auto opened = Archive::Open(options_);
    ASSERT_TRUE(opened.ok()) << opened.status().ToString();
    archive_ = std::move(opened).value();
    EXPECT_TRUE(archive_->recovery().damage.empty());
  }
  void Store(int number, const std::string& data_set,
             std::string_view syntax = codec::kExplicitVrLittleEndian) {
    ingest::UploadRequest request;
    request.transfer_syntax_uid = codec::TransferSyntaxUid(std::string(syntax));
    auto upload = archive_->uploader().Begin(request);
    ASSERT_TRUE(upload.ok());
    ASSERT_TRUE((*upload)->Append(AsBytes(data_set)).ok());
    ingest::Outcome outcome = (*upload)->Finish();
    ASSERT_TRUE(outcome.status.ok()) << outcome.status.ToString();
    stored_[UidOf(number)].push_back(data_set);
  }
  void Store(int number, const Picture& picture) {
    Store(number, DataSetOf(number, picture),
          picture.big_endian ? codec::kExplicitVrBigEndian : codec::kExplicitVrLittleEndian);
  }
  // Everything stored goes into the vault and the log segments go, but for the newest.
  void Compact() {
    Reopen();  // seals
    std::atomic<bool> stop{false};
    while (true) {
      Result<bool> done = archive_->vault().CompactOnce(stop);
      ASSERT_TRUE(done.ok()) << done.status().ToString();
      if (!*done) break;
    }
  }
  // Everything is read back byte for byte; with `from_vault` no byte of it comes out of the log.
  void ExpectAllThere(bool from_vault) {
    for (const auto& [uid, data_sets] : stored_) {
      auto variants = NewInstanceDirectory(&archive_->catalog())->FindVariants(codec::SopInstanceUid(uid));
      ASSERT_TRUE(variants.ok() && variants->size() == data_sets.size()) << uid;
      for (size_t i = 0; i < data_sets.size(); ++i) {
        std::span<const storage::Extent> extents = (*variants)[i].extents;
        if (from_vault) {
          extents = RecipesOf(extents);
          ASSERT_FALSE(extents.empty()) << uid;
        }
        std::string bytes;
        Status status = archive_->reader().Read(extents, 0, data_sets[i].size(), [&bytes](ByteView piece) {
          bytes.append(AsText(piece));
          return Status::Ok();
        });
        ASSERT_TRUE(status.ok()) << uid << ": " << status.ToString();
        EXPECT_TRUE(bytes == data_sets[i]) << uid;
      }
    }
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
  VaultSummary Sum() {
    auto status = archive_->vault().GetStatus();
    EXPECT_TRUE(status.ok());
    return status.ok() ? status->sum : VaultSummary();
  }
  size_t CountFiles(const std::string& suffix) {
    size_t count = 0;
    for (const auto& entry : fs::directory_iterator(folder_ + "/data/segments"))
      count += entry.path().string().ends_with(suffix) ? 1 : 0;
    return count;
  }

  std::string folder_;
  ArchiveOptions options_;
  std::unique_ptr<Archive> archive_;
  std::map<std::string, std::vector<std::string>> stored_;
};

TEST_F(VaultTest, GivesBackEveryByteFromTheVaultAloneAcrossReopenAndRebuild) {
  Reopen();
  int number = 0;
  for (uint16_t bits_allocated : std::initializer_list<uint16_t>{8, 16}) {
    for (uint16_t is_signed : std::initializer_list<uint16_t>{0, 1}) {
      for (int bits_stored : {bits_allocated == 8 ? 8 : 12, bits_allocated == 8 ? 7 : 16}) {
        for (auto [rows, columns] : {std::pair<uint16_t, uint16_t>{1, 1}, {3, 7}, {64, 64}, {129, 77}}) {
          Picture picture{.rows = rows,
                          .columns = columns,
                          .bits_allocated = bits_allocated,
                          .bits_stored = static_cast<uint16_t>(bits_stored),
                          .is_signed = is_signed,
                          .seed = static_cast<uint64_t>(number)};
          Store(++number, picture);
        }
      }
    }
  }
  for (const char* photometric : {"RGB", "YBR_FULL"}) {
    for (uint16_t planar : std::initializer_list<uint16_t>{0, 1})
      Store(++number, Picture{.samples = 3,
                              .bits_allocated = 8,
                              .bits_stored = 8,
                              .planar = planar,
                              .frames = 3,
                              .photometric = photometric});
  }
  Store(++number, Picture{.bits_allocated = 8, .bits_stored = 8, .photometric = "PALETTE COLOR"});
  Store(++number, Picture{.noise = true});                             // garbage above Bits Stored
  Store(++number, Picture{.bits_stored = 16, .noise = true});          // does not get smaller
  Store(++number, Picture{.rows = 700, .columns = 700, .frames = 9});  // streams into the log in pieces
  const std::string before = Dump();
  Compact();
  EXPECT_EQ(Dump(), before);
  EXPECT_EQ(CountFiles(".vault"), 1U);
  ExpectAllThere(true);
  const VaultSummary sum = Sum();
  EXPECT_EQ(sum.instances, stored_.size());
  EXPECT_EQ((sum.kept.at({"unused_bits", ""}).instances), 1U);
  EXPECT_EQ((sum.kept.at({"not_smaller", ""}).instances > 0), true);
  for (bool rebuild : {false, true}) {
    Reopen(rebuild);
    EXPECT_EQ(Dump(), before);
    ExpectAllThere(true);
    EXPECT_EQ(Sum().Encode(), sum.Encode());
  }
  // Storing goes on, and a second vault segment stands beside the first.
  Store(++number, Picture{.seed = 99, .patient = "V2"});
  Compact();
  EXPECT_EQ(CountFiles(".vault"), 2U);
  ExpectAllThere(true);
  EXPECT_EQ(CountFiles(".seg"), 1U) << "of the log segments only the newest is left";
  Reopen(true);
  ExpectAllThere(true);
}

TEST_F(VaultTest, StoresTheSameFrameOnceUnderOtherUidsPatientsAndByteOrders) {
  Reopen();
  const Picture picture{.rows = 64, .columns = 64};
  Store(1, picture);
  Store(2, picture);
  Picture other_patient = picture;
  other_patient.patient = "V7";
  Store(3, other_patient);
  Picture big = picture;
  big.big_endian = true;
  Store(4, big);
  Compact();
  EXPECT_EQ(Sum().frames_shared, 3U);
  // And across vault segments.
  Store(5, picture);
  Compact();
  EXPECT_EQ(Sum().frames_shared, 4U);
  EXPECT_EQ(Sum().instances_shared, 4U);
  ExpectAllThere(true);
  Reopen(true);
  ExpectAllThere(true);
}

TEST_F(VaultTest, NeverSharesFramesBecauseTheirHashesAreEqual) {
  options_.vault.hasher = AlwaysTheSame;
  Reopen();
  for (int i = 1; i <= 4; ++i) Store(i, Picture{.seed = static_cast<uint64_t>(i)});
  Compact();
  EXPECT_EQ(Sum().frames_shared, 0U);
  Store(5, Picture{.seed = 5});
  Store(6, Picture{.seed = 2});
  Compact();
  EXPECT_EQ(Sum().frames_shared, 1U) << "equal bytes are still found behind equal hashes";
  ExpectAllThere(true);
}

TEST_F(VaultTest, KeepsBothContentsOfAConflict) {
  Reopen();
  Store(1, Picture{.seed = 1});
  Store(1, Picture{.seed = 2});
  const std::string before = Dump();
  Compact();
  ExpectAllThere(true);
  Reopen(true);
  EXPECT_EQ(Dump(), before);
  ExpectAllThere(true);
}

TEST_F(VaultTest, PrefersTheFreshCopyAndSurvivesItsDamage) {
  options_.vault.hot_bytes_max = uint64_t{1} << 40;
  Reopen();
  Store(1, Picture{.rows = 300, .columns = 300});
  Compact();
  ExpectAllThere(false);
  ExpectAllThere(true);
  archive_.reset();
  // Every log segment that the vault stands for is spoilt behind its header.
  for (const auto& entry : fs::directory_iterator(folder_ + "/data/segments")) {
    if (entry.path().extension() != ".seg") continue;
    std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(3 * 4096);
    file.put('\x55');
    file.put('\x55');
  }
  auto opened = Archive::Open(options_);
  ASSERT_TRUE(opened.ok()) << opened.status().ToString();
  archive_ = std::move(opened).value();
  ExpectAllThere(false);
}

TEST_F(VaultTest, RefusesADamagedVaultSegmentInsteadOfServingIt) {
  Reopen();
  Store(1, Picture{.rows = 300, .columns = 300});
  Compact();
  ExpectAllThere(true);
  archive_.reset();
  for (const auto& entry : fs::directory_iterator(folder_ + "/data/segments")) {
    if (entry.path().extension() != ".vault") continue;
    std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(4096 + 512 + 4 + 72 + 100);  // inside the first codestream
    file.put('\x55');
    file.put('\x56');
  }
  Reopen();
  auto variants = NewInstanceDirectory(&archive_->catalog())->FindVariants(codec::SopInstanceUid(UidOf(1)));
  ASSERT_TRUE(variants.ok() && variants->size() == 1);
  Status status =
      archive_->reader().Read(RecipesOf(variants->front().extents), 0, variants->front().data_set_bytes,
                              [](ByteView) { return Status::Ok(); });
  EXPECT_EQ(status.code(), StatusCode::kCorruption) << status.ToString();
}

TEST_F(VaultTest, AStopBeforeTheSegmentIsWholeLeavesNothingBehind) {
  Reopen();
  for (int i = 1; i <= 3; ++i) Store(i, Picture{.seed = static_cast<uint64_t>(i)});
  Reopen();
  std::atomic<bool> stop{true};
  Result<bool> stopped = archive_->vault().CompactOnce(stop);
  EXPECT_EQ(stopped.status().code(), StatusCode::kAborted);
  EXPECT_EQ(CountFiles(".vault"), 0U);
  EXPECT_EQ(CountFiles(".part"), 0U);
  ExpectAllThere(false);
  // As a crash would leave it.
  std::ofstream(folder_ + "/data/segments/0000000f.vault.part") << "half";
  Reopen();
  EXPECT_EQ(CountFiles(".part"), 0U);
  Compact();
  ExpectAllThere(true);
}

TEST_F(VaultTest, AnInterruptedRebuildStartsOver) {
  Reopen();
  for (int i = 1; i <= 3; ++i) Store(i, Picture{.seed = static_cast<uint64_t>(i)});
  Compact();
  const std::string before = Dump();
  // As if it had stopped after the facts of the vault and before those of the Instances were in: everything
  // claims to be there.
  storage::CatalogBatch batch;
  batch.Put(std::string(ingest::kRebuildingKey), "");
  std::vector<std::string> keys;
  auto cursor = archive_->catalog().NewCursor();
  for (cursor->Seek("U"); cursor->Valid() && cursor->key().starts_with("U"); cursor->Next())
    keys.emplace_back(cursor->key());
  ASSERT_EQ(keys.size(), 3U);
  batch.Delete(keys.back());
  cursor.reset();
  ASSERT_TRUE(archive_->catalog().Commit(batch).ok());
  Reopen();
  EXPECT_EQ(Dump(), before);
  ExpectAllThere(true);
}

TEST_F(VaultTest, AStopBeforeTheCatalogKnowsIsMadeUpForAtTheNextStart) {
  options_.vault.hot_bytes_max = uint64_t{1} << 40;
  Reopen();
  for (int i = 1; i <= 3; ++i) Store(i, Picture{.seed = static_cast<uint64_t>(i)});
  archive_.reset();
  // The catalog as it was before the compaction comes back, as after a power cut.
  fs::copy(folder_ + "/data/catalog", folder_ + "/catalog", fs::copy_options::recursive);
  Compact();
  archive_.reset();
  fs::remove_all(folder_ + "/data/catalog");
  fs::rename(folder_ + "/catalog", folder_ + "/data/catalog");
  Reopen();
  ExpectAllThere(true);
  EXPECT_EQ(Sum().instances, 3U);
}

}  // namespace
}  // namespace argent::archive
