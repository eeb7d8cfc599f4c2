#include "common/result.h"

#include <cerrno>
#include <system_error>

#include "common/strings.h"

namespace dbrepl {

std::string_view ErrcName(Errc code) {
  switch (code) {
    case Errc::kBadInput: return "bad_input";
    case Errc::kNotFound: return "not_found";
    case Errc::kExists: return "exists";
    case Errc::kCorrupt: return "corrupt";
    case Errc::kBusy: return "busy";
    case Errc::kNoSpace: return "no_space";
    case Errc::kUnreachable: return "unreachable";
    case Errc::kTimeout: return "timeout";
    case Errc::kRejected: return "rejected";
    case Errc::kCancelled: return "cancelled";
    case Errc::kIo: return "io";
  }
  return "unknown";
}

Error Error::Within(std::string_view context) && {
  return Error{code, StrCat(context, ": ", message), std::move(hint)};
}

namespace {

Errc ErrnoCode(int errno_value) {
  switch (errno_value) {
    case ENOENT: return Errc::kNotFound;
    case EEXIST: return Errc::kExists;
    case ENOSPC:
    case EDQUOT: return Errc::kNoSpace;
    case ETIMEDOUT: return Errc::kTimeout;
    default: return Errc::kIo;
  }
}

}  // namespace

Error ErrnoError(int errno_value, std::string_view context) {
  const Errc code = ErrnoCode(errno_value);
  return Error{code, StrCat(context, ": ", std::generic_category().message(errno_value)),
               std::string(code == Errc::kNoSpace ? kFreeSpaceHint : "")};
}

std::string MessageWithHint(const Error& error) {
  return error.hint.empty() ? error.message : StrCat(error.message, "; ", error.hint);
}

std::string DescribeForPerson(std::string_view program, const Error& error) {
  std::string text = StrCat(program, ": error: ", error.message, "\n");
  if (!error.hint.empty()) text += StrCat(program, ": hint: ", error.hint, "\n");
  return text;
}

}  // namespace dbrepl
