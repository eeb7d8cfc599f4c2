#include "rpc/http_parser.h"

#include <limits>
#include <utility>

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include "common/check.h"
#include "common/strings.h"

namespace dbrepl {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;

// "0\r\n\r\n". Beast 1.74 asserts on less of it; as the end of every chunked body is that long,
// waiting for so many bytes never waits for ever.
constexpr std::size_t kShortestChunkEnd = 5;

std::string ToString(beast::string_view text) { return {text.data(), text.size()}; }

void SetStartLine(HttpRequestHead& head, beast::string_view method, beast::string_view target) {
  head.method = ToString(method);
  head.target = ToString(target);
}

// Collects what Beast finds. `Head` is the message's head type.
template <bool kIsRequest, class Head>
class Collector : public http::basic_parser<kIsRequest> {
 public:
  Collector(const HttpLimits& limits, bool skip_body) : limits_(limits) {
    this->header_limit(static_cast<std::uint32_t>(limits.max_head_bytes));
    // Callers limit bodies themselves; in Beast 1.74 an absent limit refuses every length.
    this->body_limit(std::numeric_limits<std::uint64_t>::max());
    this->skip(skip_body);
  }

  Head head;
  std::string* body = nullptr;  // where body bytes go during a put
  int refusal_status = 400;
  bool start_line_done = false;

 private:
  using ErrorCode = beast::error_code;

  void on_request_impl(http::verb, beast::string_view method, beast::string_view target,
                       int version, ErrorCode& ec) override {
    if constexpr (kIsRequest) {
      if (method.size() + target.size() + 12 > limits_.max_line_bytes)
        Refuse(414, http::error::header_limit, ec);
      SetStartLine(head, method, target);
      head.minor_version = version - 10;
      start_line_done = true;
    }
  }
  void on_response_impl(int code, beast::string_view reason, int version, ErrorCode&) override {
    if constexpr (!kIsRequest) {
      head.status = code;
      head.reason = ToString(reason);
      head.minor_version = version - 10;
      start_line_done = true;
    }
  }
  void on_field_impl(http::field field, beast::string_view name, beast::string_view value,
                     ErrorCode& ec) override {
    if (this->is_header_done()) return;  // trailers are read over
    const std::size_t line_bytes = name.size() + value.size() + 4;
    header_bytes_ += line_bytes;
    if (line_bytes > limits_.max_line_bytes || header_bytes_ > limits_.max_head_bytes)
      return Refuse(400, http::error::header_limit, ec);
    if (head.headers.size() >= limits_.max_headers)
      return Refuse(431, http::error::header_limit, ec);
    // Anything but plain `chunked` hides where the message ends from one of two servers.
    if (field == http::field::transfer_encoding && !beast::iequals(value, "chunked"))
      return Refuse(501, http::error::bad_transfer_encoding, ec);
    // "5,5" is 5 to Beast, as RFC 9110 allows; to Swift it is no length, and the rest of such a
    // message would be the next request to one of the two.
    if (field == http::field::content_length && value.find(',') != value.npos)
      return Refuse(400, http::error::bad_content_length, ec);
    head.headers.Add(ToString(name), ToString(value));
  }
  void on_header_impl(ErrorCode&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, ErrorCode&) override {}
  std::size_t on_body_impl(beast::string_view piece, ErrorCode&) override { return Take(piece); }
  void on_chunk_header_impl(std::uint64_t, beast::string_view, ErrorCode&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view piece, ErrorCode&) override {
    return Take(piece);
  }
  void on_finish_impl(ErrorCode&) override {}

  std::size_t Take(beast::string_view piece) {
    body->append(piece.data(), piece.size());
    return piece.size();
  }
  void Refuse(int status, http::error why, ErrorCode& ec) {
    refusal_status = status;
    ec = why;
  }

  const HttpLimits limits_;
  // Beast forgets the lines it has already taken when it compares with its own limit.
  std::size_t header_bytes_ = 0;
};

// What both parsers do; Beast's object serves one message only, so each gets a new one.
template <bool kIsRequest, class Head>
struct ParserCore {
  HttpLimits limits;
  std::optional<Collector<kIsRequest, Head>> parser;

  void Reset(bool skip_body) { parser.emplace(limits, skip_body); }

  Result<std::size_t> Feed(std::string_view bytes, std::string& body) {
    std::size_t consumed = 0;
    parser->body = &body;
    while (!parser->is_done() && consumed < bytes.size()) {
      const bool in_head = !parser->is_header_done();
      const std::string_view rest = bytes.substr(consumed);
      if (!in_head && parser->chunked() && rest.size() < kShortestChunkEnd) break;
      beast::error_code ec;
      const std::size_t used = parser->put(boost::asio::const_buffer(rest.data(), rest.size()), ec);
      consumed += used;
      if (ec == http::error::need_more) {
        TRY(CheckUnfinished(rest.substr(used), in_head));
        break;
      }
      if (ec) return Fail(Errc::kBadInput, StrCat("HTTP message: ", ec.message()));
      if (in_head && parser->is_header_done()) break;
    }
    return consumed;
  }

  // Bounds what the caller has to keep for us.
  Result<> CheckUnfinished(std::string_view rest, bool in_head) {
    if (in_head && !parser->start_line_done && rest.size() >= limits.max_line_bytes &&
        rest.substr(0, limits.max_line_bytes).find('\n') == rest.npos) {
      parser->refusal_status = 414;
      return Fail(Errc::kBadInput, "HTTP message: the first line is too long");
    }
    if (rest.size() >= limits.max_head_bytes)
      return Fail(Errc::kBadInput, "HTTP message: header, chunk header or trailer is too long");
    return {};
  }

  std::optional<std::uint64_t> content_length() const {
    const auto length = parser->content_length();
    return length ? std::optional<std::uint64_t>(*length) : std::nullopt;
  }
};

}  // namespace

struct HttpRequestParser::Impl : ParserCore<true, HttpRequestHead> {};
struct HttpResponseParser::Impl : ParserCore<false, HttpResponseHead> {};

HttpRequestParser::HttpRequestParser(const HttpLimits& limits) : impl_(std::make_unique<Impl>()) {
  impl_->limits = limits;
  Reset();
}
HttpRequestParser::~HttpRequestParser() = default;
HttpRequestParser::HttpRequestParser(HttpRequestParser&&) noexcept = default;
HttpRequestParser& HttpRequestParser::operator=(HttpRequestParser&&) noexcept = default;

Result<std::size_t> HttpRequestParser::Feed(std::string_view bytes, std::string& body) {
  return impl_->Feed(bytes, body);
}
void HttpRequestParser::Reset() { impl_->Reset(false); }
bool HttpRequestParser::head_done() const { return impl_->parser->is_header_done(); }
bool HttpRequestParser::complete() const { return impl_->parser->is_done(); }
HttpRequestHead& HttpRequestParser::head() { return impl_->parser->head; }
bool HttpRequestParser::keep_alive() const { return impl_->parser->keep_alive(); }
std::optional<std::uint64_t> HttpRequestParser::content_length() const {
  return impl_->content_length();
}
bool HttpRequestParser::chunked() const { return impl_->parser->chunked(); }
bool HttpRequestParser::expects_continue() const {
  const HttpRequestHead& head = impl_->parser->head;
  return head.minor_version == 1 && head.headers.HasToken("Expect", "100-continue");
}
int HttpRequestParser::refusal_status() const { return impl_->parser->refusal_status; }

HttpResponseParser::HttpResponseParser(const HttpLimits& limits) : impl_(std::make_unique<Impl>()) {
  impl_->limits = limits;
  Reset(false);
}
HttpResponseParser::~HttpResponseParser() = default;
HttpResponseParser::HttpResponseParser(HttpResponseParser&&) noexcept = default;
HttpResponseParser& HttpResponseParser::operator=(HttpResponseParser&&) noexcept = default;

Result<std::size_t> HttpResponseParser::Feed(std::string_view bytes, std::string& body) {
  return impl_->Feed(bytes, body);
}
Result<> HttpResponseParser::FeedEnd() {
  if (complete()) return {};
  beast::error_code ec = http::error::partial_message;
  if (impl_->parser->got_some()) impl_->parser->put_eof(ec);
  if (ec) return Fail(Errc::kUnreachable, "the peer closed in the middle of its answer");
  return {};
}
void HttpResponseParser::Reset(bool answers_head) { impl_->Reset(answers_head); }
bool HttpResponseParser::head_done() const { return impl_->parser->is_header_done(); }
bool HttpResponseParser::complete() const { return impl_->parser->is_done(); }
HttpResponseHead& HttpResponseParser::head() { return impl_->parser->head; }
bool HttpResponseParser::keep_alive() const { return impl_->parser->keep_alive(); }
std::optional<std::uint64_t> HttpResponseParser::content_length() const {
  return impl_->content_length();
}
bool HttpResponseParser::chunked() const { return impl_->parser->chunked(); }

}  // namespace dbrepl
