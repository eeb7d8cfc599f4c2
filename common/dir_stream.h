// The names in a directory, one after the other, read as they are asked for: a directory of a
// million entries costs no more memory than an empty one. Entries may come and go meanwhile.
#pragma once

#include <memory>
#include <string>

#include <dirent.h>

namespace dbrepl {

// Movable; used by one thread.
class DirStream {
 public:
  // Links are followed. On failure the stream is empty, ok() is false and error() has the errno.
  explicit DirStream(const std::string& path);

  bool ok() const { return stream_ != nullptr && error_ == 0; }
  int error() const { return error_; }
  int fd() const { return ::dirfd(stream_.get()); }

  // The next name, without "." and ".."; nullptr at the end, or when reading failed (error()). It
  // lives until the next call.
  const char* Next();
  // Whether Next has ever returned a name.
  bool saw_any() const { return saw_any_; }

 private:
  struct Close {
    void operator()(DIR* stream) const { ::closedir(stream); }
  };
  std::unique_ptr<DIR, Close> stream_;
  int error_ = 0;
  bool saw_any_ = false;
};

}  // namespace dbrepl
