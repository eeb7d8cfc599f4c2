#include "common/hash_path.h"

#include "common/strings.h"

namespace dbrepl {

Result<Md5Digest> HashPath(const HashPathConfig& config, std::string_view account,
                           std::string_view container, std::string_view object) {
  if (container.empty() && !object.empty()) {
    return Fail(Errc::kBadInput, StrCat("object ", Printable(object), ": no container given"));
  }
  std::string path;
  path.reserve(account.size() + container.size() + object.size() + 2);
  path.append(account);
  if (!container.empty()) path.append("/").append(container);
  if (!object.empty()) path.append("/").append(object);
  const std::string head = StrCat(config.prefix, "/");
  return Md5(head, path, config.suffix);
}

}  // namespace dbrepl
