#include "replicator/answer/slow_phase.h"

#include <atomic>
#include <chrono>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/replicator/service_fixture.h"

namespace dbrepl {
namespace {

using testing::ElementsAre;

// Every look at it takes the same time.
class SteppingClock final : public Clock {
 public:
  explicit SteppingClock(std::chrono::milliseconds step) : step_(step) {}
  double NowSeconds() const override { return 1'700'000'000; }
  std::chrono::steady_clock::time_point SteadyNow() const override {
    return std::chrono::steady_clock::time_point(step_ * ++looks_);
  }

 private:
  const std::chrono::milliseconds step_;
  mutable std::atomic<int> looks_{0};
};

class SlowPhaseTest : public ServiceTest {
 protected:
  // Lines about phases, from the phase's name on.
  std::vector<std::string> PhasesOf(const std::string& body, std::chrono::milliseconds step) {
    const SteppingClock clock(step);
    ReplicateOptions options = Options();
    options.clock = &clock;
    std::vector<std::string> phases;
    LogOptions log;
    log.to_syslog = false;
    log.level = "DEBUG";
    log.listener = [&](LogLevel level, std::string_view line) {
      constexpr std::string_view kBegin = ": replicator-rpc-sync time for ";
      const auto at = line.find(kBegin);
      if (at == std::string_view::npos) return;
      EXPECT_EQ(level, LogLevel::kDebug);
      phases.emplace_back(line.substr(at + kBegin.size()));
    };
    options.logger = MakeLogger(log).value();
    status_ = ReplicateService(options).Handle(Request(Target(), body)).head.status;
    return phases;
  }

  int status_ = 0;
};

TEST_F(SlowPhaseTest, EveryPhaseOfSyncHasItsLine) {
  Create();
  const std::string body = StrCat(
      R"(["sync", 5, "00000000000000000000000000000000", "peer", ")", At(-99), R"(", ")", At(-99),
      R"(", "0", "{\"X-Container-Meta-A\")", R"(: [\"b\", \")", At(-9), R"(\"]}"])");
  // The last one spans two looks for each of the four others. The sync point is read with the info.
  EXPECT_THAT(PhasesOf(body, std::chrono::milliseconds(10'010)),
              ElementsAre("info: 10.01s", "update_metadata: 10.01s", "merge_timestamps: 10.01s",
                          "merge_syncs: 10.01s", testing::StartsWith("sync: ")));
  EXPECT_EQ(status_, 200);
}

TEST_F(SlowPhaseTest, OtherOperationsAreOnePhaseAlsoWhenTheyFail) {
  Create();
  const auto step = std::chrono::milliseconds(12'345);
  EXPECT_THAT(PhasesOf("[\"merge_syncs\", []]", step), ElementsAre("merge_syncs: 12.35s"));
  EXPECT_THAT(PhasesOf("[\"merge_items\", 7, null]", step), ElementsAre("merge_items: 12.35s"));
  EXPECT_EQ(status_, 400);
  EXPECT_THAT(PhasesOf("[\"complete_rsync\", \"x\"]", step), ElementsAre("complete_rsync: 12.35s"));
}

TEST_F(SlowPhaseTest, TenSecondsAreNotSlow) {
  Create();
  EXPECT_THAT(PhasesOf("[\"merge_syncs\", []]", SlowPhase::kThreshold), ElementsAre());
}

}  // namespace
}  // namespace dbrepl
