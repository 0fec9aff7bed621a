#include "archive/cli/settings.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace argent::archive {
namespace {

class SettingsTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(std::filesystem::create_directory(folder_)); }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  Status Load(const std::string& text) {
    std::ofstream(path_) << text;
    return settings_.LoadFile(path_);
  }

  const std::string folder_ =
      testing::TempDir() + "argent-settings-" + testing::UnitTest::GetInstance()->current_test_info()->name();
  const std::string path_ = folder_ + "/argent.toml";
  Settings settings_;
};

TEST_F(SettingsTest, ReadsTextsNumbersFlagsAndLists) {
  ASSERT_TRUE(Load("aet = 'A'\ndimse-port = 104\ninsecure = true\npeer = ['B@h:1', 'C@h:2']\n").ok());
  EXPECT_EQ(settings_.Get("aet"), "A");
  EXPECT_EQ(settings_.Get("dimse-port"), "104");
  EXPECT_EQ(settings_.Get("insecure"), "true");
  EXPECT_EQ(settings_.GetList("peer"), (std::vector<std::string>{"B@h:1", "C@h:2"}));
}

// A name that is lost from a list of those who may call would pass unseen.
TEST_F(SettingsTest, RefusesWhatIsNoValueAnywhereInAList) {
  for (const char* text :
       {"accept-calling-aet = ['CT1', ['MR1']]\n", "accept-calling-aet = [{ aet = 'CT1' }]\n",
        "aet = { name = 'A' }\n", "aet = 2026-01-01\n", "[aet]\nname = 'A'\n"}) {
    const Status status = Load(text);
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << text;
    EXPECT_NE(status.message().find("aet"), std::string::npos) << status.message();
  }
}

TEST_F(SettingsTest, RefusesUnknownKeysAndMissingFiles) {
  EXPECT_EQ(Load("dimse-prot = 104\n").code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(settings_.Set("dimse-prot=104").code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(settings_.Set("dimse-port").code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(settings_.LoadFile(folder_ + "/none.toml").code(), StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace argent::archive
