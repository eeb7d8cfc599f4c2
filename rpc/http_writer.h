// HTTP heads and chunk framing as bytes, by Boost.Beast's serializer. Headers go out in the order
// and spelling they were added (two of the same name stand together). Pure and thread-safe.
#pragma once

#include <ctime>
#include <string>
#include <string_view>

#include "common/result.h"
#include "rpc/http_message.h"

namespace dbrepl {

// Start line, header lines and the empty line. kBadInput when a part could end its line early (a
// control character, a blank in the target) or a name or method is no token: then nothing may be
// sent.
Result<std::string> WriteRequestHead(const HttpRequestHead& head);
Result<std::string> WriteResponseHead(const HttpResponseHead& head);

// Appends one piece of a chunked body; an empty piece adds nothing (it would end the body).
void AppendChunk(std::string& out, std::string_view piece);
// The end of a chunked body.
constexpr std::string_view kLastChunk = "0\r\n\r\n";

// What a server sends to a client that waits with its body (RFC 7231 5.1.1).
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

// "Sat, 21 Nov 2026 01:34:23 GMT" (RFC 7231 IMF-fixdate).
std::string HttpDate(std::time_t when);

}  // namespace dbrepl
