#include "replicator/answer/file_ops.h"

#include <memory>
#include <optional>
#include <utility>

#include <sys/stat.h>

#include "broker/db_path.h"
#include "broker/make_broker.h"
#include "common/dir_lock.h"
#include "common/files.h"
#include "common/strings.h"
#include "replicator/answer/landed_file.h"
#include "replicator/answer/received_file.h"
#include "replicator/answer/replica_merge.h"
#include "replicator/shared/own_peer.h"

namespace dbrepl {

namespace {

Result<LandingName> LandingArgument(const Operation& operation) {
  TRY_ASSIGN(const std::string_view json, operation.Argument(0, "landing name"));
  TRY_ASSIGN(const JsonValue value, ParseArgument(json, "landing name"));
  TRY_ASSIGN(const std::string text, WireText(value, "landing name"));
  auto name = LandingName::Parse(text);
  if (!name) return Fail(Errc::kBadInput, StrCat("landing name: not \"", Printable(text), "\""));
  return *std::move(name);
}

// Left out: <hash>.db.
Result<DbBaseName> BaseNameArgument(const Operation& operation) {
  if (operation.arguments.size() < 2) return PlainBaseName(operation.path.hash);
  TRY_ASSIGN(const JsonValue value, ParseArgument(operation.arguments[1], "file name"));
  TRY_ASSIGN(const std::string text, WireText(value, "file name"));
  auto name = ParseDbBaseName(text, operation.path.hash);
  if (!name ||
      (operation.options.kind == DbKind::kAccount && *name != PlainBaseName(operation.path.hash))) {
    return Fail(Errc::kBadInput, StrCat("file name: not \"", Printable(text), "\""));
  }
  return *std::move(name);
}

std::unique_ptr<DatabaseBroker> BrokerOfExactly(const Operation& operation, const std::string& path,
                                                const BrokerOptions& options) {
  return MakeBroker(operation.options.kind, path, options, ContainerBroker::Files::kExactly);
}

// All known objects may be there and still lack columns; reading everything once tells.
Result<> CheckIsWhole(const Operation& operation, const LandingName& sender_id,
                      const LandedFile& file) {
  BrokerOptions options = operation.MakeBrokerOptions();
  options.read_only = true;
  const auto broker = BrokerOfExactly(operation, file.path(), options);
  auto info = broker->GetReplicationInfo();
  if (!info) return Fail(BlameSender(std::move(info).error(), sender_id));
  auto* container = dynamic_cast<ContainerBroker*>(broker.get());
  if (container == nullptr) return {};
  auto ranges = container->GetAllShardRanges();
  if (!ranges) return Fail(BlameSender(std::move(ranges).error(), sender_id));
  return {};
}

// A file under a name of its own, judged good, with a new id.
struct TakenFile {
  LandedFile file;
  std::string id;
};
Result<TakenFile> TakeReceivedFile(const Operation& operation, const LandingName& sender_id) {
  TRY_ASSIGN(LandedFile file,
             LandedFile::Take(operation.device, sender_id, *operation.options.random));
  const ReceivedFileRules rules{operation.options.kind, &operation.options.hash_path,
                                &operation.time_bound};
  TRY(CheckReceivedFile(file, rules, operation.path.hash, sender_id));
  TRY(CheckIsWhole(operation, sender_id, file));
  const auto broker = BrokerOfExactly(operation, file.path(), operation.MakeBrokerOptions());
  file.MarkChanged();
  TRY_ASSIGN(std::string id, broker->NewId(sender_id.value()));
  return TakenFile{std::move(file), std::move(id)};
}

// 204; to an own peer with the id.
HttpResponse Taken(const Operation& operation, const TakenFile& taken) {
  HttpResponse response = NoContent();
  if (operation.is_from_own_peer) response.head.headers.Add(kNewIdHeader, taken.id);
  return response;
}

// All of the file's rows are the sender's own: the sender need not get them back. What is merged in
// later gets greater ROWIDs, also where it replaces a row of the sender.
Result<> NoteWhatSenderHas(const Operation& operation, const LandingName& sender_id,
                           const LandedFile& file) {
  const auto broker = BrokerOfExactly(operation, file.path(), operation.MakeBrokerOptions());
  TRY_ASSIGN(const std::int64_t point,
             broker->GetSync(sender_id.value(), SyncDirection::kIncoming));
  return broker->MergeSyncs({{sender_id.value(), point}}, SyncDirection::kOutgoing);
}

// A container that is being divided keeps its files; looked up on the disk each time.
Result<bool> HasBegunSharding(const Operation& operation) {
  if (operation.options.kind != DbKind::kContainer) return false;
  BrokerOptions options = operation.MakeBrokerOptions();
  options.skip_commits = true;
  ContainerBroker fresh(operation.DbPath(), options);
  return fresh.ShardingInitiated();
}

// Which file a path names; none: it is not there.
std::optional<std::pair<dev_t, ino_t>> FileIdentity(const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return std::nullopt;
  return std::pair(status.st_dev, status.st_ino);
}

// Copies what is left and puts the file in its place, while nobody else can write. False: another
// file has taken the database's place since, or it has begun to shard.
Result<bool> MergeTailAndPublish(const Operation& operation,
                                 std::unique_ptr<DatabaseBroker> existing, ReplicaMerge& merge,
                                 const std::string& db_file,
                                 const std::pair<dev_t, ino_t>& identity, LandedFile& file) {
  TRY_ASSIGN(const UniqueFd directory,
             operation.device.OpenHashDirectory(operation.options.kind, operation.path,
                                                DeviceRoot::Missing::kFail));
  // In the order of all others: the directory first. It keeps pending records where they are; they
  // belong to whatever database has the name.
  TRY_ASSIGN(const DirLock lock,
             DirLock::AcquireExisting(
                 operation.device.HashDirectory(operation.options.kind, operation.path),
                 operation.options.pending_timeout));
  // Closed after the lock is given up when this comes to nothing; requests for one database come
  // one after the other, so nobody else in this process has it open.
  TRY_ASSIGN(UniqueFd replaced, ReplacedFiles::Open(db_file));
  TRY_ASSIGN(Transaction writers_out, merge.LockExisting());
  if (FileIdentity(db_file) != identity) return false;
  TRY_ASSIGN(const bool sharding, HasBegunSharding(operation));
  if (sharding) return false;
  TRY(merge.CopyTail());
  merge.CloseReceived();
  TRY(file.Sync());
  const auto name = ParseDbBaseName(BaseName(db_file), operation.path.hash);
  if (!name) return Fail(Errc::kIo, StrCat(db_file, ": not a name of this database"));
  TRY(file.Publish(directory, *name, LandedFile::Existing::kReplace));
  const auto kept = operation.replaced_files.Keep(std::move(replaced), std::move(existing),
                                                  std::move(writers_out));
  if (!kept) operation.logger.Warning(kept.error().message);
  return true;
}

}  // namespace

Result<HttpResponse> RunCompleteRsync(const Operation& operation) {
  TRY_ASSIGN(const LandingName sender_id, LandingArgument(operation));
  TRY_ASSIGN(const DbBaseName name, BaseNameArgument(operation));
  TRY_ASSIGN(const bool exists, DatabaseExists(operation));
  if (exists) return NotFound();
  TRY_ASSIGN(TakenFile taken, TakeReceivedFile(operation, sender_id));
  TRY(NoteWhatSenderHas(operation, sender_id, taken.file));
  TRY(taken.file.Sync());
  const DbKind kind = operation.options.kind;
  TRY_ASSIGN(const UniqueFd directory,
             operation.device.OpenHashDirectory(kind, operation.path, DeviceRoot::Missing::kMake));
  TRY_ASSIGN(const DirLock lock,
             DirLock::AcquireExisting(operation.device.HashDirectory(kind, operation.path),
                                      operation.options.pending_timeout));
  TRY_ASSIGN(const bool appeared, DatabaseExists(operation));
  if (appeared) return NotFound();
  TRY(taken.file.Publish(directory, name, LandedFile::Existing::kKeep));
  return Taken(operation, taken);
}

Result<HttpResponse> RunRsyncThenMerge(const Operation& operation) {
  TRY_ASSIGN(const LandingName sender_id, LandingArgument(operation));
  TRY(BaseNameArgument(operation));
  TRY_ASSIGN(const bool exists, DatabaseExists(operation));
  if (!exists) return NotFound();
  auto existing = operation.MakeBroker();
  TRY_ASSIGN(const std::string db_file, existing->DbFile());
  const auto identity = FileIdentity(db_file);
  if (!identity) return NotFound();
  TRY_ASSIGN(const bool sharding, HasBegunSharding(operation));
  if (sharding) return NotFound();
  TRY_ASSIGN(TakenFile taken, TakeReceivedFile(operation, sender_id));
  LandedFile& file = taken.file;
  // Swift's replicator may have sent its file to a server of Swift's, too, which takes the ROWIDs
  // of its own rows for the sender's. If ours were with the sender before they are there, they
  // would get such ROWIDs and never come there; so they take the long way, as between Swift's.
  if (operation.is_from_own_peer) TRY(NoteWhatSenderHas(operation, sender_id, file));
  ReplicaMerge merge(
      *existing, BrokerOfExactly(operation, file.path(), operation.MakeBrokerOptions()), operation);
  TRY(merge.CopyMost());
  TRY(file.Sync());
  TRY_ASSIGN(const bool published,
             MergeTailAndPublish(operation, std::move(existing), merge, db_file, *identity, file));
  return published ? Taken(operation, taken) : NotFound();
}

}  // namespace dbrepl
