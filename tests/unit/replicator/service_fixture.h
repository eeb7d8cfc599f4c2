// What tests of ReplicateService share: one device in a directory of its own, databases made on it,
// requests and looks into the files. One thread at a time, except Ask.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "broker/account_broker.h"
#include "broker/connection.h"
#include "broker/container_broker.h"
#include "broker/create.h"
#include "broker/db_path.h"
#include "common/hash_path.h"
#include "common/json.h"
#include "common/random.h"
#include "common/strings.h"
#include "replicator/answer/replicate_service.h"
#include "tests/testlib/fake_clock.h"
#include "tests/testlib/temp_dir.h"

namespace dbrepl {

class ServiceTest : public testing::Test {
 protected:
  explicit ServiceTest(DbKind kind = DbKind::kContainer) : kind_(kind) {
    std::filesystem::create_directories(directory_.Sub("sda/tmp"));
    hash_ = ToHex(HashPath(kHashPath, "a", kind == DbKind::kAccount ? "" : "c").value());
  }

  const HashPathConfig kHashPath = {"pre", "suf"};

  // Normal form of seconds after 1700000000, which is the clock's now.
  static std::string At(int seconds) { return StrCat(1'700'000'000 + seconds, ".00000"); }

  ReplicateOptions Options() {
    ReplicateOptions options;
    options.kind = kind_;
    options.devices = directory_.path();
    options.mount_check = false;
    options.fallocate_reserve = {};
    options.hash_path = kHashPath;
    options.clock = &clock_;
    options.random = &random_;
    options.lock_timeout = std::chrono::seconds(5);
    LogOptions log;
    log.to_syslog = false;
    log.listener = [this](LogLevel, std::string_view line) { log_.emplace_back(line); };
    options.logger = MakeLogger(log).value();
    return options;
  }

  std::string Target() const { return StrCat("/sda/7/", hash_); }
  std::string Path() const {
    return directory_.Sub(StrCat("sda/", StorageDirectory(kind_, 7, hash_), "/", hash_, ".db"));
  }
  std::string TmpPath(std::string_view name) const {
    return directory_.Sub(StrCat("sda/tmp/", name));
  }

  static HttpRequest Request(std::string target, std::string body) {
    HttpRequest request;
    request.head.method = "REPLICATE";
    request.head.target = std::move(target);
    request.body = std::move(body);
    return request;
  }
  HttpResponse Ask(std::string body) {
    return service().Handle(Request(Target(), std::move(body)));
  }
  int Status(std::string body) { return Ask(std::move(body)).head.status; }

  void Create(const std::string& path, const std::string& container = "c") {
    NewDatabase database;
    database.kind = kind_;
    database.path = path;
    database.account = "a";
    if (kind_ == DbKind::kContainer) database.container = container;
    database.put_timestamp = At(-100);
    const auto created = CreateDatabase(database, clock_, random_);
    ASSERT_TRUE(created.has_value()) << created.error().message;
  }
  void Create() { Create(Path()); }

  std::unique_ptr<DatabaseBroker> Broker(const std::string& path) {
    BrokerOptions options;
    options.clock = &clock_;
    options.random = &random_;
    if (kind_ == DbKind::kAccount) return std::make_unique<AccountBroker>(path, options);
    return std::make_unique<ContainerBroker>(path, options, ContainerBroker::Files::kExactly);
  }

  // A row as a peer sends it.
  std::string Row(int row_id, const std::string& name, const std::string& time) const {
    if (kind_ == DbKind::kAccount) {
      return StrCat(
          R"({"ROWID": )", row_id, R"(, "name": ")", name, R"(", "put_timestamp": ")", time,
          R"(", "delete_timestamp": "0", "object_count": 1, "bytes_used": 2, "deleted": 0)",
          R"(, "storage_policy_index": 0})");
    }
    return StrCat(R"({"ROWID": )", row_id, R"(, "name": ")", name, R"(", "created_at": ")", time,
                  R"(", "size": 1, "content_type": "t", "etag": "e", "deleted": 0)",
                  R"(, "storage_policy_index": 0})");
  }

  // A replica of the same database in tmp under its own id, with rows of these names; the id.
  std::string Land(const std::vector<std::string>& names) {
    const std::string path = directory_.Sub(StrCat("sender/", ++landed_, "/", hash_, ".db"));
    Create(path);
    const auto broker = Broker(path);
    std::string rows;
    int row_id = 0;
    for (const std::string& name : names)
      rows += StrCat(rows.empty() ? "" : ", ", Row(++row_id, name, At(-50)));
    if (!names.empty()) {
      EXPECT_TRUE(broker->MergeItemsJson(StrCat("[", rows, "]"), std::nullopt));
    }
    std::string id = broker->GetReplicationInfo()->id;
    broker->CloseConnection();
    std::filesystem::copy_file(path, TmpPath(id));
    return id;
  }

  // A query's rows, values joined with '|'.
  static std::vector<std::string> Query(const std::string& file, std::string_view sql) {
    auto connection = Connection::Open(file).value();
    auto statement = connection->Prepare(sql).value();
    std::vector<std::string> rows;
    while (statement.Step().value()) {
      std::string row;
      for (int i = 0; i < statement.ColumnCount(); ++i)
        row += StrCat(i > 0 ? "|" : "", statement.Text(i));
      rows.push_back(std::move(row));
    }
    return rows;
  }
  static void Execute(const std::string& file, std::string_view script) {
    auto connection = Connection::Open(file).value();
    connection->UseTriggers(true);
    const auto done = connection->Execute(script);
    ASSERT_TRUE(done.has_value()) << done.error().message;
  }

  ReplicateService& service() {
    if (!service_) service_ = std::make_unique<ReplicateService>(Options());
    return *service_;
  }

  const DbKind kind_;
  TempDir directory_{TempDir::kInMemory};
  FakeClock clock_;
  SeededRandom random_{1};
  std::vector<std::string> log_;
  std::string hash_;

 private:
  std::unique_ptr<ReplicateService> service_;
  int landed_ = 0;
};

class AccountServiceTest : public ServiceTest {
 protected:
  AccountServiceTest() : ServiceTest(DbKind::kAccount) {}
};

}  // namespace dbrepl
