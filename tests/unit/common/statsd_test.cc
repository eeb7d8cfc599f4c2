#include "common/statsd.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/testlib/datagram_receiver.h"
#include "tests/testlib/fake_clock.h"

namespace dbrepl {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::Eq;
using testing::HasSubstr;
using testing::Optional;

StatsdOptions To(const DatagramReceiver& daemon) {
  StatsdOptions options;
  options.host = "127.0.0.1";
  options.port = daemon.port();
  options.name = "container-replicator";
  return options;
}

TEST(StatsdTest, CountersAndTimings) {
  auto daemon = DatagramReceiver::OnIpv4();
  StatsdClient client(To(daemon), {});
  client.Increment("removes.sda");
  client.Timing("timing", 12.5);
  client.Timing("timing", 3);
  client.Timing("timing", 0.00001);
  EXPECT_THAT(daemon.Receive(), Optional(Eq("container-replicator.removes.sda:1|c")));
  EXPECT_THAT(daemon.Receive(), Optional(Eq("container-replicator.timing:12.5|ms")));
  EXPECT_THAT(daemon.Receive(), Optional(Eq("container-replicator.timing:3.0|ms")));
  EXPECT_THAT(daemon.Receive(), Optional(Eq("container-replicator.timing:1e-05|ms")));
}

TEST(StatsdTest, PrefixesOnlyWhatIsSet) {
  struct Case {
    const char* metric_prefix;
    const char* name;
    const char* packet;
  };
  auto daemon = DatagramReceiver::OnIpv4();
  for (const auto& [metric_prefix, name, packet] : {Case{"east", "r", "east.r.m:1|c"},
                                                    {"east", "", "east.m:1|c"},
                                                    {"", "r", "r.m:1|c"},
                                                    {"", "", "m:1|c"}}) {
    StatsdOptions options = To(daemon);
    options.metric_prefix = metric_prefix;
    options.name = name;
    StatsdClient(options, {}).Increment("m");
    EXPECT_THAT(daemon.Receive(), Optional(Eq(packet)));
  }
}

TEST(StatsdTest, SampledShareIsSentWithItsRate) {
  auto daemon = DatagramReceiver::OnIpv4();
  StatsdOptions options = To(daemon);
  options.default_sample_rate = 0.5;
  options.sample_rate_factor = 0.5;
  SeededRandom random(11);
  StatsdClient client(options, {}, {SystemClock(), random});
  // So few that the socket's buffer holds what is sent.
  for (int i = 0; i < 400; ++i) client.Increment("m");
  int received = 0;
  while (const auto packet = daemon.Receive(0)) {
    EXPECT_EQ(*packet, "container-replicator.m:1|c|@0.25");
    ++received;
  }
  EXPECT_NEAR(received, 100, 30);

  client.Increment("m", 2.0);  // 1 after the factor: always, without a rate
  EXPECT_THAT(daemon.Receive(), Optional(Eq("container-replicator.m:1|c")));
  client.Increment("m", 0.0);
  EXPECT_EQ(daemon.Receive(0), std::nullopt);
}

TEST(StatsdTest, Ipv6) {
  auto daemon = DatagramReceiver::OnIpv6();
  StatsdOptions options = To(daemon);
  options.host = "::1";
  StatsdClient(options, {}).Increment("m");
  EXPECT_THAT(daemon.Receive(), Optional(Eq("container-replicator.m:1|c")));
}

TEST(StatsdTest, WithoutHostNothingHappens) {
  StatsdClient().Increment("m");
  StatsdClient(StatsdOptions{}, {}).Timing("m", 1);
}

TEST(StatsdTest, UnknownHostIsLoggedOnceAndResolvedAgainEveryMinute) {
  std::vector<std::string> lines;
  LogOptions log;
  log.to_syslog = false;
  log.listener = [&](LogLevel, std::string_view line) { lines.emplace_back(line); };
  auto daemon = DatagramReceiver::OnIpv4();
  FakeClock clock;
  int asked = 0;
  const auto resolve = [&](const std::string&, int port, AddressChoice choice) {
    const bool known = ++asked == 3;
    return known ? ResolveUdp("127.0.0.1", port, choice)
                 : Result<UdpAddress>(Fail(Errc::kUnreachable, "no such name"));
  };
  StatsdOptions options = To(daemon);
  options.host = "stats.example";
  StatsdClient client(options, *MakeLogger(log), {clock, SystemRandom(), resolve});
  EXPECT_EQ(asked, 1);
  client.Increment("m");
  clock.Advance(std::chrono::seconds(59));
  client.Increment("m");
  EXPECT_EQ(asked, 1);
  clock.Advance(std::chrono::seconds(1));
  client.Increment("m");
  EXPECT_EQ(asked, 2);
  EXPECT_THAT(lines, ElementsAre(AllOf(HasSubstr("stats.example:"), HasSubstr("no such name"))));
  EXPECT_EQ(daemon.Receive(0), std::nullopt);

  clock.Advance(std::chrono::minutes(1));
  client.Increment("found");
  EXPECT_THAT(daemon.Receive(), Optional(Eq("container-replicator.found:1|c")));
  clock.Advance(std::chrono::hours(1));
  client.Increment("m");
  EXPECT_EQ(asked, 3);
}

}  // namespace
}  // namespace dbrepl
