// Drives our brokers from the tests: one JSON request per line on stdin, one answer per line on
// stdout, until stdin ends. README.md beside this file lists the operations.
//
// Every request opens a broker of its own, as a replicator does for every database of a pass; time
// is what the request says.
#include <iostream>
#include <string>

#include "common/json.h"
#include "common/strings.h"
#include "tests/interop/broker/probe_operations.h"

namespace dbrepl {
namespace {

std::string Answer(const std::string& line) {
  const auto answer = [&]() -> Result<std::string> {
    TRY_ASSIGN(const JsonValue request, ParseJson(line));
    return RunOperation(request);
  }();
  if (answer) return StrCat("{\"result\": ", *answer, "}");
  JsonValue error;
  error.Set("error", StrCat(ErrcName(answer.error().code), ": ", answer.error().message));
  return DumpJson(error);
}

}  // namespace
}  // namespace dbrepl

int main() {
  std::ios::sync_with_stdio(false);
  for (std::string line; std::getline(std::cin, line);)
    std::cout << dbrepl::Answer(line) << std::endl;
  return 0;
}
