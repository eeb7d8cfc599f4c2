#include "replicator/rsync.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <thread>
#include <utility>

#include <sys/stat.h>

#include "common/child_process.h"
#include "common/strings.h"
#include "replicator/peer_replica.h"
#include "replicator/rsync_module.h"
#include "replicator/shared/wire_names.h"

namespace dbrepl {
namespace {

using std::chrono::milliseconds;

// A transfer that goes on, but at less than this, is given up: it would last for weeks.
constexpr std::int64_t kLeastBytesPerSecond = std::int64_t{100} << 10;
constexpr std::chrono::minutes kLeastTime(10);
// Two changes within the kernel's clock tick leave the same time on a file.
constexpr milliseconds kClockTick(20);
constexpr std::chrono::minutes kComplainEvery(1);
// rsync's own timeouts: in sending or receiving, and in connecting to the daemon.
constexpr std::array<int, 2> kTimeoutCodes = {30, 35};

// What tells whether somebody wrote into the file or put another one in its place.
struct FileState {
  std::uint64_t inode = 0;
  std::int64_t size = 0;
  std::int64_t mtime_ns = 0;
  std::int64_t ctime_ns = 0;

  bool operator==(const FileState&) const = default;
};

// By name: opening and closing the file would take away the locks this process has on it.
Result<FileState> StateOf(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) return Fail(ErrnoError(errno, path));
  const auto nanoseconds = [](const timespec& time) {
    return time.tv_sec * std::int64_t{1'000'000'000} + time.tv_nsec;
  };
  return FileState{found.st_ino, found.st_size, nanoseconds(found.st_mtim),
                   nanoseconds(found.st_ctim)};
}

// Waits until the next change cannot leave the same time as the last one.
Result<FileState> SettledStateOf(const std::string& path) {
  TRY_ASSIGN(FileState state, StateOf(path));
  const double age_seconds =
      SystemClock().NowSeconds() - static_cast<double>(state.mtime_ns) / 1'000'000'000;
  if (age_seconds < 0 || age_seconds >= std::chrono::duration<double>(kClockTick).count()) {
    return state;
  }
  std::this_thread::sleep_for(kClockTick);
  return StateOf(path);
}

bool HasJournal(const std::string& path) {
  struct stat found {};
  return ::stat(StrCat(path, "-journal").c_str(), &found) == 0;
}

Deadline DeadlineFor(std::int64_t bytes) {
  return Deadline::After(
      std::max<Deadline::Duration>(kLeastTime, std::chrono::seconds(bytes / kLeastBytesPerSecond)),
      SystemClock());
}

// As Python prints a list of plain texts.
std::string Quoted(const std::vector<std::string>& arguments) {
  std::string out;
  for (const std::string& argument : arguments) {
    out += StrCat(out.empty() ? "['" : ", '", Printable(argument), '\'');
  }
  return out + ']';
}

// rsync's words as one line.
std::string OneLine(std::string_view output) {
  std::string out;
  for (const std::string_view line : Split(output, '\n')) {
    const std::string_view words = StripBlanks(line);
    if (!words.empty()) out += StrCat(out.empty() ? "" : "; ", Printable(words));
  }
  return out.empty() ? "it said nothing" : out;
}

// The receiver's words for a full disk and for a quota that is used up.
bool TellsOfFullDisk(std::string_view output) {
  return output.find("No space left on device") != std::string_view::npos ||
         output.find("Disk quota exceeded") != std::string_view::npos;
}

std::int64_t WholeSeconds(milliseconds time) {
  return std::chrono::ceil<std::chrono::seconds>(time).count();
}

std::string ModuleOf(const PassOptions& options) {
  if (!options.rsync_module.empty()) return options.rsync_module;
  return options.kind == DbKind::kContainer ? "{replication_ip}::container"
                                            : "{replication_ip}::account";
}

}  // namespace

std::vector<std::string> RsyncArguments(const RsyncJob& job) {
  std::vector<std::string> arguments = {"rsync", "--quiet", "--no-motd",
                                        StrCat("--timeout=", WholeSeconds(job.node_timeout)),
                                        StrCat("--contimeout=", WholeSeconds(job.conn_timeout))};
  arguments.emplace_back(job.whole_file ? "--whole-file" : "--ignore-times");
  if (job.compress) arguments.emplace_back("--compress");
  arguments.push_back(job.source);
  arguments.push_back(job.destination);
  return arguments;
}

RsyncSender::RsyncSender(const PassOptions& options, std::stop_token stop)
    : options_(options),
      module_(ModuleOf(options)),
      stop_(std::move(stop)),
      complain_after_(Deadline::After({}, *options.clock)) {}

Result<> RsyncSender::Send(DatabaseBroker& broker, const std::string& local_id, const Device& node,
                           bool is_other_region) {
  auto sent = SendQuietly(broker, local_id, node, is_other_region);
  if (!sent) Complain(sent.error());
  return sent;
}

Result<> RsyncSender::SendQuietly(DatabaseBroker& broker, const std::string& local_id,
                                  const Device& node, bool is_other_region) {
  if (!LandingName::Parse(local_id)) {
    return Fail(Errc::kBadInput,
                StrCat(broker.path(), ": its id names no file: '", Printable(local_id), "'"));
  }
  TRY_ASSIGN(const std::string module, ExpandRsyncModule(module_, node));
  TRY_ASSIGN(const std::string file, broker.DbFile());
  RsyncJob job{.source = file,
               .destination = StrCat(module, '/', node.device, "/tmp/", local_id),
               .node_timeout = options_.node_timeout,
               .conn_timeout = options_.conn_timeout,
               .whole_file = true,
               .compress = options_.rsync_compress && is_other_region,
               .peer = PeerName(node)};
  TRY_ASSIGN(const FileState before, SettledStateOf(file));
  TRY(Run(job));
  TRY_ASSIGN(const FileState after, StateOf(file));
  if (before == after && !HasJournal(file)) return {};
  // The lock must be on the file that has the name now.
  if (before.inode != after.inode) broker.CloseConnection();
  TRY_ASSIGN(const Transaction held, broker.Lock());
  job.whole_file = false;
  return Run(job);
}

Result<> RsyncSender::Run(const RsyncJob& job) {
  TRY_ASSIGN(const FileState state, StateOf(job.source));
  ChildOptions limits;
  limits.deadline = DeadlineFor(state.size);
  limits.stop = stop_;
  const std::vector<std::string> arguments = RsyncArguments(job);
  const auto ended = RunChild(arguments, limits);
  if (!ended && ended.error().code == Errc::kNotFound) {
    return Fail(Errc::kIo, "rsync is not in PATH: no database file can be sent",
                "install rsync, or set PATH for this program");
  }
  if (!ended) return Fail(Error(ended.error()).Within(Quoted(arguments)));
  if (ended->code == 0) return {};
  if (stop_.stop_requested()) return Fail(Errc::kCancelled, "rsync: a stop was requested");
  const bool timed_out =
      std::find(kTimeoutCodes.begin(), kTimeoutCodes.end(), ended->code) != kTimeoutCodes.end();
  std::string problem = StrCat("rsync failed with ", ended->code, ": ", Quoted(arguments), ": ",
                               OneLine(ended->output));
  if (TellsOfFullDisk(ended->output)) {
    return Fail(Errc::kNoSpace, std::move(problem),
                StrCat(job.peer, " has no room for the file: free space on that device"));
  }
  return Fail(timed_out ? Errc::kTimeout : Errc::kUnreachable, std::move(problem));
}

void RsyncSender::Complain(const Error& error) {
  if (error.code == Errc::kCancelled) return;
  if (error.code == Errc::kIo) {  // nothing can be sent at all: once in a while is enough
    const MutexLock lock(mutex_);
    if (!complain_after_.Passed(*options_.clock)) return;
    complain_after_ = Deadline::After(kComplainEvery, *options_.clock);
  }
  options_.logger.Error("ERROR ", MessageWithHint(error));
}

}  // namespace dbrepl
