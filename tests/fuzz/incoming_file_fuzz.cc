// Files that rsync left in tmp, as a new database and as a replica of one that is there, of a
// container and of an account. What is refused stays as it came and changes nothing; what is
// accepted leaves a database that serves on.
#include <cstdint>
#include <string>
#include <string_view>

#include "common/check.h"
#include "common/strings.h"
#include "tests/fuzz/fuzz_node.h"

namespace dbrepl {
namespace {

constexpr std::string_view kId = "peer-id";

void Offer(FuzzNode& node, std::string_view op, std::string_view file) {
  node.Land(kId, file);
  const int status = node.Send(StrCat("[\"", op, "\", \"", kId, "\"]"));
  CHECK(status == 204 || status == 400);
  if (status == 204) return node.CheckServes();
  CHECK(node.HasLanded(kId, file));
}

void Offer(FuzzNode& node, std::string_view file) {
  node.Remove();
  Offer(node, "complete_rsync", file);
  node.Restore();
  Offer(node, "rsync_then_merge", file);
  CHECK(node.IsFresh() || !node.HasLanded(kId, file));
}

}  // namespace
}  // namespace dbrepl

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static dbrepl::FuzzNode container(dbrepl::DbKind::kContainer);
  static dbrepl::FuzzNode account(dbrepl::DbKind::kAccount);
  const std::string_view file(reinterpret_cast<const char*>(data), size);
  dbrepl::Offer(container, file);
  dbrepl::Offer(account, file);
  return 0;
}
