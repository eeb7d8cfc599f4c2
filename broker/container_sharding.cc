// The parts of ContainerBroker that concern sharding: the state that follows from files and shard
// ranges, the counts of shards, and who is whose root.
#include <array>
#include <utility>

#include "broker/container_broker.h"
#include "broker/db_path.h"
#include "broker/shard_range_merge.h"
#include "common/strings.h"
#include "common/timestamp.h"

namespace dbrepl {

namespace {

// The own range's epoch is normalized; the file name's is whatever somebody wrote.
bool IsSameEpoch(std::string_view file_epoch, const std::optional<ShardRange>& own) {
  if (!own || !own->epoch) return false;
  const auto parsed = Timestamp::Parse(file_epoch);
  return parsed && parsed->Internal() == *own->epoch;
}

std::optional<int> HexDigit(char c) { return ParseInt<int>(std::string_view(&c, 1), 16); }

// "%2F" becomes "/"; a '%' without two hex digits stays.
std::string Unquote(std::string_view quoted) {
  std::string text;
  for (std::size_t i = 0; i < quoted.size(); ++i) {
    if (quoted[i] == '%' && i + 2 < quoted.size()) {
      const auto high = HexDigit(quoted[i + 1]);
      const auto low = HexDigit(quoted[i + 2]);
      if (high && low) {
        text.push_back(static_cast<char>(*high * 16 + *low));
        i += 2;
        continue;
      }
    }
    text.push_back(quoted[i]);
  }
  return text;
}

}  // namespace

std::string_view DbStateName(DbState state) {
  constexpr std::array<std::string_view, 5> kNames = {"not_found", "unsharded", "sharding",
                                                      "sharded", "collapsed"};
  return kNames[static_cast<std::size_t>(state)];
}

// ---- State

Result<DbState> ContainerBroker::StateWithin(Connection& connection) {
  TRY_ASSIGN(const std::vector<std::string> files, DbFiles());
  if (files.empty()) return DbState::kNotFound;
  if (files.size() > 1) return DbState::kSharding;
  TRY_ASSIGN(const std::string file, DbFile());
  const auto epoch = ParseDbFileName(file).epoch;
  if (!epoch) return DbState::kUnsharded;
  TRY_ASSIGN(const std::string name, NameWithin(connection));
  TRY_ASSIGN(const std::optional<ShardRange> own, ReadOwnShardRange(connection, name));
  if (!IsSameEpoch(*epoch, own)) return DbState::kUnsharded;
  TRY_ASSIGN(const std::vector<ShardRange> others, ReadShardRanges(connection, name));
  return others.empty() ? DbState::kCollapsed : DbState::kSharded;
}

Result<DbState> ContainerBroker::GetDbState() {
  TRY_ASSIGN(const std::vector<std::string> files, DbFiles());
  if (files.empty()) return DbState::kNotFound;
  TRY_ASSIGN(Connection * connection, Connect());
  TRY_ASSIGN(Transaction moment, Transaction::Begin(*connection, Transaction::Kind::kRead));
  return StateWithin(*connection);
}

Result<bool> ContainerBroker::EverHadShardRangesWithin(Connection& connection) {
  TRY_ASSIGN(const RowId max_row, MaxRowWithin(connection, "shard_range"));
  return max_row >= 0;
}

Result<bool> ContainerBroker::ShardingInitiatedWithin(Connection& connection) {
  TRY_ASSIGN(const bool has_ranges, EverHadShardRangesWithin(connection));
  if (!has_ranges) return false;
  TRY_ASSIGN(const std::string name, NameWithin(connection));
  TRY_ASSIGN(const std::optional<ShardRange> own, ReadOwnShardRange(connection, name));
  if (!own || (own->state != ShardState::kSharding && own->state != ShardState::kShrinking &&
               own->state != ShardState::kSharded && own->state != ShardState::kShrunk)) {
    return false;
  }
  TRY_ASSIGN(const std::vector<ShardRange> others, ReadShardRanges(connection, name));
  return !others.empty();
}

Result<bool> ContainerBroker::ShardingInitiated() {
  TRY_ASSIGN(Connection * connection, Connect());
  TRY_ASSIGN(Transaction moment, Transaction::Begin(*connection, Transaction::Kind::kRead));
  return ShardingInitiatedWithin(*connection);
}

Result<bool> ContainerBroker::ShardingRequired() {
  TRY_ASSIGN(const DbState state, GetDbState());
  if (state == DbState::kSharding) return true;
  if (state != DbState::kUnsharded) return false;
  return ShardingInitiated();
}

// ---- Counts

Result<ObjectStats> ContainerBroker::ShardUsageWithin(Connection& connection) {
  TRY_ASSIGN(const std::string name, NameWithin(connection));
  ShardRangeQuery query;
  query.states = {ShardState::kActive, ShardState::kSharding, ShardState::kShrinking};
  TRY_ASSIGN(const std::vector<ShardRange> shards, ReadShardRanges(connection, name, query));
  ObjectStats usage;
  for (const ShardRange& shard : shards) {
    if (__builtin_add_overflow(usage.object_count, shard.object_count, &usage.object_count) ||
        __builtin_add_overflow(usage.bytes_used, shard.bytes_used, &usage.bytes_used)) {
      return Fail(Errc::kBadInput,
                  StrCat(connection.path(), ": shard ranges count more than 64 bits hold"));
    }
  }
  return usage;
}

Result<std::optional<ObjectStats>> ContainerBroker::AlternateStatsWithin(Connection& connection,
                                                                         DbState state) {
  if (state == DbState::kSharding) {
    ContainerBroker retiring = RetiringBroker();
    TRY_ASSIGN(Connection * retired, retiring.Connect());
    TRY_ASSIGN(const ReplicationInfo info, retiring.StoredInfoWithin(*retired));
    return ObjectStats{info.object_count, info.bytes_used};
  }
  if (state != DbState::kSharded) return std::nullopt;
  TRY_ASSIGN(const bool is_root, IsRootWithin(connection));
  if (!is_root) return std::nullopt;
  TRY_ASSIGN(const ObjectStats usage, ShardUsageWithin(connection));
  return usage;
}

// ---- Shard ranges

Result<std::vector<ShardRange>> ContainerBroker::GetShardRanges(const ShardRangeQuery& query) {
  TRY_ASSIGN(Connection * connection, Connect());
  TRY_ASSIGN(Transaction moment, Transaction::Begin(*connection, Transaction::Kind::kRead));
  TRY_ASSIGN(const bool has_ranges, EverHadShardRangesWithin(*connection));
  if (!has_ranges) return std::vector<ShardRange>();
  TRY_ASSIGN(const std::string name, NameWithin(*connection));
  return ReadShardRanges(*connection, name, query);
}

Result<std::vector<ShardRange>> ContainerBroker::GetAllShardRanges() {
  ShardRangeQuery query;
  query.include_deleted = true;
  query.include_own = true;
  return GetShardRanges(query);
}

Result<ShardRange> ContainerBroker::GetOwnShardRange() {
  TRY(CommitPending());
  TRY_ASSIGN(Connection * connection, Connect());
  TRY_ASSIGN(Transaction moment, Transaction::Begin(*connection, Transaction::Kind::kRead));
  TRY_ASSIGN(const std::string now, NowTimestamp());
  TRY_ASSIGN(const ReplicationInfo info, InfoWithin(*connection));
  ShardRange own;
  own.name = StrCat(info.account, "/", info.container);
  own.timestamp = own.state_timestamp = now;
  own.state = ShardState::kActive;
  TRY_ASSIGN(std::optional<ShardRange> stored, ReadOwnShardRange(*connection, own.name));
  if (stored) own = *std::move(stored);
  own.UpdateMeta(info.object_count, info.bytes_used, now);
  return own;
}

Result<> ContainerBroker::MergeShardRanges(std::vector<ShardRange> ranges) {
  if (ranges.empty()) return {};
  TRY_ASSIGN(Connection * connection, Connect());
  TRY_ASSIGN(Transaction transaction, Transaction::Begin(*connection));
  TRY(MergeShardRangeRows(*connection, std::move(ranges)));
  return transaction.Commit();
}

Result<std::vector<ShardRange>> ContainerBroker::MergePeerShardRanges(
    std::vector<ShardRange> ranges) {
  if (ranges.empty()) return ranges;
  TRY_ASSIGN(Connection * connection, Connect());
  TRY_ASSIGN(Transaction transaction, Transaction::Begin(*connection));
  TRY_ASSIGN(const std::string name, NameWithin(*connection));
  TRY_ASSIGN(const std::optional<ShardRange> own, ReadOwnShardRange(*connection, name));
  OwnShardRangeFilter filter = FilterOwnShardRange(own.value_or(ShardRange()), std::move(ranges));
  TRY(MergeShardRangeRows(*connection, std::move(filter.kept)));
  TRY(transaction.Commit());
  return std::move(filter.refused);
}

// ---- Roots

Result<std::optional<ContainerBroker::RootPointer>> ContainerBroker::RootPointerWithin(
    Connection& connection) {
  TRY_ASSIGN(const std::string raw, RawMetadataWithin(connection));
  TRY_ASSIGN(const Metadata metadata, ParseMetadata(raw));
  const char* const kQuoted = "X-Container-Sysmeta-Shard-Quoted-Root";
  const MetadataItem* quoted = FindMetadata(metadata, kQuoted);
  if (quoted != nullptr && !quoted->value.empty()) {
    return RootPointer{kQuoted, Unquote(quoted->value)};
  }
  const char* const kPlain = "X-Container-Sysmeta-Shard-Root";
  const MetadataItem* plain = FindMetadata(metadata, kPlain);
  if (plain != nullptr && !plain->value.empty()) return RootPointer{kPlain, plain->value};
  return std::nullopt;
}

Result<bool> ContainerBroker::IsRootWithin(Connection& connection) {
  TRY_ASSIGN(const std::string name, NameWithin(connection));
  TRY_ASSIGN(const std::optional<RootPointer> root, RootPointerWithin(connection));
  if (root) return root->path == name;
  // A shard that old Swift deleted lost its pointer, but shrinking had marked its own range
  // deleted; a root's own range stays alive even when the root is deleted.
  TRY_ASSIGN(const std::optional<ShardRange> own, ReadOwnShardRange(connection, name));
  return !own || !own->deleted;
}

Result<bool> ContainerBroker::IsRootContainer() {
  TRY_ASSIGN(Connection * connection, Connect());
  TRY_ASSIGN(Transaction moment, Transaction::Begin(*connection, Transaction::Kind::kRead));
  return IsRootWithin(*connection);
}

Result<std::string> ContainerBroker::RootPath() {
  TRY_ASSIGN(Connection * connection, Connect());
  TRY_ASSIGN(Transaction moment, Transaction::Begin(*connection, Transaction::Kind::kRead));
  TRY_ASSIGN(const std::optional<RootPointer> root, RootPointerWithin(*connection));
  if (!root) return NameWithin(*connection);
  std::string_view path = root->path;
  if (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
  const auto parts = Split(path, '/');
  if (parts.size() != 2 || parts[0].empty() || parts[1].empty()) {
    return Fail(Errc::kBadInput, StrCat(connection->path(), ": Expected ", root->header,
                                        " to be of the form 'account/container', got \"",
                                        Printable(root->path), "\""));
  }
  return std::string(path);
}

}  // namespace dbrepl
