// Drives parts of a pass for the interop tests: a JSON request a line on stdin, a JSON answer a
// line on stdout.
//   {"op": "write", "file": ..., "entries": {...}}  {"ok": true} or {"error": message}
//   {"op": "walk", "datadirs": [...]}               {"found": [[partition, path, device id], ...]}
#include <iostream>
#include <string>

#include "common/json.h"
#include "common/random.h"
#include "replicator/recon/recon_write.h"
#include "replicator/walk.h"

namespace dbrepl {
namespace {

JsonValue Write(const JsonValue& request) {
  const auto written = WriteReconCache(*request.Find("file")->AsString(),
                                       *request.Find("entries")->AsObject(), Logger());
  if (!written) return JsonValue::Object{{"error", written.error().message}};
  return JsonValue::Object{{"ok", true}};
}

JsonValue Walk(const JsonValue& request) {
  std::vector<WalkRoot> roots;
  for (const JsonValue& datadir : *request.Find("datadirs")->AsArray())
    roots.push_back({*datadir.AsString(), static_cast<DeviceId>(roots.size())});
  DatadirWalk walk(roots, nullptr, SystemRandom(), Logger());
  JsonValue::Array found;
  while (const auto database = walk.Next()) {
    found.push_back(JsonValue::Array{std::int64_t{database->partition.value()}, database->path,
                                     std::int64_t{database->device_id}});
  }
  return JsonValue::Object{{"found", std::move(found)}};
}

int Main() {
  std::string line;
  while (std::getline(std::cin, line)) {
    const JsonValue request = ParseJson(line).value();
    const bool is_walk = *request.Find("op")->AsString() == "walk";
    std::cout << DumpJson(is_walk ? Walk(request) : Write(request)) << std::endl;
  }
  return 0;
}

}  // namespace
}  // namespace dbrepl

int main() { return dbrepl::Main(); }
