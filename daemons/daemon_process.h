// What every daemon of ours does to its process: user, session, standard streams, priority, word to
// the service manager; as Swift's daemons do (swift-drop-in.md sections 1.1, 1.2 and 1.4).
//
// All but NotifyServiceManager are called while the process has one thread, and nobody changes the
// environment after that.
#pragma once

#include <string>
#include <string_view>

#include "common/result.h"

namespace dbrepl {

// Becomes `user` with all his groups, and sets HOME. A process without privileges can only become
// who it is. No such user: kBadInput; the system refuses: kIo.
Result<> SwitchUser(const std::string& user);

// A session of its own (kept as it is when the process leads a group already), "/" as the current
// folder, umask 022, times in UTC.
void LeaveStartersEnvironment();

enum class KeepStderr { kNo, kYes };
// Standard input and output become /dev/null, and standard error unless kept: whoever waits for
// the other end of them (swift-init does) sees the end.
void CloseStandardStreams(KeepStderr keep_stderr);

// As many open files as the system's hard limit grants: one connection each, and a few for every
// database.
void RaiseFileLimit();

// Memory comes from few arenas, however many threads there are: swift-init grants a daemon 2 GB of
// data, and what a pass has in hand is small.
void UseFewArenas();

// Freed blocks of 256 KiB and more go back to the system, smaller ones stay: up to 1 MiB at the end
// of each heap. Best called before there are threads.
void KeepFreedMemory();

// Empty texts leave things as they are. `nice_priority` is a number -20..19, `ionice_class` one of
// IOPRIO_CLASS_RT, _BE and _IDLE, `ionice_priority` 0..7. Bad values, or a system that refuses:
// errors that a daemon logs and lives with.
Result<> SetPriority(const std::string& nice_priority, const std::string& ionice_class,
                     const std::string& ionice_priority);

// Tells the service manager, if one waits for word ($NOTIFY_SOCKET): "READY=1", "STOPPING=1".
// Nobody listens: nothing happens.
void NotifyServiceManager(std::string_view state);

}  // namespace dbrepl
