#include "rpc/http_message.h"

#include <algorithm>
#include <array>
#include <utility>

#include "common/strings.h"

namespace dbrepl {
namespace {

struct StatusWords {
  int status;
  std::string_view words;
};

// As swift/common/swob.py words them where Swift's servers use a status, else as RFC 7231 does.
constexpr std::array kWords{
    StatusWords{100, "Continue"},
    StatusWords{200, "OK"},
    StatusWords{201, "Created"},
    StatusWords{202, "Accepted"},
    StatusWords{204, "No Content"},
    StatusWords{206, "Partial Content"},
    StatusWords{304, "Not Modified"},
    StatusWords{400, "Bad Request"},
    StatusWords{401, "Unauthorized"},
    StatusWords{403, "Forbidden"},
    StatusWords{404, "Not Found"},
    StatusWords{405, "Method Not Allowed"},
    StatusWords{408, "Request Timeout"},
    StatusWords{409, "Conflict"},
    StatusWords{411, "Length Required"},
    StatusWords{412, "Precondition Failed"},
    StatusWords{413, "Request Entity Too Large"},
    StatusWords{414, "Request URI Too Long"},
    StatusWords{416, "Requested Range Not Satisfiable"},
    StatusWords{431, "Request Header Fields Too Large"},
    StatusWords{500, "Internal Error"},
    StatusWords{501, "Not Implemented"},
    StatusWords{502, "Bad Gateway"},
    StatusWords{503, "Service Unavailable"},
    StatusWords{504, "Gateway Timeout"},
    StatusWords{507, "Insufficient Storage"},
};

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return Lower(x) == Lower(y); });
}

void HttpHeaders::Add(std::string name, std::string value) {
  lines_.push_back({std::move(name), std::move(value)});
}

void HttpHeaders::Remove(std::string_view name) {
  std::erase_if(lines_,
                [name](const HttpHeader& line) { return EqualsIgnoringCase(line.name, name); });
}

const std::string* HttpHeaders::Find(std::string_view name) const {
  for (const HttpHeader& line : lines_)
    if (EqualsIgnoringCase(line.name, name)) return &line.value;
  return nullptr;
}

bool HttpHeaders::HasToken(std::string_view name, std::string_view token) const {
  for (const HttpHeader& line : lines_) {
    if (!EqualsIgnoringCase(line.name, name)) continue;
    for (const std::string_view piece : Split(line.value, ','))
      if (EqualsIgnoringCase(StripBlanks(piece), token)) return true;
  }
  return false;
}

std::string_view ReasonPhrase(int status) {
  const auto found = std::find_if(kWords.begin(), kWords.end(), [status](const StatusWords& entry) {
    return entry.status == status;
  });
  return found == kWords.end() ? std::string_view("Unknown") : found->words;
}

HttpResponse MakeResponse(int status, std::string content_type, std::string body) {
  HttpResponse response;
  response.head.status = status;
  response.head.headers.Add("Content-Type", std::move(content_type));
  response.body = std::move(body);
  return response;
}

HttpResponse MakePage(int status, std::string_view explanation) {
  return MakeResponse(
      status, "text/html; charset=UTF-8",
      StrCat("<html><h1>", ReasonPhrase(status), "</h1><p>", explanation, "</p></html>"));
}

}  // namespace dbrepl
