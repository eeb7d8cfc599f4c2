#include "daemons/replicator_conf.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dbrepl {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using Pairs = std::vector<std::pair<std::string, std::string>>;

Result<ReplicatorConf> Load(const Pairs& options, DbKind kind = DbKind::kContainer) {
  ConfSettings settings;
  int line = 1;
  for (const auto& [name, value] : options) settings.Set({name, value, {"f", line++}});
  return ReplicatorConfFrom(settings, kind);
}

ReplicatorConf Good(const Pairs& options, DbKind kind = DbKind::kContainer) {
  auto conf = Load(options, kind);
  EXPECT_TRUE(conf) << conf.error().message;
  return conf ? *std::move(conf) : ReplicatorConf{};
}

TEST(ReplicatorConfTest, DefaultsAreSwifts) {
  const ReplicatorConf conf = Good({});
  EXPECT_EQ(conf.interval_seconds, 30);
  EXPECT_TRUE(conf.daemonize);
  EXPECT_THAT(conf.warnings, IsEmpty());
  EXPECT_EQ(conf.ring_path(), "/etc/swift/container.ring.gz");
  const PassOptions& pass = conf.pass;
  EXPECT_EQ(pass.kind, DbKind::kContainer);
  EXPECT_EQ(pass.devices, "/srv/node");
  EXPECT_TRUE(pass.mount_check);
  EXPECT_EQ(pass.bind_ip, "0.0.0.0");
  EXPECT_EQ(pass.bind_port, 6201);
  EXPECT_EQ(pass.concurrency, 8U);
  EXPECT_EQ(pass.per_diff, 1000);
  EXPECT_EQ(pass.max_diffs, 100);
  EXPECT_EQ(pass.databases_per_second, 50);
  EXPECT_EQ(pass.node_timeout, milliseconds(10000));
  EXPECT_EQ(pass.conn_timeout, milliseconds(500));
  EXPECT_EQ(pass.reclaim_age_seconds, 604800);
  EXPECT_FALSE(pass.rsync_compress);
  EXPECT_EQ(pass.rsync_module, "{replication_ip}::container");
  EXPECT_FALSE(pass.handoffs_only);
  EXPECT_EQ(pass.handoff_delete, 0);
  EXPECT_EQ(pass.recon_cache_path, "/var/cache/swift");
}

TEST(ReplicatorConfTest, AccountsHaveTheirOwn) {
  const ReplicatorConf conf = Good({}, DbKind::kAccount);
  EXPECT_EQ(conf.pass.bind_port, 6202);
  EXPECT_EQ(conf.pass.rsync_module, "{replication_ip}::account");
  EXPECT_EQ(conf.ring_path(), "/etc/swift/account.ring.gz");
}

TEST(ReplicatorConfTest, EverythingThatIsSetCounts) {
  const ReplicatorConf conf = Good({{"devices", "/d"},
                                    {"mount_check", "no"},
                                    {"bind_ip", "::1"},
                                    {"bind_port", "7"},
                                    {"concurrency", "3"},
                                    {"per_diff", "5"},
                                    {"max_diffs", "6"},
                                    {"interval", "1.5"},
                                    {"databases_per_second", "-1"},
                                    {"node_timeout", "0.5"},
                                    {"conn_timeout", "2"},
                                    {"reclaim_age", "60"},
                                    {"rsync_compress", "y"},
                                    {"rsync_module", "a::b"},
                                    {"handoffs_only", "on"},
                                    {"handoff_delete", "2"},
                                    {"daemonize", "no"},
                                    {"recon_cache_path", "/r"},
                                    {"swift_dir", "/s"}});
  EXPECT_EQ(conf.interval_seconds, 1.5);
  EXPECT_FALSE(conf.daemonize);
  EXPECT_EQ(conf.ring_path(), "/s/container.ring.gz");
  const PassOptions& pass = conf.pass;
  EXPECT_EQ(pass.devices, "/d");
  EXPECT_FALSE(pass.mount_check);
  EXPECT_EQ(pass.bind_ip, "::1");
  EXPECT_EQ(pass.bind_port, 7);
  EXPECT_EQ(pass.concurrency, 3U);
  EXPECT_EQ(pass.per_diff, 5);
  EXPECT_EQ(pass.max_diffs, 6);
  EXPECT_EQ(pass.databases_per_second, -1);
  EXPECT_EQ(pass.node_timeout, milliseconds(500));
  EXPECT_EQ(pass.conn_timeout, milliseconds(2000));
  EXPECT_EQ(pass.reclaim_age_seconds, 60);
  EXPECT_TRUE(pass.rsync_compress);
  EXPECT_EQ(pass.rsync_module, "a::b");
  EXPECT_TRUE(pass.handoffs_only);
  EXPECT_EQ(pass.handoff_delete, 2);
  EXPECT_EQ(pass.recon_cache_path, "/r");
}

struct IntervalCase {
  Pairs options;
  double seconds;
  std::size_t warnings;
};

TEST(ReplicatorConfTest, RunPauseIsTheIntervalsOldName) {
  const std::vector<IntervalCase> cases{
      {{{"interval", ""}}, 30, 0},
      {{{"interval", "0"}}, 0, 0},
      {{{"run_pause", "7"}}, 7, 1},
      {{{"run_pause", ""}}, 30, 1},
      {{{"run_pause", "7"}, {"interval", ""}}, 7, 1},
      {{{"run_pause", "7"}, {"interval", "9"}}, 9, 1},
  };
  for (const IntervalCase& one : cases) {
    const ReplicatorConf conf = Good(one.options);
    EXPECT_EQ(conf.interval_seconds, one.seconds) << one.options.front().first;
    EXPECT_EQ(conf.warnings.size(), one.warnings);
  }
  EXPECT_THAT(Good({{"run_pause", "7"}}).warnings,
              ElementsAre("Option container-replicator/run_pause is deprecated and will be removed "
                          "in a future version. Update your configuration to use option "
                          "container-replicator/interval."));
  EXPECT_THAT(Good({{"run_pause", "7"}, {"interval", "9"}}).warnings.front(),
              HasSubstr("it is now ignored"));
}

TEST(ReplicatorConfTest, EmptyAndZeroMaxDiffsAreAHundred) {
  EXPECT_EQ(Good({{"max_diffs", ""}}).pass.max_diffs, 100);
  EXPECT_EQ(Good({{"max_diffs", "0"}}).pass.max_diffs, 100);
}

TEST(ReplicatorConfTest, ModulesLoseSlashesAtTheirEnds) {
  EXPECT_EQ(Good({{"rsync_module", "{ip}::c_{device}//"}}).pass.rsync_module, "{ip}::c_{device}");
  EXPECT_EQ(Good({{"rsync_module", "/"}}).pass.rsync_module, "{replication_ip}::container");
  EXPECT_EQ(Good({{"rsync_module", ""}}).pass.rsync_module, "{replication_ip}::container");
}

TEST(ReplicatorConfTest, HandoffDeleteMayBeAutomatic) {
  EXPECT_EQ(Good({{"handoff_delete", "AUTO"}}).pass.handoff_delete, 0);
}

TEST(ReplicatorConfTest, AsManyRowsAsFitInARequest) {
  const ReplicatorConf conf = Good({{"per_diff", "100001"}});
  EXPECT_EQ(conf.pass.per_diff, 100000);
  EXPECT_THAT(conf.warnings,
              ElementsAre("per_diff: 100000 instead of 100001, for a request holds no more rows"));
  EXPECT_THAT(Good({{"per_diff", "100000"}}).warnings, IsEmpty());
}

TEST(ReplicatorConfTest, WhatIsNoNumberNamesFileLineAndOption) {
  for (const auto& [name, value] : Pairs{{"per_diff", "x"},
                                         {"per_diff", "0"},
                                         {"concurrency", "0"},
                                         {"interval", "nan"},
                                         {"interval", "-1"},
                                         {"interval", "inf"},
                                         {"node_timeout", "0"},
                                         {"bind_port", "65536"},
                                         {"run_pause", "soon"},
                                         {"handoff_delete", "all"},
                                         {"reclaim_age", "1 week"},
                                         {"databases_per_second", "nan"},
                                         {"databases_per_second", "inf"}}) {
    const auto conf = Load({{name, value}});
    ASSERT_FALSE(conf) << name << " = " << value;
    EXPECT_EQ(conf.error().code, Errc::kBadInput);
    EXPECT_THAT(conf.error().message, HasSubstr("f:1"));
    EXPECT_THAT(conf.error().message, HasSubstr(name));
  }
}

}  // namespace
}  // namespace dbrepl
