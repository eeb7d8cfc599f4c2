// The parent of a server: owns the listening socket, keeps one worker process running, and passes
// on signals as the parent of Swift's servers does (swift-drop-in.md section 1.4). It has one
// thread and does no work, so that it can start a new generation of the program at any time:
// SIGUSR1 executes the program again in the same process, which hands the same socket to a new
// worker and lets the old one finish; no connection is refused meanwhile.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "common/log.h"
#include "common/result.h"
#include "common/unique_fd.h"
#include "daemons/daemon_process.h"

namespace dbrepl {

// What the generation before left to this one, when there was one.
struct Inheritance {
  UniqueFd listener;  // empty: none
  pid_t old_worker = 0;
};

// Takes it from the environment, where nothing of it remains. Call before threads.
Inheritance TakeInheritance();

struct SupervisorOptions {
  Logger logger;
  KeepStderr keep_stderr = KeepStderr::kNo;
  std::string program;               // what SIGUSR1 executes
  std::vector<std::string> command;  // its argv; the name it was called by stays [0]
  // Whether a new generation would start; asked before SIGUSR1 gives this one up.
  std::function<Result<>()> check_new_generation;
};

// What runs in the worker process: serves `listener`, calls `on_ready` once it does, returns the
// exit code. The process has the default signal mask and gets SIGHUP (finish and end) when the
// parent is gone.
using WorkerMain = std::function<int(UniqueFd listener, const std::function<void()>& on_ready)>;

// Runs until a signal ends it; the process's exit code. A worker that dies is replaced; one that
// cannot even start the first time ends the supervisor with 1.
//
// SIGTERM and SIGINT: workers stop soon. SIGHUP: workers finish what has begun, the supervisor ends
// at once. SIGUSR1: see above; when the new generation would not start, nothing happens but a line
// in the log.
int Supervise(UniqueFd listener, Inheritance inheritance, const SupervisorOptions& options,
              const WorkerMain& worker_main);

}  // namespace dbrepl
