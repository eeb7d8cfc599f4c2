// Lets a script drive ring/: one JSON array a line on stdin, one JSON value a line on stdout.
//
//   ["rewrite", from, to, version]                    reads a ring file and writes it: true
//   ["my_ips", bind_ip]                               a list of addresses
//   ["is_local", [address...], port or null, ip, port]  true or false
//
// What fails answers {"error": message}.
#include <iostream>
#include <string>

#include "common/json.h"
#include "common/strings.h"
#include "ring/local_device.h"
#include "ring/ring_file.h"

namespace dbrepl {
namespace {

using Array = JsonValue::Array;

Result<JsonValue> Rewrite(const Array& request) {
  TRY_ASSIGN(const RingData data, ReadRingFile(*request.at(1).AsString()));
  const RingFormat format = *request.at(3).AsInt() == 1 ? RingFormat::kV1 : RingFormat::kV2;
  TRY(WriteRingFile(*request.at(2).AsString(), data, format));
  return JsonValue(true);
}

Result<JsonValue> MyIps(const Array& request) {
  TRY_ASSIGN(const auto addresses, WhatAreMyIps(*request.at(1).AsString()));
  return JsonValue(Array(addresses.begin(), addresses.end()));
}

JsonValue IsLocal(const Array& request) {
  std::vector<std::string> my_ips;
  for (const JsonValue& address : *request.at(1).AsArray()) my_ips.push_back(*address.AsString());
  std::optional<int> my_port;
  if (!request.at(2).IsNull()) my_port = static_cast<int>(*request.at(2).AsInt());
  return IsLocalDevice(my_ips, my_port, *request.at(3).AsString(),
                       static_cast<int>(*request.at(4).AsInt()));
}

Result<JsonValue> Answer(const std::string& line) {
  TRY_ASSIGN(const JsonValue json, ParseJson(line));
  const Array& request = *json.AsArray();
  const std::string& what = *request.at(0).AsString();
  if (what == "rewrite") return Rewrite(request);
  if (what == "my_ips") return MyIps(request);
  if (what == "is_local") return IsLocal(request);
  return Fail(Errc::kBadInput, StrCat("no request \"", what, "\""));
}

}  // namespace
}  // namespace dbrepl

int main() {
  using namespace dbrepl;  // NOLINT(google-build-using-namespace): a main of a few lines
  for (std::string line; std::getline(std::cin, line);) {
    Result<JsonValue> answer = Answer(line);
    if (!answer) {
      JsonValue error;
      error.Set("error", answer.error().message);
      answer = std::move(error);
    }
    std::cout << DumpJson(*answer) << std::endl;
  }
}
