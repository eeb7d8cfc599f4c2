// Lets a script send REPLICATE requests to ReplicateService: one JSON object a line on stdin, one
// on stdout.
//
//   {"kind": "container", "devices": path, "prefix": text, "suffix": text,
//    "target": "/sda/1/<hash>", "body": text, "now": seconds}
//
// answers {"status", "type", "body", "log": [line...]}. The first four are those of the first line.
#include <iostream>
#include <memory>
#include <string>

#include "common/json.h"
#include "common/strings.h"
#include "replicator/answer/replicate_service.h"
#include "tests/testlib/fake_clock.h"

namespace dbrepl {
namespace {

std::string Text(const JsonValue& request, std::string_view name) {
  const JsonValue* member = request.Find(name);
  return member == nullptr ? std::string() : *member->AsString();
}

// One service for the whole run, made for the first request: options are the same in all.
struct Receiver {
  explicit Receiver(const JsonValue& request) : service(Options(request)) {}
  ReplicateOptions Options(const JsonValue& request);

  FakeClock clock;
  JsonValue::Array log;
  ReplicateService service;
};

ReplicateOptions Receiver::Options(const JsonValue& request) {
  LogOptions log_options;
  log_options.to_syslog = false;
  log_options.listener = [this](LogLevel, std::string_view line) { log.emplace_back(line); };
  ReplicateOptions options;
  options.kind = Text(request, "kind") == "account" ? DbKind::kAccount : DbKind::kContainer;
  options.devices = Text(request, "devices");
  options.mount_check = false;
  options.fallocate_reserve = {};
  options.hash_path = {Text(request, "prefix"), Text(request, "suffix")};
  options.clock = &clock;
  options.logger = MakeLogger(log_options).value();
  return options;
}

JsonValue Answer(Receiver& receiver, const JsonValue& request) {
  double now = 0;
  request.Find("now")->ToDouble(now);
  receiver.clock.Advance(std::chrono::nanoseconds(
      static_cast<std::int64_t>((now - receiver.clock.NowSeconds()) * 1e9)));
  receiver.log.clear();
  HttpRequest http;
  http.head.method = "REPLICATE";
  http.head.target = Text(request, "target");
  http.body = Text(request, "body");
  const HttpResponse response = receiver.service.Handle(http);
  JsonValue answer;
  answer.Set("status", response.head.status);
  answer.Set("type", *response.head.headers.Find("Content-Type"));
  answer.Set("body", response.body);
  answer.Set("log", receiver.log);
  return answer;
}

}  // namespace
}  // namespace dbrepl

int main() {
  using namespace dbrepl;  // NOLINT(google-build-using-namespace): a main of a few lines
  std::unique_ptr<Receiver> receiver;
  for (std::string line; std::getline(std::cin, line);) {
    const auto request = ParseJson(line);
    if (!request) {
      std::cerr << "replicate_probe: " << request.error().message << '\n';
      return 1;
    }
    if (!receiver) receiver = std::make_unique<Receiver>(*request);
    std::cout << DumpJson(Answer(*receiver, *request)) << std::endl;
  }
  return 0;
}
