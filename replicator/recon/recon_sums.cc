#include "replicator/recon/recon_sums.h"

#include <cerrno>
#include <fstream>

#include <unistd.h>

#include "common/digest.h"
#include "common/strings.h"
#include "common/swift_conf.h"

namespace dbrepl {
namespace {

Result<std::string> FileMd5(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return Fail(ErrnoError(errno, path));
  Digester digester(DigestKind::kMd5);
  char block[16384];
  while (file.read(block, sizeof(block)) || file.gcount() > 0)
    digester.Update({block, static_cast<std::size_t>(file.gcount())});
  if (file.bad()) return Fail(Errc::kIo, StrCat(path, ": cannot be read"));
  return digester.FinishHex();
}

JsonValue SumOrNull(const std::string& path, const Logger& logger) {
  auto sum = FileMd5(path);
  if (sum) return *std::move(sum);
  if (sum.error().code != Errc::kNotFound) logger.Error("recon: ", sum.error().message);
  return {};
}

}  // namespace

JsonValue RingSums(const std::vector<std::string>& rings, const Logger& logger) {
  JsonValue::Object sums;
  for (const std::string& ring : rings)
    if (::access(ring.c_str(), F_OK) == 0) sums.emplace_back(ring, SumOrNull(ring, logger));
  return sums;
}

JsonValue SwiftConfSum(const std::string& swift_conf, const Logger& logger) {
  return JsonValue::Object{{kDefaultSwiftConf, SumOrNull(swift_conf, logger)}};
}

}  // namespace dbrepl
