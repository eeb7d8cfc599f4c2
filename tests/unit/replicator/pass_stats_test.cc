#include "replicator/pass_stats.h"

#include <gtest/gtest.h>

namespace dbrepl {
namespace {

PassStats Sample() {
  PassStats stats;
  stats.attempted = 1;
  stats.success = 2;
  stats.no_change = 4;
  stats.hashmatch = 5;
  stats.rsync = 6;
  stats.diff = 7;
  stats.remove = 8;
  stats.remote_merge = 9;
  stats.diff_capped = 10;
  stats.deferred = 11;
  stats.AddFailure("10.0.0.2", "sdb");
  stats.AddFailure("10.0.0.1", "sda");
  stats.AddFailure("10.0.0.2", "sdb");
  return stats;
}

TEST(PassStats, JsonIsRecons) {
  EXPECT_EQ(DumpJson(ToJson(Sample(), 1700000000.5), JsonKeys::kSorted),
            R"({"attempted": 1, "deferred": 11, "diff": 7, "diff_capped": 10, "empty": 0, )"
            R"("failure": 3, "failure_nodes": {"10.0.0.1": {"sda": 1}, "10.0.0.2": {"sdb": 2}}, )"
            R"("hashmatch": 5, "no_change": 4, "remote_merge": 9, "remove": 8, "rsync": 6, )"
            R"("start": 1700000000.5, "success": 2, "ts_repl": 0})");
}

TEST(PassStats, CounterLineIsSwifts) {
  EXPECT_EQ(CounterLine(Sample()),
            "diff:7 diff_capped:10 empty:0 hashmatch:5 no_change:4 remote_merge:9 rsync:6 "
            "ts_repl:0");
}

TEST(PassStats, AddUp) {
  PassStats twice = Sample();
  twice += Sample();
  PassStats expected;
  expected.attempted = 2;
  expected.success = 4;
  expected.failure = 6;
  expected.no_change = 8;
  expected.hashmatch = 10;
  expected.rsync = 12;
  expected.diff = 14;
  expected.remove = 16;
  expected.remote_merge = 18;
  expected.diff_capped = 20;
  expected.deferred = 22;
  expected.failure_nodes = {{"10.0.0.1", {{"sda", 2}}}, {"10.0.0.2", {{"sdb", 4}}}};
  EXPECT_EQ(twice, expected);
}

}  // namespace
}  // namespace dbrepl
