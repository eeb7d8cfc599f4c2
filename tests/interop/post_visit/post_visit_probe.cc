// Lets a script call what our container replicator does after the peers: one JSON object a line on
// stdin, one on stdout.
//
//   {"devices": path, "ring": path, "prefix": text, "suffix": text, "local": [device id...]}
//
// comes first and is not answered. Then each
//
//   {"do": "after_peers", "db": path, "responses": [bool...], "per_diff": number, "now": seconds}
//   {"do": "update_store", "db": path}
//   {"do": "remove_from_store", "db": path}
//
// is answered by {"log": [line...]}, with "error": text when it failed.
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/json.h"
#include "common/strings.h"
#include "replicator/post_visit.h"
#include "replicator/sync_store.h"
#include "tests/testlib/fake_clock.h"

namespace dbrepl {
namespace {

std::string Text(const JsonValue& request, std::string_view name) {
  const JsonValue* member = request.Find(name);
  return member == nullptr ? std::string() : *member->AsString();
}

double Number(const JsonValue& request, std::string_view name) {
  double number = 0;
  if (const JsonValue* member = request.Find(name)) member->ToDouble(number);
  return number;
}

class Probe {
 public:
  explicit Probe(const JsonValue& setup) {
    LogOptions log;
    log.to_syslog = false;
    log.listener = [this](LogLevel, std::string_view line) { log_.emplace_back(line); };
    options_.logger = MakeLogger(log).value();
    options_.devices = Text(setup, "devices");
    options_.hash_path = {Text(setup, "prefix"), Text(setup, "suffix")};
    options_.clock = &clock_;
    ring_ = Ring::Load(Text(setup, "ring")).value();
    for (const JsonValue& id : *setup.Find("local")->AsArray()) {
      double number = 0;
      id.ToDouble(number);
      local_.push_back(static_cast<DeviceId>(number));
    }
  }

  JsonValue Answer(const JsonValue& request) {
    log_.clear();
    const Result<> done = Do(request);
    JsonValue answer;
    answer.Set("log", log_);
    if (!done) answer.Set("error", done.error().message);
    return answer;
  }

 private:
  Result<> Do(const JsonValue& request) {
    const std::string db = Text(request, "db");
    const std::string what = Text(request, "do");
    if (what == "remove_from_store") return RemoveFromSyncStore(db);
    ContainerBroker broker(db);
    if (what == "update_store") return UpdateSyncStore(broker);
    options_.per_diff = static_cast<int>(Number(request, "per_diff"));
    clock_.Advance(std::chrono::nanoseconds(
        static_cast<std::int64_t>((Number(request, "now") - clock_.NowSeconds()) * 1e9)));
    std::vector<bool> responses;
    for (const JsonValue& response : *request.Find("responses")->AsArray())
      responses.push_back(*response.AsBool());
    PostVisit post_visit(options_, local_, {});
    TRY_ASSIGN(const ReplicationInfo info, broker.GetReplicationInfo());
    TRY_ASSIGN(const auto point, post_visit.AfterPeers(*ring_, broker, info, responses));
    return point ? broker.UpdateReconcilerSync(*point) : Result<>();
  }

  FakeClock clock_;
  PassOptions options_;
  JsonValue::Array log_;
  std::shared_ptr<const Ring> ring_;
  std::vector<DeviceId> local_;
};

}  // namespace
}  // namespace dbrepl

int main() {
  using namespace dbrepl;  // NOLINT(google-build-using-namespace): a main of a few lines
  std::unique_ptr<Probe> probe;
  for (std::string line; std::getline(std::cin, line);) {
    const auto request = ParseJson(line);
    if (!request) {
      std::cerr << "post_visit_probe: " << request.error().message << '\n';
      return 1;
    }
    if (probe == nullptr) {
      probe = std::make_unique<Probe>(*request);
    } else {
      std::cout << DumpJson(probe->Answer(*request)) << std::endl;
    }
  }
  return 0;
}
