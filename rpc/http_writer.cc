#include "rpc/http_writer.h"

#include <algorithm>
#include <charconv>

#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/serializer.hpp>

#include "common/strings.h"

namespace dbrepl {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;

beast::string_view View(std::string_view text) { return {text.data(), text.size()}; }

bool IsTokenChar(char c) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         kMarks.find(c) != kMarks.npos;
}

bool IsToken(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), IsTokenChar);
}

bool IsValue(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return c == '\t' || (static_cast<unsigned char>(c) >= ' ' && c != '\x7f');
  });
}

bool IsTarget(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) > ' ' && c != '\x7f';
  });
}

Result<> CheckHeaders(const HttpHeaders& headers) {
  constexpr std::size_t kMaxValueBytes = 60000;  // Beast keeps offsets in 16 bits
  for (const auto& [name, value] : headers) {
    if (!IsToken(name) || !IsValue(value) || name.size() + value.size() > kMaxValueBytes)
      return Fail(Errc::kBadInput,
                  StrCat("HTTP header ", Printable(name.substr(0, 100)), ": cannot be sent"));
  }
  return {};
}

template <bool kIsRequest>
std::string Serialize(http::message<kIsRequest, http::empty_body>& message, int minor_version,
                      const HttpHeaders& headers) {
  message.version(10U + static_cast<unsigned>(minor_version));
  for (const auto& [name, value] : headers) message.insert(View(name), View(value));
  http::serializer<kIsRequest, http::empty_body> serializer(message);
  serializer.split(true);  // the head only: with chunks announced, it would end the body as well
  std::string out;
  beast::error_code ec;
  while (!serializer.is_header_done() && !ec) {
    serializer.next(ec, [&](beast::error_code&, const auto& buffers) {
      for (const boost::asio::const_buffer buffer : beast::buffers_range_ref(buffers))
        out.append(static_cast<const char*>(buffer.data()), buffer.size());
      serializer.consume(beast::buffer_bytes(buffers));
    });
  }
  return out;
}

}  // namespace

Result<std::string> WriteRequestHead(const HttpRequestHead& head) {
  if (!IsToken(head.method) || !IsTarget(head.target))
    return Fail(Errc::kBadInput,
                StrCat("HTTP request line: cannot be sent: ", Printable(head.method.substr(0, 100)),
                       " ", Printable(head.target.substr(0, 200))));
  TRY(CheckHeaders(head.headers));
  http::request<http::empty_body> message;
  message.method_string(View(head.method));
  message.target(View(head.target));
  return Serialize(message, head.minor_version, head.headers);
}

Result<std::string> WriteResponseHead(const HttpResponseHead& head) {
  const std::string_view reason = head.reason.empty() ? ReasonPhrase(head.status) : head.reason;
  if (head.status < 100 || head.status > 999 || !IsValue(reason))
    return Fail(Errc::kBadInput, StrCat("HTTP status line: cannot be sent: ", head.status, " ",
                                        Printable(reason.substr(0, 100))));
  TRY(CheckHeaders(head.headers));
  http::response<http::empty_body> message;
  message.result(static_cast<unsigned>(head.status));
  message.reason(View(reason));
  return Serialize(message, head.minor_version, head.headers);
}

void AppendChunk(std::string& out, std::string_view piece) {
  if (piece.empty()) return;
  char digits[16];
  const auto end = std::to_chars(digits, digits + sizeof(digits), piece.size(), 16).ptr;
  out.append(digits, end).append("\r\n").append(piece).append("\r\n");
}

std::string HttpDate(std::time_t when) {
  std::tm utc{};
  gmtime_r(&when, &utc);
  char text[40];
  // English names: no program of ours ever calls setlocale().
  return {text, std::strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &utc)};
}

}  // namespace dbrepl
