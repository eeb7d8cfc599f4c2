// File access for requests from the network: beneath one device's directory only, by components
// that are types (wire_names.h), never through a symbolic link. Thread-safe.
#pragma once

#include <string>

#include "broker/db_kind.h"
#include "common/result.h"
#include "common/unique_fd.h"
#include "replicator/answer/request_path.h"

namespace dbrepl {

class DeviceRoot {
 public:
  enum class Missing { kFail, kMake };

  // `path` is the device's directory, as CheckDrive returns it; the last component may be a link.
  static Result<DeviceRoot> Open(std::string path);

  const std::string& path() const { return path_; }

  // <device>/tmp, where whole files arrive. kMake makes it (0755).
  Result<UniqueFd> OpenTmp(Missing missing) const;
  // The hash directory of a request's database. kMake makes what is missing (0755) and syncs what
  // it made.
  Result<UniqueFd> OpenHashDirectory(DbKind kind, const RequestPath& request,
                                     Missing missing) const;
  // The same directory as a path, for those who need one.
  std::string HashDirectory(DbKind kind, const RequestPath& request) const;

 private:
  DeviceRoot(std::string path, UniqueFd fd) : path_(std::move(path)), fd_(std::move(fd)) {}
  // Missing: kNotFound. A symbolic link or no directory on the way: kIo.
  Result<UniqueFd> OpenBeneath(const std::string& relative, Missing missing) const;
  // The same in one step for each component.
  Result<UniqueFd> WalkBeneath(const std::string& relative, Missing missing) const;

  std::string path_;
  UniqueFd fd_;
};

}  // namespace dbrepl
