// What tests of container databases share: one container on a device of its own, and looks into
// its file past the broker. One thread at a time.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "broker/connection.h"
#include "broker/container_broker.h"
#include "broker/create.h"
#include "common/files.h"
#include "common/random.h"
#include "tests/testlib/fake_clock.h"
#include "tests/testlib/temp_dir.h"

namespace dbrepl {

// 1700000000 and some seconds, below a thousand.
inline std::string Time(int seconds) {
  const std::string digits = std::to_string(1000 + seconds);
  return "1700000" + digits.substr(1) + ".00000";
}

inline ObjectItem Item(std::string name, std::string created_at, std::int64_t size = 1,
                       std::string content_type = "t/p", std::string etag = "etag") {
  ObjectItem item;
  item.row.name = std::move(name);
  item.row.created_at = std::move(created_at);
  item.row.size = size;
  item.row.content_type = std::move(content_type);
  item.row.etag = std::move(etag);
  return item;
}

inline ObjectItem Deletion(std::string name, std::string created_at) {
  ObjectItem item =
      Item(std::move(name), std::move(created_at), 0, "application/deleted", "noetag");
  item.row.deleted = 1;
  return item;
}

inline ObjectItem WithPolicy(ObjectItem item, std::int64_t policy) {
  item.row.storage_policy_index = policy;
  return item;
}

// The values of a query's rows, each row joined with '|', NULL as "NULL".
inline std::vector<std::string> Query(const std::string& file, std::string_view sql) {
  auto connection = Connection::Open(file).value();
  auto statement = connection->Prepare(sql).value();
  std::vector<std::string> rows;
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

inline void Execute(const std::string& file, std::string_view script) {
  auto connection = Connection::Open(file).value();
  connection->UseTriggers(true);
  const auto done = connection->Execute(script);
  ASSERT_TRUE(done.has_value()) << done.error().message;
}

class ContainerTest : public testing::Test {
 protected:
  ContainerTest() {
    options_.clock = &clock_;
    options_.random = &random_;
    options_.warn = [this](const std::string& line) { warnings_.push_back(line); };
  }

  // <device>/containers/0/abc/<hash>/<hash>[_<epoch>].db
  std::string Path(std::string_view epoch = {}) const {
    const std::string hash = "0123456789abcdef0123456789abcabc";
    const std::string name = epoch.empty() ? hash : hash + "_" + std::string(epoch);
    return directory_.Sub("sdb1/containers/0/abc/" + hash + "/" + name + ".db");
  }

  // A database of this epoch (empty: none) for AUTH_a/c, put at Time(0).
  void Create(std::string_view epoch = {}, std::int64_t policy = 0,
              const std::string& container = "c") {
    NewDatabase database;
    database.path = Path(epoch);
    database.account = "AUTH_a";
    database.container = container;
    database.put_timestamp = Time(0);
    database.storage_policy_index = policy;
    const auto created = CreateDatabase(database, clock_, random_);
    ASSERT_TRUE(created.has_value()) << created.error().message;
  }

  ContainerBroker Broker(std::string_view epoch = {}) const {
    return ContainerBroker(Path(epoch), options_);
  }

  std::vector<std::string> Query(std::string_view sql) const { return dbrepl::Query(Path(), sql); }
  void Execute(std::string_view script) const { dbrepl::Execute(Path(), script); }

  TempDir directory_{TempDir::kInMemory};
  FakeClock clock_;
  SeededRandom random_{1};
  BrokerOptions options_;
  std::vector<std::string> warnings_;
};

using Rows = std::vector<std::string>;

template <class T>
void ExpectOk(const Result<T>& result) {
  EXPECT_TRUE(result.has_value()) << result.error().message;
}

}  // namespace dbrepl
