// HTTP/1.0 and 1.1 messages out of bytes, with limits; no sockets, so tests and fuzzers feed
// strings. Boost.Beast does the parsing behind it.
//
// The caller keeps the bytes: Feed says how many it is done with, and the rest is offered again
// with more behind it. Feeding byte by byte gives the same result as feeding all at once. Bytes of
// a following message stay with the caller, in order. One thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/result.h"
#include "rpc/http_message.h"

namespace dbrepl {

// The head limits are eventlet's, which Swift's servers run on.
struct HttpLimits {
  std::size_t max_line_bytes = 8192;   // request line, and each header line
  std::size_t max_head_bytes = 65536;  // all of the head, and of the trailer of a chunked body
  std::size_t max_headers = 100;
};

class HttpRequestParser {
 public:
  explicit HttpRequestParser(const HttpLimits& limits = {});
  ~HttpRequestParser();
  HttpRequestParser(HttpRequestParser&&) noexcept;
  HttpRequestParser& operator=(HttpRequestParser&&) noexcept;

  // Consumes from the front of `bytes` and appends body bytes, freed of chunk framing, to `body`.
  // Returns how many bytes it consumed; 0 means it needs more behind the same front. Stops right
  // behind the head (so that the caller may look at it before the body) and behind the end of the
  // message. kBadInput when this is no request or a limit is passed: refusal_status() says what to
  // answer, and the connection is to be closed, for nothing tells where the next message begins.
  Result<std::size_t> Feed(std::string_view bytes, std::string& body);

  // Ready for the next message.
  void Reset();

  bool head_done() const;
  bool complete() const;
  // Whole once head_done(); may be moved from.
  HttpRequestHead& head();
  // What the head says; valid once head_done().
  bool keep_alive() const;  // by version and Connection header
  std::optional<std::uint64_t> content_length() const;
  bool chunked() const;
  bool expects_continue() const;  // Expect: 100-continue, of an HTTP/1.1 client
  // After a failed Feed: 400, 414 (request line), 431 (number of headers) or 501 (a transfer coding
  // other than chunked).
  int refusal_status() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

class HttpResponseParser {
 public:
  explicit HttpResponseParser(const HttpLimits& limits = {});
  ~HttpResponseParser();
  HttpResponseParser(HttpResponseParser&&) noexcept;
  HttpResponseParser& operator=(HttpResponseParser&&) noexcept;

  // As HttpRequestParser::Feed. Each interim answer (100 Continue) counts as a message of its own:
  // the caller resets and goes on.
  Result<std::size_t> Feed(std::string_view bytes, std::string& body);

  // The peer closed. Fine (and complete) for a body that ends with the connection; kUnreachable in
  // the middle of a message or before one.
  Result<> FeedEnd();

  // Ready for the answer to the next request; the answer to a HEAD request has no body.
  void Reset(bool answers_head);

  bool head_done() const;
  bool complete() const;
  HttpResponseHead& head();
  bool keep_alive() const;
  std::optional<std::uint64_t> content_length() const;
  bool chunked() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace dbrepl
