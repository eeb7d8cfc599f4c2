// Lets a script send REPLICATE requests to ReplicateService: one JSON object a line on stdin, one
// on stdout.
//
//   {"kind": "container", "devices": path, "target": "/sda/1/<hash>", "body": text,
//    "now": seconds, "mount_check": false, "prefix": "", "suffix": "", "reserve_bytes": 0}
//
// answers {"status", "type", "body", "log": [line...]}. The body may be base64 under "body64".
#include <iostream>
#include <string>

#include "common/base64.h"
#include "common/json.h"
#include "common/strings.h"
#include "replicator/replicate_service.h"
#include "tests/testlib/fake_clock.h"

namespace dbrepl {
namespace {

std::string Text(const JsonValue& request, std::string_view name) {
  const JsonValue* member = request.Find(name);
  return member == nullptr ? std::string() : *member->AsString();
}

JsonValue Answer(const JsonValue& request) {
  FakeClock clock;
  double now = clock.NowSeconds();
  if (const JsonValue* member = request.Find("now")) member->ToDouble(now);
  clock.Advance(
      std::chrono::nanoseconds(static_cast<std::int64_t>((now - clock.NowSeconds()) * 1e9)));
  JsonValue::Array lines;
  LogOptions log;
  log.to_syslog = false;
  log.listener = [&lines](LogLevel, std::string_view line) { lines.emplace_back(line); };
  ReplicateOptions options;
  options.kind = Text(request, "kind") == "account" ? DbKind::kAccount : DbKind::kContainer;
  options.devices = Text(request, "devices");
  const JsonValue* mount_check = request.Find("mount_check");
  options.mount_check = mount_check != nullptr && *mount_check->AsBool();
  options.fallocate_reserve = {};
  if (const JsonValue* reserve = request.Find("reserve_bytes"))
    reserve->ToDouble(options.fallocate_reserve.amount);
  options.hash_path = {Text(request, "prefix"), Text(request, "suffix")};
  options.clock = &clock;
  options.logger = MakeLogger(log).value();
  HttpRequest http;
  http.head.method = "REPLICATE";
  http.head.target = Text(request, "target");
  const JsonValue* encoded = request.Find("body64");
  http.body =
      encoded == nullptr ? Text(request, "body") : Base64Decode(*encoded->AsString()).value();
  const HttpResponse response = ReplicateService(options).Handle(http);
  JsonValue answer;
  answer.Set("status", response.head.status);
  answer.Set("type", *response.head.headers.Find("Content-Type"));
  answer.Set("body", response.body);
  answer.Set("log", std::move(lines));
  return answer;
}

}  // namespace
}  // namespace dbrepl

int main() {
  using namespace dbrepl;  // NOLINT(google-build-using-namespace): a main of a few lines
  for (std::string line; std::getline(std::cin, line);) {
    const auto request = ParseJson(line);
    if (!request) {
      std::cerr << "replicate_probe: " << request.error().message << '\n';
      return 1;
    }
    std::cout << DumpJson(Answer(*request)) << std::endl;
  }
  return 0;
}
