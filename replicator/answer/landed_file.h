// A whole database file that a peer put into <device>/tmp under its own database's id, taken aside
// so that nobody else works on it or overwrites it, and put back or published in the end. One
// thread at a time.
#pragma once

#include <cstdint>
#include <string>

#include "common/random.h"
#include "common/result.h"
#include "common/unique_fd.h"
#include "replicator/answer/device_root.h"
#include "replicator/shared/wire_names.h"

namespace dbrepl {

class LandedFile {
 public:
  // Renames tmp/<name> to a random name, under which no journal can lie that a peer put there:
  // SQLite would obey it. Nothing there: kNotFound. No regular file, or one with a second name:
  // kBadInput, and it stays where it was.
  static Result<LandedFile> Take(const DeviceRoot& device, const LandingName& name, Random& random);

  LandedFile(LandedFile&& other) noexcept = default;
  LandedFile& operator=(LandedFile&&) = delete;
  // Not published: an unchanged file goes back to its name in tmp, where Swift's replicator deletes
  // it when it is old; when another has arrived under that name, or after MarkChanged, it is
  // deleted.
  ~LandedFile();

  // The file's first bytes, at most `size`.
  Result<std::string> ReadHead(std::size_t size) const;
  Result<std::int64_t> Size() const;
  // All of it lasts on disk from now on.
  Result<> Sync() const;

  // Moves it to `name` in `directory` and syncs that directory. No connection to it may be open.
  // kKeep: something has that name already: kExists, and nothing happens.
  enum class Existing { kKeep, kReplace };
  Result<> Publish(const UniqueFd& directory, const DbBaseName& name, Existing existing);

  // From now on it is no longer what the peer sent: nobody could use it another time.
  void MarkChanged() { changed_ = true; }

  const std::string& path() const { return path_; }

 private:
  LandedFile(UniqueFd tmp, std::string landing, std::string taken, std::string path)
      : tmp_(std::move(tmp)),
        landing_(std::move(landing)),
        taken_(std::move(taken)),
        path_(std::move(path)) {}
  Result<> CheckType() const;
  Result<UniqueFd> OpenForReading() const;

  UniqueFd tmp_;         // none: published, or moved from
  std::string landing_;  // its name in tmp at first
  std::string taken_;    // its name in tmp now
  std::string path_;
  bool changed_ = false;
};

}  // namespace dbrepl
