// What a dry run says: a line of a table for each thing that a pass would do, and sums of them. For
// people; nothing reads it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dbrepl {

// What a pass would do with a database, most of it towards one replica.
enum class DryAction {
  kSendRows,
  kSendFile,   // to a peer that has no such database
  kMergeFile,  // to a peer that is far behind, which merges its own rows into it
  kSendState,  // metadata, timestamps, storage policy that are better here
  kSendShardRanges,
  kTakeOver,        // metadata, timestamps, storage policy that are better there
  kQueueMisplaced,  // rows of another storage policy, for the reconciler
  kRemove,
  kQuarantine,
  kKeep,  // does not belong here, and has to stay for now
  kFail,  // the replica cannot be asked, or the database not be worked on
};
inline constexpr std::size_t kDryActions = 11;

struct DryLine {
  DryAction action = DryAction::kFail;
  std::optional<std::int64_t> rows = std::nullopt;   // at most so many
  std::optional<std::int64_t> bytes = std::nullopt;  // of files
  std::string what;  // the database, with whom, why; may hold anything
};

// "send rows            1200              -  /srv/node/... -> 10.0.0.2:6201/sdb1", without a line
// end. What cannot be printed in `what` is shown as \xNN.
std::string DryTableLine(const DryLine& line);
std::string DryTableHead();

// The sums of a dry run. One thread at a time.
class DryTotals {
 public:
  void Add(const DryLine& line);

  std::int64_t databases = 0;
  std::int64_t in_agreement = 0;  // replicas that were asked and have everything
  std::int64_t with_pending = 0;  // databases with pending records, which were not looked at

  // A table with a line for each action that occurs, and what else is to be known; lines end in \n.
  std::string Describe() const;
  // The same as one line for the log.
  std::string Line() const;

 private:
  struct Sum {
    std::int64_t times = 0;
    std::optional<std::int64_t> rows;
    std::optional<std::int64_t> bytes;
  };
  std::array<Sum, kDryActions> sums_{};
};

}  // namespace dbrepl
