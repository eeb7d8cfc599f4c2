#include "replicator/walk_device.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "broker/db_path.h"
#include "common/strings.h"

namespace dbrepl {
namespace {

// A dying disk has an error for every directory; the log needs to hear of the first ones only.
constexpr int kMaxComplaints = 20;

// Somebody removed it, or it is a file: neither is anything to tell.
bool IsNothingToTell(int error) { return error == ENOENT || error == ENOTDIR; }

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

void DatadirWalk::Device::List(const PartitionFilter& filter, Random& random) {
  datadir_.emplace(AT_FDCWD, root_.datadir);
  while (const char* name = datadir_->Next()) {
    const auto partition = ParsePartition(name);
    if (!partition) continue;
    if (filter && !filter(root_.device_id, PartitionId(partition->number))) continue;
    partitions_.push_back(*partition);
  }
  if (!datadir_->ok() && !IsNothingToTell(datadir_->error()))
    Complain(datadir_->error(), "reading", root_.datadir);
  partitions_.shrink_to_fit();
  std::shuffle(partitions_.begin(), partitions_.end(), random);
}

std::optional<FoundDatabase> DatadirWalk::Device::Next(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    if (suffix_) {
      if (auto found = NextInSuffix()) return found;
      Close(partition_->stream.fd(), suffix_, PartitionPath());
    } else if (partition_) {
      if (!OpenNextSuffix()) Close(datadir_->fd(), partition_, root_.datadir);
    } else if (!OpenNextPartition()) {
      return std::nullopt;
    }
  }
  return std::nullopt;
}

bool DatadirWalk::Device::OpenNextPartition() {
  if (begun_ == partitions_.size()) return false;
  partition_ = Open(datadir_->fd(), NameOf(partitions_[begun_++]), root_.datadir);
  return true;
}

bool DatadirWalk::Device::OpenNextSuffix() {
  const char* name = partition_->stream.Next();
  if (name == nullptr) return false;
  suffix_ = Open(partition_->stream.fd(), name, PartitionPath());
  return true;
}

std::optional<FoundDatabase> DatadirWalk::Device::NextInSuffix() {
  while (const char* name = suffix_->stream.Next()) {
    const std::string hash = name;
    const auto file = FileOf(hash);
    if (!file) continue;
    return FoundDatabase{PartitionId(partitions_[begun_ - 1].number),
                         StrCat(SuffixPath(), "/", hash, "/", *file), root_.device_id};
  }
  return std::nullopt;
}

std::optional<std::string> DatadirWalk::Device::FileOf(const std::string& hash) {
  const int suffix = suffix_->stream.fd();
  std::string plain = StrCat(hash, ".db");
  struct stat status {};
  // The common case: one look, and nothing is opened.
  if (::fstatat(suffix, StrCat(hash, "/", plain).c_str(), &status, 0) == 0) return plain;
  if (errno == ENOTDIR) return std::nullopt;
  auto directory = Open(suffix, hash, SuffixPath());
  if (!directory) return std::nullopt;

  const std::string_view wanted = ParseDbFileName(plain).hash;
  std::optional<std::string> last;
  while (const char* name = directory->stream.Next()) {
    const DbFileName parsed = ParseDbFileName(name);
    if (parsed.extension == ".db" && parsed.hash == wanted && (!last || *last < name)) last = name;
  }
  if (last) return last;
  const bool has_remains = directory->stream.ok() && directory->stream.saw_any();
  Close(suffix, directory, SuffixPath());
  if (has_remains && on_no_database_) on_no_database_(StrCat(SuffixPath(), "/", hash));
  return std::nullopt;
}

std::optional<DatadirWalk::Device::Level> DatadirWalk::Device::Open(int parent,
                                                                    const std::string& name,
                                                                    std::string_view path_above) {
  Level level{DirStream(parent, name), name};
  if (level.stream.ok()) return level;
  if (!IsNothingToTell(level.stream.error()))
    Complain(level.stream.error(), "reading", StrCat(path_above, "/", name));
  return std::nullopt;
}

void DatadirWalk::Device::Close(int parent, std::optional<Level>& level,
                                std::string_view path_above) {
  const DirStream& stream = level->stream;
  if (!stream.ok() && !IsNothingToTell(stream.error())) {
    Complain(stream.error(), "reading", StrCat(path_above, "/", level->name));
  } else if (stream.ok() && !stream.saw_any() && removes_empty_) {
    RemoveIfEmpty(parent, level->name, path_above);
  }
  level.reset();
}

void DatadirWalk::Device::RemoveIfEmpty(int parent, const std::string& name,
                                        std::string_view path_above) {
  if (::unlinkat(parent, name.c_str(), AT_REMOVEDIR) == 0) return;
  // Something has come in, or somebody else has removed it, or it is a link.
  if (errno == ENOTEMPTY || errno == EEXIST || IsNothingToTell(errno)) return;
  Complain(errno, "removing empty directory", StrCat(path_above, "/", name));
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

std::string DatadirWalk::Device::PartitionPath() const {
  return StrCat(root_.datadir, "/", partition_->name);
}

std::string DatadirWalk::Device::SuffixPath() const {
  return StrCat(PartitionPath(), "/", suffix_->name);
}

}  // namespace dbrepl
