#include "daemons/request_log.h"

#include <gtest/gtest.h>

#include "tests/testlib/datagram_receiver.h"

namespace dbrepl {
namespace {

TEST(AccessLineTest, LooksLikeSwifts) {
  HttpRequestHead head{.method = "PUT", .target = "/sd1/7/a/c%20%22?x=y", .headers = {}};
  AccessRecord record{.client_address = "10.0.0.9", .request = &head, .status = 404};
  EXPECT_EQ(AccessLine(record, 1'700'000'000, 42),
            R"(10.0.0.9 - - [14/Nov/2023:22:13:20 +0000] "PUT /sd1/7/a/c%20%22" 404 - "-" "-" "-" )"
            R"(0.0000 "-" 42 -)");
  head.headers = {{"Referer", "PUT http://x"},
                  {"x-trans-id", "tx1"},
                  {"User-Agent", "a\nb"},
                  {"X-Backend-Storage-Policy-Index", "3"}};
  record.content_length = 70;
  record.duration = std::chrono::milliseconds(1250);
  record.additional_info = "to 10.0.0.1:6201";
  EXPECT_EQ(AccessLine(record, 1'700'000'000, 42),
            R"(10.0.0.9 - - [14/Nov/2023:22:13:20 +0000] "PUT /sd1/7/a/c%20%22" 404 70 )"
            R"("PUT http://x" "tx1" "a\x0ab" 1.2500 "to 10.0.0.1:6201" 42 3)");
}

class RequestLogTest : public testing::Test {
 protected:
  RequestLogTest() : receiver_(DatagramReceiver::OnIpv4()) {
    LogOptions options;
    options.level = "DEBUG";
    options.to_syslog = false;
    options.listener = [this](LogLevel level, std::string_view line) {
      levels_.push_back(level);
      lines_ += line;
    };
    logger_ = *MakeLogger(options);
    StatsdOptions statsd;
    statsd.host = "127.0.0.1";
    statsd.port = receiver_.port();
    statsd_ = std::make_unique<StatsdClient>(statsd, logger_);
  }

  void Answer(DbKind kind, const std::string& method, int status, bool log_requests = true) {
    const HttpRequestHead head{.method = method, .target = "/", .headers = {}};
    const RequestLog log(kind, log_requests, logger_, *statsd_);
    log.Answered({.client_address = "c",
                  .request = &head,
                  .status = status,
                  .duration = std::chrono::milliseconds(2)});
  }

  DatagramReceiver receiver_;
  std::vector<LogLevel> levels_;
  std::string lines_;
  Logger logger_;
  std::unique_ptr<StatsdClient> statsd_;
};

TEST_F(RequestLogTest, LevelsAndMetrics) {
  Answer(DbKind::kAccount, "REPLICATE", 404);
  EXPECT_EQ(receiver_.Receive(), "REPLICATE.timing:2.0|ms");
  Answer(DbKind::kAccount, "REPLICATE", 507);
  EXPECT_EQ(receiver_.Receive(), "REPLICATE.errors.timing:2.0|ms");
  Answer(DbKind::kContainer, "OPTIONS", 200);
  EXPECT_EQ(receiver_.Receive(), "OPTIONS.timing:2.0|ms");
  EXPECT_EQ(levels_, (std::vector{LogLevel::kDebug, LogLevel::kDebug, LogLevel::kInfo}));
}

TEST_F(RequestLogTest, ContainersSendOneMetricInAHundred) {
  for (int i = 0; i < 2000; ++i) Answer(DbKind::kContainer, "REPLICATE", 200, false);
  int received = 0;
  while (const auto metric = receiver_.Receive(50)) {
    EXPECT_EQ(*metric, "REPLICATE.timing:2.0|ms|@0.01");
    ++received;
  }
  EXPECT_GT(received, 0);
  EXPECT_LT(received, 80);
  EXPECT_EQ(lines_, "");
}

// There was no line, whatever was sent.
TEST_F(RequestLogTest, WhatIsNoRequestIsOneWarningThatCannotForgeAnother) {
  RequestLog(DbKind::kAccount, false, logger_, *statsd_).Refused("10.0.0.9", 400, "bad\n\x1b[2J");
  EXPECT_EQ(levels_, std::vector{LogLevel::kWarning});
  EXPECT_EQ(lines_, R"(swift: refused (400) what 10.0.0.9 sends: bad\x0a\x1b[2J)");
}

TEST_F(RequestLogTest, ForwardedRequestsAreNotCounted) {
  const HttpRequestHead head{.method = "GET", .target = "/", .headers = {}};
  RequestLog(DbKind::kAccount, true, logger_, *statsd_)
      .Forwarded({.client_address = "c", .request = &head, .status = 200});
  EXPECT_EQ(levels_, std::vector{LogLevel::kInfo});
  EXPECT_EQ(receiver_.Receive(50), std::nullopt);
}

}  // namespace
}  // namespace dbrepl
