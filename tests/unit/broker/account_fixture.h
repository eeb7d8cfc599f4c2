// What tests of the common broker and of account databases share: one account on a device of its
// own, and looks into its file past the broker. One thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "broker/account_broker.h"
#include "broker/connection.h"
#include "broker/create.h"
#include "common/random.h"
#include "tests/testlib/fake_clock.h"
#include "tests/testlib/temp_dir.h"

namespace dbrepl {

class AccountTest : public testing::Test {
 protected:
  using Rows = std::vector<std::string>;

  AccountTest() {
    options_.clock = &clock_;
    options_.random = &random_;
    options_.warn = [this](const std::string& line) { warnings_.push_back(line); };
    options_.lock_timeout = std::chrono::milliseconds(50);
    options_.pending_timeout = std::chrono::milliseconds(50);
  }

  // "17000000NN.00000"
  static std::string At(int seconds) { return std::to_string(1'700'000'000 + seconds) + ".00000"; }

  void SetClock(double seconds_since_1970) {
    clock_.Advance(std::chrono::nanoseconds(
        static_cast<std::int64_t>((seconds_since_1970 - clock_.NowSeconds()) * 1e9)));
  }

  static ContainerItem Item(std::string name, std::string put, std::string deleted_at,
                            SqlValue objects, SqlValue bytes, std::int64_t policy = 0) {
    ContainerItem item;
    item.record = {std::move(name),
                   std::move(put),
                   std::move(deleted_at),
                   std::move(objects),
                   std::move(bytes),
                   std::int64_t{0},
                   policy};
    return item;
  }

  // <device>/accounts/0/abc/<hash>/<hash>.db
  std::string Path() const {
    const std::string hash = "0123456789abcdef0123456789abcabc";
    return directory_.Sub("sdb1/accounts/0/abc/" + hash + "/" + hash + ".db");
  }

  void Create() {
    NewDatabase database;
    database.kind = DbKind::kAccount;
    database.path = Path();
    database.account = "AUTH_a";
    database.put_timestamp = At(0);
    const auto created = CreateDatabase(database, clock_, random_);
    ASSERT_TRUE(created.has_value()) << created.error().message;
  }

  AccountBroker Broker() const { return AccountBroker(Path(), options_); }

  // The values of a query's rows, each row joined with '|', NULL as "NULL".
  Rows Query(std::string_view sql) const {
    auto connection = Connection::Open(Path()).value();
    auto statement = connection->Prepare(sql).value();
    Rows rows;
    while (statement.Step().value()) {
      std::string row;
      for (int i = 0; i < statement.ColumnCount(); ++i) {
        if (i > 0) row += '|';
        row += statement.IsNull(i) ? "NULL" : std::string(statement.Text(i));
      }
      rows.push_back(std::move(row));
    }
    return rows;
  }
  std::string QueryOne(std::string_view sql) const { return Query(sql).at(0); }

  // With triggers, as Swift would.
  void Execute(std::string_view script) const {
    auto connection = Connection::Open(Path()).value();
    connection->UseTriggers(true);
    const auto done = connection->Execute(script);
    ASSERT_TRUE(done.has_value()) << done.error().message;
  }

  template <class T>
  static void ExpectOk(const Result<T>& result) {
    EXPECT_TRUE(result.has_value()) << result.error().message;
  }
  template <class T>
  static void ExpectFails(const Result<T>& result, Errc code, std::string_view part) {
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().code, code) << result.error().message;
    EXPECT_NE(result.error().message.find(part), std::string::npos) << result.error().message;
  }

  TempDir directory_{TempDir::kInMemory};
  FakeClock clock_;
  SeededRandom random_{1};
  BrokerOptions options_;
  std::vector<std::string> warnings_;
};

}  // namespace dbrepl
