#include "daemons/pass_schedule.h"

#include <gtest/gtest.h>

namespace dbrepl {
namespace {

TEST(PassScheduleTest, TheFirstPassComesAtAnyTimeWithinTheInterval) {
  SeededRandom random(1);
  double least = 1;
  double most = 0;
  for (int i = 0; i < 1000; ++i) {
    const double pause = FirstPause(30, random).count() / 30;
    least = std::min(least, pause);
    most = std::max(most, pause);
  }
  EXPECT_GE(least, 0);
  EXPECT_LT(least, 0.1);
  EXPECT_LT(most, 1);
  EXPECT_GT(most, 0.9);
}

TEST(PassScheduleTest, LaterOnesFillTheIntervalGiveOrTakeATenth) {
  SeededRandom random(2);
  double least = 1000;
  double most = 0;
  for (int i = 0; i < 1000; ++i) {
    const double pause = NextPause(30, PassPause(10), random).count();
    least = std::min(least, pause);
    most = std::max(most, pause);
  }
  EXPECT_GE(least, 17);
  EXPECT_LT(least, 17.5);
  EXPECT_LE(most, 23);
  EXPECT_GT(most, 22.5);
}

TEST(PassScheduleTest, NodesThatStartedTogetherDoNotStayInStep) {
  SeededRandom one(3);
  SeededRandom other(4);
  EXPECT_NE(NextPause(30, PassPause(0), one), NextPause(30, PassPause(0), other));
}

TEST(PassScheduleTest, LongPassesAreFollowedByTheNextAlmostAtOnce) {
  SeededRandom random(5);
  EXPECT_EQ(NextPause(30, PassPause(1000), random), PassPause(0.1));
  EXPECT_EQ(NextPause(0, PassPause(0), random), PassPause(0.1));
  EXPECT_EQ(FirstPause(0, random), PassPause(0));
}

}  // namespace
}  // namespace dbrepl
