#include "replicator/pass_progress.h"

#include <gtest/gtest.h>

#include "common/strings.h"
#include "tests/testlib/fake_clock.h"

namespace dbrepl {
namespace {

using std::chrono::seconds;

class PassProgressTest : public testing::Test {
 protected:
  void Visit(int count, double fraction) {
    PassStats stats;
    stats.attempted = 1;
    stats.success = 2;
    for (int i = 0; i < count; ++i) progress_.OnVisited(stats, fraction);
  }
  JsonValue Value(std::string_view key) const {
    const JsonValue json = progress_.ToJson();
    return json.Find(key) == nullptr ? JsonValue("missing") : *json.Find(key);
  }

  FakeClock clock_;
  PassProgress progress_{clock_};
};

TEST_F(PassProgressTest, BeforeTheFirstPassThereIsNone) {
  EXPECT_EQ(progress_.Describe(), "No replication run yet");
  EXPECT_EQ(Value("running"), JsonValue(false));
  EXPECT_EQ(Value("remaining"), JsonValue());
}

TEST_F(PassProgressTest, EstimatesFromWhatLiesBehind) {
  progress_.Begin();
  clock_.Advance(seconds(2));
  EXPECT_EQ(progress_.Describe(),
            "Replication run: 0 of about 0 dbs in 2.0 seconds (0.0/s); 0 successes, 0 failures");
  Visit(20, 0.1);
  EXPECT_EQ(progress_.Describe(),
            "Replication run: 20 of about 200 dbs in 2.0 seconds (10.0/s), about 18 seconds left; "
            "40 successes, 0 failures");
  EXPECT_EQ(Value("done"), JsonValue(20));
  EXPECT_EQ(Value("estimated"), JsonValue(200));
  EXPECT_EQ(Value("rate"), JsonValue(10.0));
  EXPECT_EQ(Value("remaining"), JsonValue(18.0));
  EXPECT_EQ(Value("running"), JsonValue(true));
  EXPECT_EQ(Value("start"), JsonValue(1'700'000'000.0));
  EXPECT_EQ(Value("updated"), JsonValue(1'700'000'002.0));
}

TEST_F(PassProgressTest, TheLastPassHelpsToEstimate) {
  progress_.Begin();
  Visit(100, 1);
  progress_.End();
  progress_.Begin();
  clock_.Advance(seconds(1));
  EXPECT_EQ(Value("estimated"), JsonValue(100));
  Visit(10, 0.25);
  EXPECT_EQ(Value("estimated"), JsonValue(10 + 75));
  Visit(1, 0.125);  // one that began earlier and took longer
  EXPECT_EQ(Value("estimated"), JsonValue(11 + 75));
  Visit(9, 1);
  EXPECT_EQ(Value("estimated"), JsonValue(20));
  progress_.End(PassProgress::Ending::kIncomplete);
  progress_.Begin();
  EXPECT_EQ(Value("estimated"), JsonValue(100));  // what was stopped says nothing
}

TEST_F(PassProgressTest, AfterAPassItTellsOfTheLastOne) {
  progress_.Begin();
  clock_.Advance(seconds(4));
  Visit(2, 0.5);
  progress_.End();
  clock_.Advance(seconds(100));
  EXPECT_EQ(progress_.Describe(),
            "Last replication run: 2 dbs in 4.0 seconds (0.5/s); 4 successes, 0 failures");
  EXPECT_EQ(Value("running"), JsonValue(false));
  EXPECT_EQ(Value("estimated"), JsonValue(2));
  EXPECT_EQ(progress_.stats().success, 4);
  progress_.Begin();
  EXPECT_EQ(progress_.stats(), PassStats());
}

TEST_F(PassProgressTest, NamesThePeersThatFail) {
  progress_.Begin();
  PassStats stats;
  stats.AddFailure("10.0.0.2", "sdb");
  stats.AddFailure("10.0.0.2", "sdb");
  stats.AddFailure("10.0.0.1", "sda");
  progress_.Add(stats);
  EXPECT_TRUE(
      progress_.Describe().ends_with("0 successes, 3 failures (10.0.0.2/sdb: 2, 10.0.0.1/sda: 1)"))
      << progress_.Describe();
  EXPECT_EQ(DumpJson(Value("failure_nodes")),
            R"({"10.0.0.1": {"sda": 1}, "10.0.0.2": {"sdb": 2}})");
  EXPECT_EQ(Value("failure"), JsonValue(3));
  EXPECT_EQ(Value("done"), JsonValue(0));
  PassStats many;
  for (int i = 0; i < 20; ++i) many.AddFailure("10.0.0.3", StrCat("sd", i));
  progress_.Add(many);
  EXPECT_TRUE(progress_.Describe().ends_with(" and 12 more peers)")) << progress_.Describe();
}

}  // namespace
}  // namespace dbrepl
