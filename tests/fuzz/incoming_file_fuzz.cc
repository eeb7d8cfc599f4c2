// Files that rsync left in tmp, as a new database and as a replica of one that is there, of a
// container and of an account. What is not taken changes nothing; what is taken can be asked and
// merged into without harm, though a file of strangers may hold what nothing can be merged with.
#include <cstdint>
#include <string>
#include <string_view>

#include "common/check.h"
#include "common/strings.h"
#include "tests/fuzz/fuzz_node.h"

namespace dbrepl {
namespace {

constexpr std::string_view kId = "peer-id";

// True when it was taken.
bool Offer(FuzzNode& node, std::string_view op, std::string_view file) {
  node.Land(kId, file);
  const int status = node.Send(StrCat("[\"", op, "\", \"", kId, "\"]"));
  CHECK(status == 204 || status >= 400);
  if (status != 204) return false;
  node.Send(R"(["sync", -1, "h", "peer", "1699999900.00000", "0", "0", ""])");
  node.Send(R"(["merge_items", [{"name": "n", "created_at": "1", "put_timestamp": "1"}], "peer"])");
  node.Send(R"(["get_shard_ranges"])");
  return true;
}

void Offer(FuzzNode& node, std::string_view file) {
  node.Remove();
  Offer(node, "complete_rsync", file);
  node.Restore();
  CHECK(Offer(node, "rsync_then_merge", file) || node.IsFresh());
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
