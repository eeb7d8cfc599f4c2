#include "common/dir_stream.h"

#include <cerrno>
#include <string_view>

namespace dbrepl {

DirStream::DirStream(const std::string& path) : stream_(::opendir(path.c_str())) {
  if (stream_ == nullptr) error_ = errno;
}

const char* DirStream::Next() {
  while (ok()) {
    errno = 0;
    // NOLINTNEXTLINE(concurrency-mt-unsafe): only for a stream that threads share
    const dirent* entry = ::readdir(stream_.get());
    if (entry == nullptr) {
      error_ = errno;
      return nullptr;
    }
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    saw_any_ = true;
    return entry->d_name;
  }
  return nullptr;
}

}  // namespace dbrepl
