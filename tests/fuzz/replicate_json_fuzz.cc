// Bodies of REPLICATE requests, to a container and an account that are there: parsed, dispatched
// and merged into real files. What is refused leaves no trace; what is accepted leaves a database
// that serves on.
#include <cstdint>
#include <string>

#include "common/check.h"
#include "common/json.h"
#include "tests/fuzz/fuzz_node.h"

namespace dbrepl {
namespace {

void Ask(FuzzNode& node, const std::string& body) {
  const int status = node.Ask(body);
  if (status >= 400) {
    CHECK(node.IsFresh());
    return;
  }
  if (status == 200) CHECK(ParseJson(node.answer()).has_value());
  node.CheckServes();
  node.Restore();
}

}  // namespace
}  // namespace dbrepl

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static dbrepl::FuzzNode container(dbrepl::DbKind::kContainer);
  static dbrepl::FuzzNode account(dbrepl::DbKind::kAccount);
  const std::string body(reinterpret_cast<const char*>(data), size);
  dbrepl::Ask(container, body);
  dbrepl::Ask(account, body);
  return 0;
}
