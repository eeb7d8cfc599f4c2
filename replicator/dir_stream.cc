#include "replicator/dir_stream.h"

#include <cerrno>
#include <string_view>

#include <fcntl.h>

#include "common/unique_fd.h"

namespace dbrepl {

DirStream::DirStream(int parent, const std::string& name) {
  UniqueFd fd(::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd) stream_.reset(::fdopendir(fd.get()));
  if (stream_ != nullptr) {
    fd.Release();
  } else {
    error_ = errno;
  }
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
