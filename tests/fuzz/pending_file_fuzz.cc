// Any bytes as a pending file: every entry is read or reported, the file is emptied, and what was
// read survives being made into rows.
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

#include "broker/object_item.h"
#include "broker/pending_file.h"
#include "broker/pickle_value.h"
#include "common/check.h"
#include "tests/testlib/temp_dir.h"

namespace dbrepl {
namespace {

// A plain file: links, as those of /proc/self/fd, are not followed. A new one each time: closing a
// file that was cut to nothing before makes some file systems write it out.
std::string FileOf(const TempDir& directory, const std::uint8_t* data, std::size_t size) {
  const std::string path = directory.Sub("pending");
  std::filesystem::remove(path);
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
  return path;
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
  static const dbrepl::TempDir kDirectory;
  dbrepl::ReadFile(dbrepl::FileOf(kDirectory, data, size));
  return 0;
}
