// HTTP messages as plain values: heads, headers, whole messages. No I/O, no library behind them.
//
// Order and spelling of headers are kept as read or added, because some peers compare them.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace dbrepl {

struct HttpHeader {
  std::string name;
  std::string value;

  bool operator==(const HttpHeader&) const = default;
};

// Header lines in order; names compare without regard to case. Searched linearly: messages have
// few.
class HttpHeaders {
 public:
  HttpHeaders() = default;
  HttpHeaders(std::initializer_list<HttpHeader> lines) : lines_(lines) {}

  void Add(std::string name, std::string value);
  // Takes away every line of that name.
  void Remove(std::string_view name);
  // Value of the first line of that name, nullptr when there is none. Valid until the next change.
  const std::string* Find(std::string_view name) const;
  // Whether a comma-separated list under that name ("Connection: close, x") has this token, in any
  // case.
  bool HasToken(std::string_view name, std::string_view token) const;

  std::size_t size() const { return lines_.size(); }
  auto begin() const { return lines_.begin(); }
  auto end() const { return lines_.end(); }

  bool operator==(const HttpHeaders&) const = default;

 private:
  std::vector<HttpHeader> lines_;
};

struct HttpRequestHead {
  std::string method;     // any token: "REPLICATE", "UPDATE", "GET" ...
  std::string target;     // as on the request line, percent signs untouched
  int minor_version = 1;  // HTTP/1.<minor_version>: 0 or 1
  HttpHeaders headers;
};

struct HttpResponseHead {
  int status = 200;
  std::string reason;  // empty: the usual words (ReasonPhrase)
  int minor_version = 1;
  HttpHeaders headers;
};

struct HttpRequest {
  HttpRequestHead head;
  std::string body;
  std::string client_address{};  // of what a server received: the client's, without port
};

struct HttpResponse {
  HttpResponseHead head;
  std::string body;
};

// The words Swift's servers put behind a status ("Internal Error" for 500, "Insufficient Storage"
// for 507); "Unknown" for a number without words.
std::string_view ReasonPhrase(int status);

// A response with one header, Content-Type; length and date are added on the way out.
HttpResponse MakeResponse(int status, std::string content_type, std::string body);

// The small page Swift's servers send as the body of a status:
// "<html><h1>Not Found</h1><p>explanation</p></html>" as text/html; charset=UTF-8.
HttpResponse MakePage(int status, std::string_view explanation);

// ASCII letters compare equal in either case.
bool EqualsIgnoringCase(std::string_view a, std::string_view b);

}  // namespace dbrepl
