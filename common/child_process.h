// Runs another program and waits for its end, with a deadline, a stop request and bounded output.
//
// The child gets our environment, working directory and process group, /dev/null as its input, no
// other descriptor of ours, no blocked or ignored signal. When the call returns there is no child
// any more, running or zombie, whatever became of it. Thread-safe; any number may run at a time.
#pragma once

#include <chrono>
#include <cstddef>
#include <stop_token>
#include <string>
#include <vector>

#include "common/clock.h"
#include "common/deadline.h"
#include "common/result.h"

namespace dbrepl {

struct ChildOptions {
  Deadline deadline = Deadline::Never();
  std::stop_token stop;
  // Bytes that are kept; what follows is read and dropped.
  std::size_t max_output = std::size_t{16} << 10;
  // Between SIGTERM and SIGKILL for a child that must end early.
  std::chrono::milliseconds grace = std::chrono::seconds(1);
};

struct ChildExit {
  int code = 0;        // what it exited with; when a signal ended it, that signal's number negated
  std::string output;  // stdout and stderr as they came, the first max_output bytes
};

// arguments[0] is looked up in PATH unless it has a '/'. CHECKs that there is one.
//
// The child ended by itself, with whatever code: a ChildExit. The program does not exist:
// kNotFound. The deadline passed (kTimeout) or a stop was requested (kCancelled): the child was
// sent SIGTERM, and SIGKILL after the grace. It could not be started, or somebody else took its
// exit status: kIo.
Result<ChildExit> RunChild(const std::vector<std::string>& arguments, const ChildOptions& options);

}  // namespace dbrepl
