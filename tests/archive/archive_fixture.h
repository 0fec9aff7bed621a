// A small archive for tests: facts made by hand, projected into a real catalog, data kept in memory.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "archive/model/attributes.h"
#include "archive/model/dump.h"
#include "archive/model/projector.h"
#include "archive/query/query_run.h"
#include "codec/dictionary.h"
#include "ingest/instance_received.h"
#include "storage/catalog/catalog.h"

namespace argent::archive {

// Text attributes by keyword.
using Attributes = std::vector<std::pair<const char*, std::string>>;

struct InstanceSpec {
  std::string study = "1.2.1";
  std::string series = "1.2.1.1";
  std::string instance = "1.2.1.1.1";
  Attributes attributes = {};
  uint8_t content = 0;  // other content, other digest
  std::string transfer_syntax = "1.2.840.10008.1.2.1";
};

inline void SetKeyword(const char* keyword, const std::string& value, codec::DataSet* data_set) {
  const auto tag = codec::TagOfKeyword(keyword);
  ARGENT_CHECK(tag.has_value());
  const codec::CatalogAttribute* known = codec::FindCatalogAttribute(*tag);
  data_set->SetText(*tag, known != nullptr ? known->vr : codec::DictionaryVr(*tag), value);
}

inline codec::DataSet MakeKeys(const Attributes& attributes) {
  codec::DataSet keys;
  for (const auto& [keyword, value] : attributes) SetKeyword(keyword, value, &keys);
  return keys;
}

inline ingest::InstanceReceived MakeReceived(const InstanceSpec& spec) {
  ingest::InstanceReceived received;
  received.study_uid = codec::StudyInstanceUid(spec.study);
  received.series_uid = codec::SeriesInstanceUid(spec.series);
  received.sop_instance_uid = codec::SopInstanceUid(spec.instance);
  received.sop_class_uid = codec::SopClassUid("1.2.840.10008.5.1.4.1.1.2");
  received.transfer_syntax_uid = codec::TransferSyntaxUid(spec.transfer_syntax);
  received.data_set_bytes = 1000u + spec.content;
  received.digest[0] = spec.content;
  received.extents = {{.segment = 1, .offset = 4096, .length = 1000}};
  received.attributes = MakeKeys(spec.attributes);
  received.received_unix_micros = 1'700'000'000'000'000;
  return received;
}

// Runs every test over both catalogs.
enum class CatalogKind { kMemory, kRocksDb };

class ArchiveTest : public testing::TestWithParam<CatalogKind> {
 protected:
  void SetUp() override {
    catalog_ = MakeCatalog();
    projector_ = NewProjector(catalog_.get());
  }

  void TearDown() override {
    catalog_.reset();
    for (const std::string& directory : directories_) std::filesystem::remove_all(directory);
  }

  std::string MakeDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "argent-archive-XXXXXX").string();
    ARGENT_CHECK(::mkdtemp(pattern.data()) != nullptr);
    directories_.push_back(pattern);
    return pattern;
  }

  std::unique_ptr<storage::Catalog> MakeCatalog() {
    if (GetParam() == CatalogKind::kMemory) return storage::NewMemoryCatalog();
    auto opened = storage::OpenRocksDbCatalog(MakeDirectory() + "/catalog", {});
    ARGENT_CHECK(opened.ok());
    return std::move(opened).value();
  }

  storage::Fact MakeFact(const InstanceSpec& spec) {
    return {++sequence_, storage::FactKind::kInstanceReceived, MakeReceived(spec).Encode()};
  }

  void ReceiveAll(const std::vector<InstanceSpec>& specs) {
    std::vector<storage::Fact> facts;
    for (const InstanceSpec& spec : specs) facts.push_back(MakeFact(spec));
    ProjectInto(facts, projector_.get(), catalog_.get());
  }
  void Receive(const InstanceSpec& spec) { ReceiveAll({spec}); }

  static void ProjectInto(std::span<const storage::Fact> facts, ingest::FactProjector* projector,
                          storage::Catalog* catalog) {
    storage::CatalogBatch batch;
    const Status projected = projector->Project(facts, &batch);
    ASSERT_TRUE(projected.ok()) << projected.ToString();
    const Status committed = catalog->Commit(batch);
    ASSERT_TRUE(committed.ok()) << committed.ToString();
  }

  static std::string Dump(storage::Catalog* catalog) {
    std::string text;
    const Status status = DumpCatalog(*catalog, [&text](std::string_view line) {
      text.append(line).append("\n");
      return Status::Ok();
    });
    EXPECT_TRUE(status.ok()) << status.ToString();
    return text;
  }

  struct Answer {
    std::vector<codec::DataSet> matches;
    std::string plan;
    bool scanned = false;
    std::vector<std::string> Values(const char* keyword) const {
      std::vector<std::string> values;
      for (const codec::DataSet& match : matches)
        values.emplace_back(match.Text(*codec::TagOfKeyword(keyword)));
      return values;
    }
  };

  // Relational, so that tests name only the keys they are about.
  Answer Find(Level level, const Attributes& keys, Root root = Root::kStudy) {
    Query query;
    query.root = root;
    query.level = level;
    query.relational = true;
    query.keys = MakeKeys(keys);
    return Find(std::move(query));
  }

  Answer Find(Query query) {
    Answer answer;
    auto run = QueryRun::Start(catalog_.get(), std::move(query));
    EXPECT_TRUE(run.ok()) << run.status().ToString();
    if (!run.ok()) return answer;
    answer.plan = (*run)->plan().Explain();
    answer.scanned = (*run)->plan().scans_all;
    while (true) {
      auto step = (*run)->Advance();
      EXPECT_TRUE(step.ok()) << step.status().ToString();
      if (!step.ok() || *step == QueryRun::Step::kDone) return answer;
      if (*step == QueryRun::Step::kMatch) answer.matches.push_back((*run)->identifier());
    }
  }

  std::unique_ptr<storage::Catalog> catalog_;
  std::unique_ptr<ingest::FactProjector> projector_;
  uint64_t sequence_ = 0;
  std::vector<std::string> directories_;
};

#define ARGENT_OVER_BOTH_CATALOGS(Suite)                                                                  \
  INSTANTIATE_TEST_SUITE_P(Catalogs, Suite, testing::Values(CatalogKind::kMemory, CatalogKind::kRocksDb), \
                           [](const testing::TestParamInfo<CatalogKind>& suite) {                         \
                             return suite.param == CatalogKind::kMemory ? "Memory" : "RocksDb";           \
                           })

}  // namespace argent::archive
