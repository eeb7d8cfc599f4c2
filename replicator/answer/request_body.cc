#include "replicator/answer/request_body.h"

#include <cstddef>
#include <optional>
#include <utility>

#include "common/json.h"
#include "common/strings.h"
#include "replicator/shared/wire_values.h"

namespace dbrepl {

namespace {

constexpr std::size_t kMaxElements = 32;

HttpResponse BadRequest(std::string text) {
  return MakeResponse(400, "text/plain", std::move(text));
}

bool IsJsonBlank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

std::string_view StripJsonBlanks(std::string_view text) {
  while (!text.empty() && IsJsonBlank(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsJsonBlank(text.back())) text.remove_suffix(1);
  return text;
}

// The offset behind the closing quote of the string that begins at `begin`; npos: there is none.
std::size_t SkipString(std::string_view text, std::size_t begin) {
  std::size_t i = begin + 1;
  while (i < text.size()) {
    i = text.find_first_of("\"\\", i);
    if (i == std::string_view::npos) return i;
    if (text[i] == '"') return i + 1;
    i += 2;
  }
  return std::string_view::npos;
}

// The offset of the ',' or ']' that ends the element which begins at `begin`; npos: there is none.
std::size_t ElementEnd(std::string_view text, std::size_t begin) {
  std::size_t depth = 0;
  std::size_t i = begin;
  while (true) {
    i = text.find_first_of("\",[]{}", i);
    if (i == std::string_view::npos) return i;
    const char c = text[i];
    if (c == '"') {
      i = SkipString(text, i);
      if (i == std::string_view::npos) return i;
      continue;
    }
    if (depth == 0 && (c == ',' || c == ']')) return i;
    if (c == '[' || c == '{') ++depth;
    if ((c == ']' || c == '}') && depth-- == 0) return std::string_view::npos;
    ++i;
  }
}

// The elements of an array's text, which begins with '['; nullopt when it does not end where the
// text ends, or has an element too many.
std::optional<std::vector<std::string_view>> Elements(std::string_view text) {
  std::vector<std::string_view> elements;
  if (StripJsonBlanks(text.substr(1)) == "]") return elements;
  std::size_t begin = 1;
  while (elements.size() < kMaxElements) {
    const std::size_t end = ElementEnd(text, begin);
    if (end == std::string_view::npos) return std::nullopt;
    elements.push_back(StripJsonBlanks(text.substr(begin, end - begin)));
    if (elements.back().empty()) return std::nullopt;
    begin = end + 1;
    if (text[end] == ']') {
      if (begin != text.size()) return std::nullopt;
      return elements;
    }
  }
  return std::nullopt;
}

// Why a text that is no array is refused.
HttpResponse NotAnArray(std::string_view text) {
  const auto value = ParseJson(text, kSingleValue);
  if (!value) return BadRequest(value.error().message);
  if (value->AsObject() != nullptr)
    return BadRequest("an object is no list of an op and arguments");
  return MakeResponse(400, "text/html; charset=UTF-8", "Invalid object type");
}

}  // namespace

std::variant<RequestBody, HttpResponse> ParseRequestBody(std::string_view body) {
  const std::string_view text = StripJsonBlanks(body);
  if (text.empty() || text.front() != '[') return NotAnArray(text);
  const auto elements = Elements(text);
  if (!elements)
    return BadRequest(StrCat("the body is no JSON list of at most ", kMaxElements, " elements"));
  if (elements->empty()) return BadRequest("an empty list names no op");
  const auto op = ParseJson(elements->front(), kSingleValue);
  if (!op) return BadRequest(StrCat("the op: ", op.error().message));
  if (op->AsString() == nullptr) return BadRequest("the op is no text");
  return RequestBody{*op->AsString(), {elements->begin() + 1, elements->end()}};
}

}  // namespace dbrepl
