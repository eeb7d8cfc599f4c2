// The walk over one device: its partitions in random order, their suffixes, their hash directories.
// walk.h has the rules.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "common/log.h"
#include "common/random.h"
#include "replicator/dir_stream.h"
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

  // An open directory with its path below the datadir.
  struct Level {
    DirStream stream;
    std::string name;
  };
  // Opens `name` below an open directory. Nothing there and no directory: nullopt; unreadable:
  // nullopt and a log line.
  std::optional<Level> Open(int parent, const std::string& name, std::string_view path_above);
  // Ends a level: a directory in which nothing was ever seen is removed.
  void Close(int parent, std::optional<Level>& level, std::string_view path_above);

  bool OpenNextPartition();
  bool OpenNextSuffix();
  std::optional<FoundDatabase> NextInSuffix();
  // The name of the file of a hash directory that counts; nullopt: there is none, and the
  // directory was removed if it is empty.
  std::optional<std::string> FileOf(const std::string& hash);
  void RemoveIfEmpty(int parent, const std::string& name, std::string_view path_above);
  void Complain(int error, std::string_view what, std::string_view path);

  std::string PartitionPath() const;
  std::string SuffixPath() const;

  const WalkRoot root_;
  const Logger logger_;
  const bool removes_empty_;
  const OnNoDatabase on_no_database_;
  std::optional<DirStream> datadir_;
  std::vector<PartitionName> partitions_;
  std::size_t begun_ = 0;  // partitions
  std::optional<Level> partition_;
  std::optional<Level> suffix_;
  int complaints_ = 0;
};

}  // namespace dbrepl
