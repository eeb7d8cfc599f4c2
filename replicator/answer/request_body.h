// The body of a REPLICATE request, `["<op>", argument, ...]`, split without building a document: a
// batch of rows may be large, and the broker reads it from the text. Pure, thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "rpc/http_message.h"

namespace dbrepl {

struct RequestBody {
  std::string op;
  // JSON texts, views into the body. Brackets and quotes in them are balanced; whether they are
  // JSON is for those to find out who read them.
  std::vector<std::string_view> arguments;
};

// Refused with the answer for the client, always 400: what is not JSON; a lone string, number,
// true, false or null ("Invalid object type", as Swift); and where Swift answers 500, an object, an
// empty array, an op that is no text, more than 32 elements.
std::variant<RequestBody, HttpResponse> ParseRequestBody(std::string_view body);

}  // namespace dbrepl
