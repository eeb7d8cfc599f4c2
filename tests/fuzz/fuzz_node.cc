#include "tests/fuzz/fuzz_node.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <utility>

#include "broker/create.h"
#include "broker/db_path.h"
#include "common/check.h"
#include "common/files.h"
#include "common/hash_path.h"
#include "common/strings.h"

namespace dbrepl {

namespace {

const HashPathConfig kHashPath = {"pre", "suf"};
constexpr std::size_t kMaxFile = std::size_t{1} << 28;

void Write(const std::string& path, std::string_view bytes) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream file(path, std::ios::binary);
  file << bytes;
  CHECK(file.flush().good());
}

}  // namespace

FuzzNode::FuzzNode(DbKind kind)
    : kind_(kind),
      hash_(ToHex(HashPath(kHashPath, "a", kind == DbKind::kAccount ? "" : "c").value())),
      service_(Options()) {
  NewDatabase database;
  database.kind = kind;
  database.path = Path();
  database.account = "a";
  if (kind == DbKind::kContainer) database.container = "c";
  database.put_timestamp = "1699999900.00000";
  std::filesystem::create_directories(directory_.Sub("sda/tmp"));
  CHECK(CreateDatabase(database, clock_, random_).has_value());
  CheckServes();
  fresh_ = ReadFile(Path(), kMaxFile).value();
}

ReplicateOptions FuzzNode::Options() {
  ReplicateOptions options;
  options.kind = kind_;
  options.devices = directory_.path();
  options.mount_check = false;
  options.fallocate_reserve = {};
  options.hash_path = kHashPath;
  options.clock = &clock_;
  options.random = &random_;
  options.keep_replaced_files = std::chrono::seconds(0);
  LogOptions log;
  log.to_syslog = false;
  log.listener = [this](LogLevel, std::string_view) { ++lines_; };
  options.logger = MakeLogger(log).value();
  return options;
}

std::string FuzzNode::Path() const {
  return directory_.Sub(StrCat("sda/", StorageDirectory(kind_, 7, hash_), "/", hash_, ".db"));
}

std::string FuzzNode::TmpPath(std::string_view name) const {
  return directory_.Sub(StrCat("sda/tmp/", name));
}

int FuzzNode::Send(std::string body) {
  lines_ = 0;
  HttpRequest request;
  request.head.method = "REPLICATE";
  request.head.target = StrCat("/sda/7/", hash_);
  request.body = std::move(body);
  HttpResponse response = service_.Handle(request);
  answer_ = std::move(response.body);
  return response.head.status;
}

int FuzzNode::Ask(std::string body) {
  const int status = Send(std::move(body));
  if (status >= 500) std::fprintf(stderr, "%d %s\n", status, answer_.c_str());
  CHECK(status >= 200 && status < 500);
  CHECK(lines_ <= 1 && (status != 400 || lines_ == 1));
  return status;
}

void FuzzNode::CheckServes() {
  CHECK(Ask(R"(["sync", -1, "h", "another-peer", "1699999900.00000", "0", "0", ""])") == 200);
  CHECK(Ask(StrCat("[\"merge_items\", [", Row("kept"), "], \"another-peer\"]")) == 202);
  CHECK(kind_ == DbKind::kAccount || Ask("[\"get_shard_ranges\"]") == 200);
}

std::string FuzzNode::Row(std::string_view name) const {
  if (kind_ == DbKind::kAccount) {
    return StrCat(R"({"ROWID": 1, "name": ")", name,
                  R"(", "put_timestamp": "1699999950.00000", "delete_timestamp": "0")",
                  R"(, "object_count": 1, "bytes_used": 2, "deleted": 0)",
                  R"(, "storage_policy_index": 0})");
  }
  return StrCat(R"({"ROWID": 1, "name": ")", name,
                R"(", "created_at": "1699999950.00000", "size": 1, "content_type": "t")",
                R"(, "etag": "e", "deleted": 0, "storage_policy_index": 0})");
}

void FuzzNode::Restore() {
  Remove();
  Write(Path(), fresh_);
}

void FuzzNode::Remove() {
  std::filesystem::remove_all(directory_.Sub("sda"));
  std::filesystem::create_directories(directory_.Sub("sda/tmp"));
}

bool FuzzNode::IsFresh() const {
  return !std::filesystem::exists(directory_.Sub("sda/quarantined")) &&
         ReadFile(Path(), kMaxFile).value() == fresh_;
}

void FuzzNode::Land(std::string_view name, std::string_view bytes) const {
  Write(TmpPath(name), bytes);
}

}  // namespace dbrepl
