// Bytes of a connection through the response parser, in one piece and in small ones, with and
// without the end of the connection: both must find the same answers.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/check.h"
#include "common/strings.h"
#include "rpc/http_parser.h"
#include "rpc/http_writer.h"

namespace dbrepl {
namespace {

std::string Describe(HttpResponseParser& parser) {
  const HttpResponseHead& head = parser.head();
  std::string text = StrCat(head.status, " ", head.reason, " ", head.minor_version, "\n");
  for (const auto& [name, value] : head.headers) text += StrCat(name, ":", value, "\n");
  const auto rewritten = WriteResponseHead(head);
  if (rewritten) text += StrCat(rewritten->size(), "\n");
  return StrCat(text, parser.keep_alive(), parser.chunked(), "\n");
}

std::string Answers(std::string_view bytes, std::size_t step) {
  HttpResponseParser parser;
  std::string held;
  std::string body;
  std::string text;
  while (true) {
    const auto used = parser.Feed(held, body);
    if (!used) return StrCat(text, "refused");
    CHECK(*used <= held.size());
    held.erase(0, *used);
    if (parser.complete()) {
      text += StrCat(Describe(parser), body, "\n");
      body.clear();
      parser.Reset(false);
      continue;
    }
    if (*used > 0 && !held.empty()) continue;
    if (!bytes.empty()) {
      held.append(bytes.substr(0, step));
      bytes.remove_prefix(std::min(step, bytes.size()));
    } else {
      return parser.FeedEnd() ? StrCat(text, Describe(parser), body, "\n") : StrCat(text, "end");
    }
  }
}

}  // namespace
}  // namespace dbrepl

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::string whole = dbrepl::Answers(bytes, bytes.size() + 1);
  const std::string pieces = dbrepl::Answers(bytes, 3);
  const auto found = [](const std::string& text) { return text.substr(0, text.rfind('\n') + 1); };
  CHECK(found(whole) == found(pieces));
  return 0;
}
