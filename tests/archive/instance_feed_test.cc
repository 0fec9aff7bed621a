#include "archive/retrieve/instance_feed.h"

#include <gtest/gtest.h>

#include "tests/archive/fake_data_reader.h"

namespace argent::archive {
namespace {

constexpr const char* kExplicit = "1.2.840.10008.1.2.1";

class InstanceFeedTest : public testing::Test {
 protected:
  const RetrieveInstance* Add(std::string bytes) {
    auto instance = std::make_unique<RetrieveInstance>();
    instance->stored.variant.data_set_bytes = bytes.size();
    instance->stored.variant.transfer_syntax_uid = kExplicit;
    instance->stored.variant.extents = reader_.Add(std::move(bytes));
    instances_.push_back(std::move(instance));
    jobs_.push_back({instances_.back().get(), kExplicit});
    return instances_.back().get();
  }

  // What the feed hands out for the next Instance; an error's text when it fails.
  static std::string Take(InstanceFeed* feed) {
    const Status begun = feed->Begin();
    if (!begun.ok()) return begun.ToString();
    std::string bytes;
    while (true) {
      auto piece = feed->NextPiece();
      if (!piece.ok()) return piece.status().ToString();
      if (piece->empty()) return bytes;
      bytes += AsText(*piece);
    }
  }

  FakeDataReader reader_{size_t{1} << 20};
  std::vector<std::unique_ptr<RetrieveInstance>> instances_;
  std::vector<InstanceFeed::Job> jobs_;
};

TEST_F(InstanceFeedTest, GivesInstancesInOrderWhateverTheirSize) {
  std::vector<std::string> data_sets{"small", std::string(3'000'000, 'a'), "x", std::string(20'000'000, 'b'),
                                     "end"};
  for (const std::string& data_set : data_sets) Add(data_set);
  InstanceFeed feed(&reader_, jobs_);
  for (const std::string& data_set : data_sets) EXPECT_TRUE(Take(&feed) == data_set);
  EXPECT_FALSE(feed.Begin().ok());
}

TEST_F(InstanceFeedTest, DamageIsKnownBeforeTheFirstByteIsSent) {
  Add("first");
  const RetrieveInstance* damaged = Add(std::string(5'000'000, 'a'));
  reader_.Damage(damaged->stored.variant.extents[0], 4'000'000);
  Add("last");
  InstanceFeed feed(&reader_, jobs_);
  EXPECT_EQ(Take(&feed), "first");
  EXPECT_EQ(feed.Begin().code(), StatusCode::kCorruption);
  EXPECT_EQ(Take(&feed), "last");
}

TEST_F(InstanceFeedTest, ASkippedInstanceIsPassedOver) {
  Add(std::string(15'000'000, 'a'));
  Add("second");
  InstanceFeed feed(&reader_, jobs_);
  ASSERT_TRUE(feed.Begin().ok());
  ASSERT_TRUE(feed.NextPiece().ok());
  EXPECT_EQ(Take(&feed), "second");
}

TEST_F(InstanceFeedTest, EndsAtOnceWhenNobodyWantsTheRest) {
  for (int i = 0; i < 10; ++i) Add(std::string(5'000'000, 'a'));
  InstanceFeed feed(&reader_, jobs_);
  ASSERT_TRUE(feed.Begin().ok());
}

TEST_F(InstanceFeedTest, WhatCannotBeTranscodedSaysSo) {
  Add("pixels");
  jobs_[0].transfer_syntax_uid = "1.2.840.10008.1.2.4.90";
  InstanceFeed feed(&reader_, jobs_);
  EXPECT_EQ(feed.Begin().code(), StatusCode::kUnsupported);
}

}  // namespace
}  // namespace argent::archive
