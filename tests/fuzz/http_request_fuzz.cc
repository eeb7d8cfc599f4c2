// Bytes of a connection through the request parser, in one piece and in small ones: both must find
// the same messages, and each head found must go out again as a head that parses the same.
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

std::string Describe(HttpRequestParser& parser, const std::string& body) {
  const HttpRequestHead& head = parser.head();
  std::string text = StrCat(head.method, " ", head.target, " ", head.minor_version, "\n");
  for (const auto& [name, value] : head.headers) text += StrCat(name, ":", value, "\n");
  return StrCat(text, parser.keep_alive(), parser.expects_continue(), body, "\n");
}

// The messages in `bytes`, until one is refused or cut short.
std::string Messages(std::string_view bytes, std::size_t step) {
  HttpRequestParser parser;
  std::string held;
  std::string body;
  std::string text;
  while (true) {
    const auto used = parser.Feed(held, body);
    if (!used) return StrCat(text, "refused ", parser.refusal_status() / 100);
    CHECK(*used <= held.size());
    held.erase(0, *used);
    if (parser.complete()) {
      text += Describe(parser, body);
      body.clear();
      parser.Reset();
      continue;
    }
    if (*used > 0 && !held.empty()) continue;
    if (bytes.empty()) return StrCat(text, "end");
    held.append(bytes.substr(0, step));
    bytes.remove_prefix(std::min(step, bytes.size()));
  }
}

void CheckRewrites(std::string_view bytes) {
  HttpRequestParser parser;
  std::string body;
  if (!parser.Feed(bytes, body) || !parser.head_done()) return;
  const auto rewritten = WriteRequestHead(parser.head());
  if (!rewritten) return;
  HttpRequestParser again;
  CHECK(again.Feed(*rewritten, body).has_value() && again.head_done());
  CHECK(again.head().target == parser.head().target && again.head().method == parser.head().method);
}

}  // namespace
}  // namespace dbrepl

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  // A refusal may be seen earlier or later, depending on how much of a line has come: what was
  // found before it is the same.
  const std::string whole = dbrepl::Messages(bytes, bytes.size() + 1);
  const std::string pieces = dbrepl::Messages(bytes, 3);
  const auto found = [](const std::string& text) { return text.substr(0, text.rfind('\n') + 1); };
  CHECK(found(whole) == found(pieces));
  dbrepl::CheckRewrites(bytes);
  return 0;
}
