// A directory of a test's own below /tmp or in memory, removed with all that is in it. One thread
// at a time.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

#include "common/check.h"

namespace dbrepl {

class TempDir {
 public:
  // kInMemory: where syncing costs nothing, for tests that commit hundreds of times.
  enum Where { kOnDisk, kInMemory };
  explicit TempDir(Where where = kOnDisk) {
    std::string pattern = where == kInMemory && std::filesystem::is_directory("/dev/shm")
                              ? "/dev/shm/dbrepl-test.XXXXXX"
                              : "/tmp/dbrepl-test.XXXXXX";
    CHECK(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  const std::string& path() const { return path_; }
  // The path of `name` in it: Sub("a/b").
  std::string Sub(std::string_view name) const { return path_ + "/" + std::string(name); }

 private:
  std::string path_;
};

}  // namespace dbrepl
