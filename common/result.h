// Errors as values: every function that can fail for a reason outside the program returns
// Result<T>.
//
// A code exists when some caller reacts differently to it, not when the cause differs. Context is
// added outward, one clause per level, so that the message that reaches a person names place and
// problem; `hint` says what to do next. Broken invariants of our own are CHECKs (common/check.h),
// never Results.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <tl/expected.hpp>

namespace dbrepl {

enum class Errc {
  kBadInput,  // request: 4xx; configuration or command line: exit code 2
  kNotFound,  // the thing asked for is not there (a peer without the database: send the whole file)
  kExists,    // somebody else created it first
  kCorrupt,   // the database is damaged: its caller quarantines it, counts it and goes on
  kBusy,      // a lock was not had in time: leave it for the next pass
  kNoSpace,   // device missing, unmounted or full: 507, use a handoff
  kUnreachable,  // no conversation with the peer came about: count a failure, back off
  kTimeout,      // the deadline passed: count a failure, back off
  kRejected,     // the peer understood and said no (4xx)
  kCancelled,    // a stop was requested: unwind quietly
  kIo,           // everything else the system refuses, with errno's text
};

// The code's name as it stands in logs and JSON ("corrupt", "no_space").
std::string_view ErrcName(Errc code);

struct Error {
  Errc code = Errc::kIo;
  std::string message;  // "place: problem", no trailing full stop, one line
  std::string hint;     // the next step for a person; may be empty

  // The same error seen from one level further out: "context: message".
  Error Within(std::string_view context) &&;
};

template <class T = void>
using Result = tl::expected<T, Error>;

// What a failing function returns: `return Fail(Errc::kBadInput, "ring: too short");`
inline tl::unexpected<Error> Fail(Errc code, std::string message, std::string hint = {}) {
  return tl::unexpected<Error>(Error{code, std::move(message), std::move(hint)});
}
inline tl::unexpected<Error> Fail(Error error) { return tl::unexpected<Error>(std::move(error)); }

// What to do about a full disk.
inline constexpr std::string_view kFreeSpaceHint = "free space on that device";

// An errno as an Error: "context: No such file or directory". ENOENT maps to kNotFound, EEXIST to
// kExists, ENOSPC/EDQUOT to kNoSpace (with kFreeSpaceHint), ETIMEDOUT to kTimeout, all others to
// kIo. The only place that reads errno values.
Error ErrnoError(int errno_value, std::string_view context);

// For a log line: "message; hint", or the message alone.
std::string MessageWithHint(const Error& error);

// The line pair that a program prints before it exits: "program: error: ...\nprogram: hint: ...\n".
std::string DescribeForPerson(std::string_view program, const Error& error);

}  // namespace dbrepl

#define DBREPL_CONCAT_INNER_(a, b) a##b
#define DBREPL_CONCAT_(a, b) DBREPL_CONCAT_INNER_(a, b)

// Evaluates an expression of type Result<...>; returns its error from the enclosing function if it
// failed.
#define TRY(expression)                                                         \
  do {                                                                          \
    if (auto try_result_ = (expression); !try_result_)                          \
      return ::tl::unexpected<::dbrepl::Error>(std::move(try_result_).error()); \
  } while (false)

// TRY_ASSIGN(auto ring, LoadRing(path)): the value on success, an early return of the error
// otherwise.
#define TRY_ASSIGN(declaration, expression) \
  TRY_ASSIGN_INNER_(DBREPL_CONCAT_(try_value_, __LINE__), declaration, expression)
#define TRY_ASSIGN_INNER_(name, declaration, expression)                        \
  auto name = (expression);                                                     \
  if (!name) return ::tl::unexpected<::dbrepl::Error>(std::move(name).error()); \
  declaration = *std::move(name)
