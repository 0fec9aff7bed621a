#include "archive/cli/import_progress.h"

#include <gtest/gtest.h>

namespace argent::archive {
namespace {

TEST(ImportProgress, SaysHowFarItIsAndHowLongItWillTake) {
  EXPECT_EQ(ProgressLine({.files = 50, .bytes = 3 << 20, .stored = 50}, 200, 10),
            "[#####...............]  25%  50 files, 3 MiB, 5 files/s, 30 s left");
  EXPECT_EQ(ProgressLine({.files = 50, .duplicates = 1, .conflicts = 2, .refused = 3}, 0, 10),
            "50 files, 0 MiB, 5 files/s, 1 already here, 2 conflicts, 3 refused");
  EXPECT_EQ(ProgressLine({.files = 1}, 1'000'001, 1),
            "[....................]   0%  1 files, 0 MiB, 1 files/s, 277 h 46 min left");
}

TEST(ImportProgress, NeverGoesBeyondTheWhole) {
  EXPECT_EQ(ProgressLine({.files = 3}, 2, 1), "[####################] 100%  3 files, 0 MiB, 3 files/s");
  EXPECT_EQ(ProgressLine({}, 2, 0), "[....................]   0%  0 files, 0 MiB, 0 files/s");
}

}  // namespace
}  // namespace argent::archive
