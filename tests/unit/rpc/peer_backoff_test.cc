#include "rpc/peer_backoff.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dbrepl {
namespace {

using std::chrono::milliseconds;

class ManualClock : public Clock {
 public:
  double NowSeconds() const override { return 0; }
  std::chrono::steady_clock::time_point SteadyNow() const override { return now; }
  std::chrono::steady_clock::time_point now{};
};

// Always the same fraction.
class FixedRandom : public Random {
 public:
  std::uint64_t operator()() override { return bits; }
  std::uint64_t bits = std::uint64_t{1} << 63;  // a half
};

class PeerBackoffTest : public testing::Test {
 protected:
  bool Admitted() { return backoff.Admit(peer).has_value(); }
  // How long after now the next call is let through; it then fails.
  int FailAndMeasure() {
    backoff.OnFailure(peer);
    int waited = 0;
    while (!Admitted()) {
      clock.now += milliseconds(1);
      ++waited;
    }
    return waited;
  }

  const PeerAddress peer{"10.0.0.3", 6201};
  ManualClock clock;
  FixedRandom random;
  PeerBackoff backoff{{.free_failures = 2,
                       .first_delay = milliseconds(100),
                       .max_delay = milliseconds(1000),
                       .jitter = 0.25},
                      clock,
                      random};
};

TEST_F(PeerBackoffTest, DelaysDoubleUpToTheLongest) {
  std::vector<int> delays;
  for (int i = 0; i < 8; ++i) delays.push_back(FailAndMeasure());
  EXPECT_EQ(delays, (std::vector{0, 0, 100, 200, 400, 800, 1000, 1000}));
}

TEST_F(PeerBackoffTest, JitterWidensBothWays) {
  FailAndMeasure();
  FailAndMeasure();
  random.bits = 0;
  EXPECT_EQ(FailAndMeasure(), 75);
  random.bits = FixedRandom::max();
  EXPECT_EQ(FailAndMeasure(), 250);
}

TEST_F(PeerBackoffTest, SuccessForgetsAll) {
  for (int i = 0; i < 5; ++i) FailAndMeasure();
  backoff.OnSuccess(peer);
  EXPECT_EQ(FailAndMeasure(), 0);
}

TEST_F(PeerBackoffTest, OneCallerTriesAndTheOthersWait) {
  for (int i = 0; i < 3; ++i) backoff.OnFailure(peer);
  EXPECT_FALSE(Admitted());
  clock.now += milliseconds(100);
  EXPECT_TRUE(Admitted());
  const auto refused = backoff.Admit(peer);
  EXPECT_EQ(refused.error().code, Errc::kUnreachable);
  EXPECT_EQ(refused.error().message,
            "10.0.0.3:6201: not tried after 3 failures in a row; one caller is trying now");
  backoff.OnSuccess(peer);
  EXPECT_TRUE(Admitted());
  EXPECT_TRUE(Admitted());
}

TEST_F(PeerBackoffTest, AnAbandonedProbeLetsTheNextOneTry) {
  for (int i = 0; i < 3; ++i) backoff.OnFailure(peer);
  clock.now += milliseconds(100);
  EXPECT_TRUE(Admitted());
  EXPECT_FALSE(Admitted());
  backoff.OnAbandoned(peer);
  EXPECT_TRUE(Admitted());
}

TEST_F(PeerBackoffTest, CallersThatFailTogetherCountOnce) {
  for (int i = 0; i < 50; ++i) backoff.OnFailure(peer);
  EXPECT_THAT(backoff.Admit(peer).error().message,
              testing::HasSubstr("not tried after 3 failures in a row"));
}

TEST_F(PeerBackoffTest, PeersDoNotShare) {
  for (int i = 0; i < 3; ++i) backoff.OnFailure(peer);
  EXPECT_TRUE(backoff.Admit({"10.0.0.3", 6202}));
}

TEST_F(PeerBackoffTest, SaysHowLongIsLeft) {
  for (int i = 0; i < 3; ++i) backoff.OnFailure(peer);
  clock.now += milliseconds(40);
  EXPECT_EQ(backoff.Admit(peer).error().message,
            "10.0.0.3:6201: not tried after 3 failures in a row; next try in 60 ms");
}

}  // namespace
}  // namespace dbrepl
