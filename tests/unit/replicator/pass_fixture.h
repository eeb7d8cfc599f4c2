// Three nodes in one process for tests of a pass: each with one device in a directory of its own
// and our servers' answers behind AskPeer, no sockets. One thread at a time, except Ask.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "broker/container_broker.h"
#include "broker/create.h"
#include "broker/db_path.h"
#include "common/files.h"
#include "common/random.h"
#include "common/strings.h"
#include "replicator/answer/replicate_service.h"
#include "replicator/pass.h"
#include "ring/ring_file.h"
#include "ring/ring_watcher.h"
#include "tests/testlib/captured_log.h"
#include "tests/testlib/temp_dir.h"

namespace dbrepl {

class PassTest : public testing::Test, public FileSender {
 protected:
  static constexpr DeviceId kNodes = 4;  // three for each partition, one handoff
  const HashPathConfig kHashPath = {"pre", "suf"};

  PassTest() {
    for (DeviceId node = 0; node < kNodes; ++node) {
      std::filesystem::create_directories(DevicePath(node) + "/containers");
      ReplicateOptions options;
      options.devices = dir_.Sub(StrCat("node", node));
      options.mount_check = false;
      options.fallocate_reserve = {};
      options.hash_path = kHashPath;
      services_.push_back(std::make_unique<ReplicateService>(options));
    }
    std::filesystem::create_directories(dir_.Sub("recon"));
    WriteRing();
    watcher_ =
        RingWatcher::Open(ring_path_, nullptr, SystemClock(), std::chrono::seconds(0)).value();
  }

  // Node i is 127.0.0.(i + 1), its device sd<i>; every partition's primaries are 0, 1, 2.
  void WriteRing() {
    RingData data;
    data.part_shift = 32 - 4;
    for (DeviceId id = 0; id < kNodes; ++id) {
      Device device;
      device.id = id;
      device.zone = id;
      device.ip = device.replication_ip = StrCat("127.0.0.", id + 1);
      device.port = device.replication_port = 6201;
      device.device = StrCat("sd", id);
      device.weight = 1;
      data.devices.emplace_back(device);
    }
    for (DeviceId row = 0; row < 3; ++row) data.rows.emplace_back(data.PartitionCount(), row);
    ASSERT_TRUE(WriteRingFile(ring_path_, data, RingFormat::kV1));
  }

  PassOptions Options(DeviceId node = 0) {
    PassOptions options;
    options.devices = dir_.Sub(StrCat("node", node));
    options.mount_check = false;
    options.bind_ip = StrCat("127.0.0.", node + 1);
    options.concurrency = 4;
    options.databases_per_second = 0;
    options.recon_cache_path = dir_.Sub("recon");
    options.hash_path = kHashPath;
    options.random = &random_;
    options.logger = log_.logger();
    return options;
  }

  PassReport Run(const PassOptions& options) {
    return RunPass(
        {options, *watcher_,
         [this](const Device& node, const HttpRequest& request, std::chrono::milliseconds timeout) {
           return on_ask_ ? on_ask_(node, request, timeout) : Ask(node, request);
         },
         *this, progress_},
        stop_.get_token());
  }

  // What the peer's server answers.
  Result<HttpResponse> Ask(const Device& node, const HttpRequest& request) {
    return services_.at(node.id)->Handle(request);
  }
  Result<> Send(DatabaseBroker& broker, const std::string& local_id, const Device& node,
                bool /*is_other_region*/) override {
    const std::string tmp = DevicePath(node.id) + "/tmp";
    std::filesystem::create_directories(tmp);
    std::filesystem::copy_file(broker.path(), StrCat(tmp, "/", local_id));
    return {};
  }

  std::string DevicePath(DeviceId node) const {
    return dir_.Sub(StrCat("node", node, "/sd", node));
  }
  // Where a container's database lies on a node.
  std::string Path(DeviceId node, const std::string& container) {
    const std::string hash = ToHex(HashPath(kHashPath, "a", container).value());
    return StrCat(DevicePath(node), "/",
                  StorageDirectory(DbKind::kContainer, Partition(container), hash), "/", hash,
                  ".db");
  }
  std::uint32_t Partition(const std::string& container) {
    return watcher_->Get()->PartitionOf(kHashPath, "a", container).value().value();
  }
  void Create(DeviceId node, const std::string& container) {
    NewDatabase database;
    database.path = Path(node, container);
    database.account = "a";
    database.container = container;
    database.put_timestamp = "1700000000.00000";
    ASSERT_TRUE(CreateDatabase(database, SystemClock(), random_));
  }
  bool Has(DeviceId node, const std::string& container) {
    return std::filesystem::exists(Path(node, container));
  }
  // How many databases a node has.
  std::ptrdiff_t Count(DeviceId node) const {
    std::ptrdiff_t count = 0;
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(DevicePath(node) + "/containers"))
      if (entry.path().extension() == ".db") ++count;
    return count;
  }
  // The recon cache, an empty object without one.
  JsonValue Recon() const {
    const auto text = ReadFile(dir_.Sub("recon/container.recon"), 1 << 20);
    return text ? ParseJson(*text).value() : JsonValue(JsonValue::Object{});
  }

  TempDir dir_{TempDir::kInMemory};
  const std::string ring_path_ = dir_.Sub("container.ring.gz");
  SeededRandom random_{1};
  CapturedLog log_;
  std::stop_source stop_;
  std::vector<std::unique_ptr<ReplicateService>> services_;
  std::unique_ptr<RingWatcher> watcher_;
  PassProgress progress_{SystemClock()};
  AskPeer on_ask_;  // in place of Ask, if set
};

}  // namespace dbrepl
