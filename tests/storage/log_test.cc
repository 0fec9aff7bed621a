// The log over real files: group commit, bounds, and what happens when the catalog cannot take what the log
// has.
#include "storage/segment/log.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <thread>

#include "storage/segment/segment_reader.h"
#include "tests/storage/io_test_support.h"

namespace argent::storage {
namespace {

// Takes facts, or says that the volume is full as long as it is told to.
class FakeApplier final : public GroupApplier {
 public:
  Status Apply(const std::vector<Fact>& facts, LogPosition) override {
    if (full_) return Status::NoSpace("the catalog's volume is full");
    applied_ += facts.size();
    return Status::Ok();
  }
  std::atomic<bool> full_{false};
  std::atomic<size_t> applied_{0};
};

class LogTest : public ::testing::Test {
 protected:
  LogTest() : io_(NewBestIo()), segments_(io_.get(), directory_ / "", {}), pool_(io_.get(), 8) {
    LogOptions options;
    options.segment_bytes_max = uint64_t{64} << 20;
    options.reserve_bytes = 0;
    log_ = std::make_unique<Log>(io_.get(), &segments_, &clock_, options);
    log_->Start(&applier_, 1);
  }
  ~LogTest() override { log_.reset(); }

  // Appends a fact with a body of `bytes`; the future gives its outcome.
  std::future<Status> AppendFact(size_t bytes) {
    auto outcome = std::make_shared<std::promise<Status>>();
    auto append = std::make_unique<LogAppend>(DataChain(&pool_));
    append->body_bytes_max = bytes;
    append->make_body = [bytes](const Extent*) { return std::string(bytes, 'f'); };
    append->done = [outcome](const Status& status, const Extent&) { outcome->set_value(status); };
    std::future<Status> result = outcome->get_future();
    log_->Append(std::move(append));
    return result;
  }

  const TestDirectory directory_;
  SystemClock clock_;
  std::unique_ptr<Io> io_;
  SegmentDirectory segments_;
  BufferPool pool_;
  FakeApplier applier_;
  std::unique_ptr<Log> log_;
};

TEST_F(LogTest, SplitsFactsThatDoNotFitOneCommitRecord) {
  constexpr size_t kFacts = 24;
  constexpr size_t kBodyBytes = size_t{2} << 20;
  std::vector<std::future<Status>> outcomes;
  for (size_t i = 0; i < kFacts; ++i) outcomes.push_back(AppendFact(kBodyBytes));
  for (auto& outcome : outcomes) EXPECT_TRUE(outcome.get().ok());
  log_->Stop();
  EXPECT_EQ(applier_.applied_, kFacts);
  uint64_t expected = 1;
  auto report = RecoverLog(segments_, {}, [&](const std::vector<Fact>& facts, LogPosition) {
    for (const Fact& fact : facts) {
      EXPECT_EQ(fact.sequence, expected++);
      EXPECT_EQ(fact.body.size(), kBodyBytes);
    }
    return Status::Ok();
  });
  ASSERT_TRUE(report.ok()) << report.status().ToString();
  EXPECT_TRUE(report->damage.empty());
  EXPECT_EQ(report->facts, kFacts);
}

TEST_F(LogTest, RefusesAFactThatFitsNoCommitRecord) {
  EXPECT_EQ(AppendFact((size_t{4} << 20) + 1).get().code(), StatusCode::kInvalidArgument);
  EXPECT_TRUE(AppendFact(100).get().ok()) << "and goes on";
}

TEST_F(LogTest, CatchesTheCatalogUpByItselfWhenSpaceReturns) {
  applier_.full_ = true;
  EXPECT_EQ(AppendFact(100).get().code(), StatusCode::kNoSpace);
  EXPECT_EQ(log_->CanAccept().code(), StatusCode::kNoSpace);
  applier_.full_ = false;
  // Nobody may append while it is behind, so nothing but the log itself can end it.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!log_->CanAccept().ok() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  EXPECT_TRUE(log_->CanAccept().ok());
  EXPECT_EQ(applier_.applied_, 1u) << "what was durable in the log is in the catalog, once";
}

}  // namespace
}  // namespace argent::storage
