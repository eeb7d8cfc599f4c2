// The walk over one device: its partitions in random order, their suffixes, their hash directories.
// walk.h has the rules.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/types.h>

#include "common/log.h"
#include "common/random.h"
#include "replicator/walk.h"

namespace dbrepl {

// Used by one thread.
class DatadirWalk::Device {
 public:
  Device(WalkRoot root, Logger logger, bool removes_empty, OnNoDatabase on_no_database);

  // Lists and shuffles the partitions; an unreadable datadir has none.
  void List(const PartitionFilter& filter, Random& random);
  std::optional<FoundDatabase> Next(const std::stop_token& stop);

  std::size_t partitions() const { return partitions_.size(); }
  std::size_t partitions_done() const { return begun_ - (partition_ ? 1 : 0); }

 private:
  // A directory's name as a number; Swift takes "007" for partition 7, so the zeros are kept.
  struct PartitionName {
    std::uint32_t number;
    std::uint8_t leading_zeros;
  };
  static std::optional<PartitionName> ParsePartition(std::string_view name);
  static std::string NameOf(PartitionName partition);

  // What a directory held when it was looked at. It is not kept open, for then nobody could unmount
  // the device in a pass that takes hours.
  class Level {
   public:
    explicit Level(std::string path) : path_(std::move(path)) {}
    void Add(std::string_view name) { names_.append(name).push_back('\0'); }
    // The next of the names; null: that was all.
    const char* Next();
    const std::string& path() const { return path_; }

   private:
    std::string path_;
    std::string names_;  // each with a zero behind it
    std::size_t next_ = 0;
  };
  // Reads a directory; one that holds nothing is removed. Nothing there and no directory: nullopt;
  // unreadable: nullopt, or what could be read, and a log line.
  std::optional<Level> Look(std::string path);

  // False, with a log line: the device was unmounted, or something else is in its place.
  bool IsStillThere();
  bool LookAtNextPartition();
  bool LookAtNextSuffix();
  std::optional<FoundDatabase> NextInSuffix();
  // The name of the file of a hash directory that counts; nullopt: there is none, and the
  // directory was removed if it is empty.
  std::optional<std::string> FileOf(const std::string& hash_directory, const std::string& hash);
  void RemoveIfEmpty(const std::string& path);
  void Complain(int error, std::string_view what, std::string_view path);

  const WalkRoot root_;
  const Logger logger_;
  const bool removes_empty_;
  const OnNoDatabase on_no_database_;
  std::pair<dev_t, ino_t> datadir_identity_;
  std::vector<PartitionName> partitions_;
  std::size_t begun_ = 0;  // partitions
  std::optional<Level> partition_;
  std::optional<Level> suffix_;
  int complaints_ = 0;
};

}  // namespace dbrepl
