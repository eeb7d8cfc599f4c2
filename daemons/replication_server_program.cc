#include "daemons/replication_server_program.h"

#include <climits>
#include <cstdlib>
#include <iostream>
#include <utility>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/child_process.h"
#include "common/strings.h"
#include "daemons/daemon_process.h"
#include "daemons/options.h"
#include "daemons/replication_server_conf.h"
#include "daemons/replication_worker.h"
#include "daemons/supervisor.h"
#include "daemons/version.h"
#include "rpc/peer_address.h"

namespace dbrepl {
namespace {

enum ExitCode { kDone = 0, kFailed = 1, kUsage = 2 };

const std::vector<OptionSpec>& Options() {
  static const std::vector<OptionSpec> options{
      {"verbose", 'v', "", "write the log to standard error too"},
      {"test-config", 't', "", "say whether the server would start, and exit"},
      {"print-config", 0, "", "show every option's value and where it comes from, and exit"},
      {"print-sample-config", 0, "", "show a configuration file with every option, and exit"},
      {"help", 'h', "", "show this and exit"},
      {"version", 0, "", "show the version and exit"},
  };
  return options;
}

std::string ProgramName(DbKind kind) { return StrCat(DbKindName(kind), "-replication-server"); }

std::string Usage(DbKind kind) {
  return StrCat("Usage: ", ProgramName(kind), " CONFIG [options]\n");
}

std::string Help(DbKind kind) {
  const std::string_view name = DbKindName(kind);
  return StrCat(
      "Answers other nodes' replicators (REPLICATE) for the ", name,
      " databases of this node, tells recon\n"
      "what it asks, and passes every other request on to the node's ordinary ",
      name, "-server.\n\n", Usage(kind), "CONFIG is Swift's ", name,
      "-server.conf, or a folder of *.conf files.\n\nOptions:\n", DescribeOptions(Options()),
      "\nOptions in CONFIG, with defaults:\n", DescribeConfOptions(ReplicationServerTable(kind)),
      "\nSignals: TERM and INT stop; HUP finishes what has begun, then stops; USR1 starts "
      "anew\n(program and configuration) without refusing a connection.\n\n"
      "Example: ",
      ProgramName(kind), " /etc/swift/", name, "-server/replication.conf\n");
}

// What one start of the program needs, checked before anything is done.
struct Start {
  std::string called_as;
  std::string conf_path;
  ReplicationServerConf conf;
  SwiftConf swift_conf;
  bool verbose = false;
};

std::string AbsolutePath(const std::string& path) {
  char resolved[PATH_MAX];
  return ::realpath(path.c_str(), resolved) == nullptr ? path : resolved;
}

std::string OwnExecutable() {
  char path[PATH_MAX];
  const ssize_t length = ::readlink("/proc/self/exe", path, sizeof(path));
  return length <= 0 ? std::string() : std::string(path, static_cast<std::size_t>(length));
}

// Whether a program with this configuration would start; its own words where it would not.
Result<> TestConfig(const std::string& program, const std::string& conf_path) {
  TRY_ASSIGN(const ChildExit ended, RunChild({program, conf_path, "--test-config"}, {}));
  if (ended.code == kDone) return {};
  return Fail(Errc::kBadInput,
              StrCat("--test-config fails: ", Printable(StripBlanks(ended.output))));
}

// The inherited socket if it is bound as the configuration has it now, else a new one.
Result<UniqueFd> ListenerFor(const ListenOptions& listen, UniqueFd inherited) {
  if (!inherited) return OpenListener(listen);
  sockaddr_storage bound{};
  socklen_t length = sizeof(bound);
  auto* address = reinterpret_cast<sockaddr*>(&bound);
  const auto wanted = NumericAddress({listen.bind_ip, listen.bind_port});
  if (wanted && ::getsockname(inherited.get(), address, &length) == 0 &&
      ToPeerAddress(*wanted->get()) == ToPeerAddress(*address))
    return inherited;
  return OpenListener(listen);
}

SupervisorOptions SupervisorFor(const Start& start, const Logger& logger) {
  SupervisorOptions options;
  options.logger = logger;
  options.keep_stderr = start.verbose ? KeepStderr::kYes : KeepStderr::kNo;
  options.program = OwnExecutable();
  options.command = {start.called_as, start.conf_path};
  if (start.verbose) options.command.push_back("--verbose");
  options.check_new_generation = [program = options.program, conf_path = start.conf_path] {
    return TestConfig(program, conf_path);
  };
  return options;
}

// A single process: what `workers = 0` asks for.
int ServeAlone(const Start& start, const Logger& logger, UniqueFd listener) {
  const int code =
      RunReplicationWorker(start.conf, start.swift_conf, logger, std::move(listener), [&start] {
        CloseStandardStreams(start.verbose ? KeepStderr::kYes : KeepStderr::kNo);
        NotifyServiceManager("READY=1");
      });
  if (code == kDone) logger.Notice("Exited (", ::getpid(), ")");
  return code;
}

Result<int> Serve(const Start& start) {
  Inheritance inheritance = TakeInheritance();
  LogOptions log = start.conf.log;
  log.to_stderr = start.verbose;
  TRY_ASSIGN(const Logger logger, MakeLogger(log));
  logger.Notice("Starting ", ::getpid());
  const OptionValues& values = start.conf.values;
  const auto priority = SetPriority(values.Text("nice_priority"), values.Text("ionice_class"),
                                    values.Text("ionice_priority"));
  if (!priority) logger.Warning("priority stays as it is: ", priority.error().message);
  RaiseFileLimit();
  TRY_ASSIGN(UniqueFd listener, ListenerFor(start.conf.listen, std::move(inheritance.listener)));
  LeaveStartersEnvironment();
  if (!start.conf.has_supervisor) return ServeAlone(start, logger, std::move(listener));
  const auto worker = [&](UniqueFd socket, const std::function<void()>& on_ready) {
    return RunReplicationWorker(start.conf, start.swift_conf, logger, std::move(socket), on_ready);
  };
  return Supervise(std::move(listener), std::move(inheritance), SupervisorFor(start, logger),
                   worker);
}

int Complain(std::ostream& stream, DbKind kind, const Error& error) {
  stream << DescribeForPerson(ProgramName(kind), error) << std::flush;
  return kFailed;
}

// What is asked about the configuration rather than of the server; errors of the file go to
// standard output, those of the system to standard error, as with Swift's servers.
int WithConf(DbKind kind, const std::string& called_as, const CommandLine& line) {
  Start start;
  start.called_as = called_as;
  start.conf_path = AbsolutePath(line.words.front());
  start.verbose = line.Has("verbose");
  for (std::size_t i = 1; i < line.words.size(); ++i)
    if (line.words[i] == "verbose") start.verbose = true;
  auto conf = LoadReplicationServerConf(start.conf_path, kind);
  if (!conf) return Complain(std::cout, kind, conf.error());
  start.conf = *std::move(conf);
  if (line.Has("print-config")) {
    std::cout << start.conf.values.Print();
    return kDone;
  }
  auto swift_conf = LoadSwiftConf(SwiftConfBeside(start.conf.swift_dir()));
  if (!swift_conf) return Complain(std::cerr, kind, swift_conf.error());
  start.swift_conf = *std::move(swift_conf);
  if (line.Has("test-config")) return kDone;
  const auto code = Serve(start);
  return code ? *code : Complain(std::cerr, kind, code.error());
}

}  // namespace

int ReplicationServerMain(DbKind kind, const std::vector<std::string>& arguments) {
  const auto line = ParseCommandLine(Options(), {arguments.begin() + 1, arguments.end()});
  if (!line) {
    std::cerr << Usage(kind) << DescribeForPerson(ProgramName(kind), line.error());
    return kUsage;
  }
  if (line->Has("help") || line->Has("version") || line->Has("print-sample-config")) {
    std::cout << (line->Has("help")      ? Help(kind)
                  : line->Has("version") ? StrCat(ProgramName(kind), " ", kVersion, "\n")
                                         : ReplicationServerSample(kind));
    return kDone;
  }
  if (line->words.empty()) {
    std::cout << Usage(kind) << "Error: missing config path argument\n";
    return kFailed;
  }
  if (::access(line->words.front().c_str(), F_OK) != 0) {
    std::cout << Usage(kind) << "Error: unable to locate " << line->words.front() << "\n";
    return kFailed;
  }
  return WithConf(kind, arguments.front(), *line);
}

}  // namespace dbrepl
