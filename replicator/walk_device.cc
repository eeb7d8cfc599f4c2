#include "replicator/walk_device.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <sys/stat.h>
#include <unistd.h>

#include "broker/db_path.h"
#include "common/dir_stream.h"
#include "common/strings.h"

namespace dbrepl {
namespace {

// A dying disk has an error for every directory; the log needs to hear of the first ones only.
constexpr int kMaxComplaints = 20;

// Somebody removed it, or it is a file: neither is anything to tell.
bool IsNothingToTell(int error) { return error == ENOENT || error == ENOTDIR; }

// Which directory a path names; nullopt: none.
std::optional<std::pair<dev_t, ino_t>> IdentityOf(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  return std::pair(status.st_dev, status.st_ino);
}

}  // namespace

DatadirWalk::Device::Device(WalkRoot root, Logger logger, bool removes_empty,
                            OnNoDatabase on_no_database)
    : root_(std::move(root)),
      logger_(std::move(logger)),
      removes_empty_(removes_empty),
      on_no_database_(std::move(on_no_database)) {}

std::optional<DatadirWalk::Device::PartitionName> DatadirWalk::Device::ParsePartition(
    std::string_view name) {
  const bool is_digits =
      std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
  const auto number = is_digits ? ParseInt<std::uint32_t>(name) : std::nullopt;
  if (!number) return std::nullopt;
  const std::size_t zeros = std::min(name.find_first_not_of('0'), name.size() - 1);
  if (zeros > UINT8_MAX) return std::nullopt;
  return PartitionName{*number, static_cast<std::uint8_t>(zeros)};
}

std::string DatadirWalk::Device::NameOf(PartitionName partition) {
  return StrCat(std::string(partition.leading_zeros, '0'), partition.number);
}

const char* DatadirWalk::Device::Level::Next() {
  if (next_ == names_.size()) return nullptr;
  const char* name = names_.data() + next_;
  next_ = names_.find('\0', next_) + 1;
  return name;
}

void DatadirWalk::Device::List(const PartitionFilter& filter, Random& random) {
  datadir_identity_ = IdentityOf(root_.datadir).value_or(std::pair<dev_t, ino_t>());
  DirStream datadir(root_.datadir);
  while (const char* name = datadir.Next()) {
    const auto partition = ParsePartition(name);
    if (!partition) continue;
    if (filter && !filter(root_.device_id, PartitionId(partition->number))) continue;
    partitions_.push_back(*partition);
  }
  if (!datadir.ok() && !IsNothingToTell(datadir.error()))
    Complain(datadir.error(), "reading", root_.datadir);
  partitions_.shrink_to_fit();
  std::shuffle(partitions_.begin(), partitions_.end(), random);
}

std::optional<FoundDatabase> DatadirWalk::Device::Next(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    if (suffix_) {
      if (auto found = NextInSuffix()) return found;
      suffix_.reset();
    } else if (partition_) {
      if (!LookAtNextSuffix()) partition_.reset();
    } else if (!LookAtNextPartition()) {
      return std::nullopt;
    }
  }
  return std::nullopt;
}

bool DatadirWalk::Device::IsStillThere() {
  if (IdentityOf(root_.datadir) == datadir_identity_) return true;
  logger_.Error("ERROR ", root_.datadir, " was unmounted or replaced during the pass; ",
                partitions_.size() - begun_, " of its ", partitions_.size(),
                " partitions are not replicated before the next one");
  return false;
}

bool DatadirWalk::Device::LookAtNextPartition() {
  if (begun_ == partitions_.size()) return false;
  if (!IsStillThere()) {
    begun_ = partitions_.size();
    return false;
  }
  partition_ = Look(StrCat(root_.datadir, "/", NameOf(partitions_[begun_++])));
  return true;
}

bool DatadirWalk::Device::LookAtNextSuffix() {
  const char* name = partition_->Next();
  if (name == nullptr) return false;
  suffix_ = Look(StrCat(partition_->path(), "/", name));
  return true;
}

std::optional<FoundDatabase> DatadirWalk::Device::NextInSuffix() {
  while (const char* name = suffix_->Next()) {
    const std::string hash_directory = StrCat(suffix_->path(), "/", name);
    const auto file = FileOf(hash_directory, name);
    if (!file) continue;
    return FoundDatabase{PartitionId(partitions_[begun_ - 1].number),
                         StrCat(hash_directory, "/", *file), root_.device_id};
  }
  return std::nullopt;
}

std::optional<std::string> DatadirWalk::Device::FileOf(const std::string& hash_directory,
                                                       const std::string& hash) {
  std::string plain = StrCat(hash, ".db");
  struct stat status {};
  // The common case: one look, and nothing is opened.
  if (::stat(StrCat(hash_directory, "/", plain).c_str(), &status) == 0) return plain;
  if (errno == ENOTDIR) return std::nullopt;
  auto directory = Look(hash_directory);
  if (!directory) return std::nullopt;

  const std::string_view wanted = ParseDbFileName(plain).hash;
  std::optional<std::string> last;
  bool has_remains = false;
  while (const char* name = directory->Next()) {
    has_remains = true;
    const DbFileName parsed = ParseDbFileName(name);
    if (parsed.extension == ".db" && parsed.hash == wanted && (!last || *last < name)) last = name;
  }
  if (!last && has_remains && on_no_database_) on_no_database_(hash_directory);
  return last;
}

std::optional<DatadirWalk::Device::Level> DatadirWalk::Device::Look(std::string path) {
  DirStream stream(path);
  Level level(std::move(path));
  while (const char* name = stream.Next()) level.Add(name);
  if (!stream.ok()) {
    if (!IsNothingToTell(stream.error())) Complain(stream.error(), "reading", level.path());
  } else if (!stream.saw_any() && removes_empty_) {
    RemoveIfEmpty(level.path());
  }
  return stream.saw_any() ? std::optional(std::move(level)) : std::nullopt;
}

void DatadirWalk::Device::RemoveIfEmpty(const std::string& path) {
  if (::rmdir(path.c_str()) == 0) return;
  // Something has come in, or somebody else has removed it, or it is a link.
  if (errno == ENOTEMPTY || errno == EEXIST || IsNothingToTell(errno)) return;
  Complain(errno, "removing empty directory", path);
}

void DatadirWalk::Device::Complain(int error, std::string_view what, std::string_view path) {
  if (complaints_ == kMaxComplaints) {
    logger_.Error("ERROR further directories of ", root_.datadir,
                  " cannot be read; they are not named");
  } else if (complaints_ < kMaxComplaints) {
    logger_.Error("ERROR ", what, " ", ErrnoError(error, path).message,
                  "; what lies below it is not replicated");
  }
  complaints_ = std::min(complaints_ + 1, kMaxComplaints + 1);
}

}  // namespace dbrepl
