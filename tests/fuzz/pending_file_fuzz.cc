// Any bytes as a pending file: every entry is read or reported, the file is emptied, and what was
// read survives being made into rows.
#include <cstddef>
#include <cstdint>
#include <string>

#include <sys/mman.h>

#include "broker/object_item.h"
#include "broker/pending_file.h"
#include "broker/pickle_value.h"
#include "common/check.h"
#include "common/strings.h"
#include "common/unique_fd.h"

namespace dbrepl {
namespace {

// A file on memory with a path, so that nothing is left behind.
std::string FileOf(const UniqueFd& fd, const std::uint8_t* data, std::size_t size) {
  CHECK(ftruncate(fd.get(), 0) == 0);
  CHECK(pwrite(fd.get(), data, size, 0) == static_cast<ssize_t>(size));
  return StrCat("/proc/self/fd/", fd.get());
}

void ReadFile(const std::string& path) {
  auto file = PendingFile::Open(path);
  CHECK(file.has_value());
  std::size_t broken = 0;
  const auto records = file->ReadAll([&](const std::string& problem) {
    CHECK(!problem.empty());
    ++broken;
  });
  CHECK(records.has_value());
  for (const PicklePtr& record : *records) {
    if (const auto fields = TupleFields(*record, 6)) CHECK(fields->size() >= 6);
    if (const auto item = ObjectItemFromPending(*record)) {
      const auto again = PickleTuple({item->row.name, item->row.created_at, item->row.size});
      CHECK(ReadPickle(again).has_value());
    }
  }
  CHECK(file->Clear().has_value());
  const auto left = PendingSize(path);
  CHECK(left && *left == 0);
}

}  // namespace
}  // namespace dbrepl

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const dbrepl::UniqueFd kFile(memfd_create("pending", 0));
  dbrepl::ReadFile(dbrepl::FileOf(kFile, data, size));
  return 0;
}
