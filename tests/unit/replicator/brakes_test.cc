#include "replicator/brakes.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace dbrepl {
namespace {

class BrakesTest : public testing::Test {
 protected:
  Logger MakeTestLogger() {
    LogOptions options;
    options.to_syslog = false;
    options.listener = [this](LogLevel level, std::string_view line) {
      if (level == LogLevel::kCritical) loud_.emplace_back(line);
    };
    return MakeLogger(options).value();
  }
  // Visits so many databases, every n-th of which looks so; how many were allowed.
  int Visit(const std::string& device, int count, int every, Suspicion suspicion) {
    int allowed = 0;
    for (int i = 0; i < count; ++i) {
      brakes_.OnVisit(device);
      if (i % every == 0 && brakes_.Allows(device, suspicion)) ++allowed;
    }
    return allowed;
  }

  std::vector<std::string> loud_;
  Brakes brakes_{MakeTestLogger()};
};

TEST_F(BrakesTest, SmallWorldsAndScatteredCasesNeverTrip) {
  EXPECT_EQ(Visit("sda", 20, 1, Suspicion::kWrongPartition), 20);
  EXPECT_EQ(Visit("sdb", 20, 1, Suspicion::kCorrupt), 20);
  EXPECT_EQ(Visit("sdc", 100, 1, Suspicion::kReclaimable), 100);
  EXPECT_EQ(Visit("sdd", 10'000, 25, Suspicion::kWrongPartition), 400);
  EXPECT_EQ(Visit("sde", 10'000, 12, Suspicion::kCorrupt), 834);
  EXPECT_EQ(Visit("sdf", 10'000, 5, Suspicion::kReclaimable), 2000);
  EXPECT_TRUE(loud_.empty());
}

TEST_F(BrakesTest, AWholeDeviceTripsEachOfThemAndSaysSoOnce) {
  EXPECT_EQ(Visit("sda", 1000, 1, Suspicion::kWrongPartition), 20);
  EXPECT_EQ(Visit("sdb", 1000, 1, Suspicion::kCorrupt), 20);
  EXPECT_EQ(Visit("sdc", 1000, 1, Suspicion::kReclaimable), 100);
  ASSERT_EQ(loud_.size(), 3U);
  EXPECT_NE(loud_[0].find("sda: 21 of 21 databases"), std::string::npos) << loud_[0];
  EXPECT_NE(loud_[0].find("part power"), std::string::npos) << loud_[0];
  EXPECT_NE(loud_[2].find("clock"), std::string::npos) << loud_[2];
}

TEST_F(BrakesTest, StayOnForTheirDeviceOnly) {
  Visit("sda", 50, 1, Suspicion::kCorrupt);
  Visit("sda", 10'000, 10'001, Suspicion::kWrongPartition);  // many good ones do not release it
  EXPECT_FALSE(brakes_.Allows("sda", Suspicion::kCorrupt));
  EXPECT_TRUE(brakes_.Allows("sda", Suspicion::kReclaimable));
  EXPECT_TRUE(brakes_.Allows("sdb", Suspicion::kCorrupt));
  EXPECT_EQ(loud_.size(), 1U);
}

}  // namespace
}  // namespace dbrepl
