#include "replicator/request_path.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "common/strings.h"
#include "common/utf8.h"

namespace dbrepl {

namespace {

HttpResponse BadRequest(std::string text) {
  return MakeResponse(400, "text/plain", std::move(text));
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// A '%' that is not followed by two hex digits stays, as in Python.
std::string PercentDecode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? HexDigit(text[i + 1]) : -1;
    const int low = high < 0 ? -1 : HexDigit(text[i + 2]);
    if (low < 0) {
      out.push_back(text[i]);
      continue;
    }
    out.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return out;
}

// As Python's urllib.parse.quote.
std::string Quote(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '/' || DriveNameRule::Holds(StrCat('_', c))) {
      out.push_back(c);
    } else {
      constexpr char kDigits[] = "0123456789ABCDEF";
      const auto byte = static_cast<unsigned char>(c);
      out.append({'%', kDigits[byte >> 4], kDigits[byte & 15]});
    }
  }
  return out;
}

// The three parts, of which the last may be followed by one '/'.
std::optional<std::vector<std::string_view>> ThreeParts(std::string_view path) {
  std::vector<std::string_view> parts = Split(path, '/');
  if (parts.size() == 5 && parts[4].empty()) parts.pop_back();
  if (parts.size() != 4 || !parts[0].empty()) return std::nullopt;
  parts.erase(parts.begin());
  for (const std::string_view part : parts)
    if (part.empty()) return std::nullopt;
  return parts;
}

bool IsDots(std::string_view text) { return text == "." || text == ".."; }

std::string EscapeHtml(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else
      out.push_back(c);
  }
  return out;
}

}  // namespace

HttpResponse InsufficientStorage(std::string_view drive) {
  return MakePage(
      507, StrCat("There was not enough space to save the resource. Drive: ", EscapeHtml(drive)));
}

std::variant<RequestPath, HttpResponse> ParseRequestPath(std::string_view target) {
  const std::string path = PercentDecode(target.substr(0, target.find('?')));
  if (path.empty() || !IsValidUtf8(path) || path.find('\0') != std::string::npos) {
    return MakeResponse(412, "text/html; charset=UTF-8", "Invalid UTF8 or contains NULL");
  }
  const auto parts = ThreeParts(path);
  if (!parts) return BadRequest(StrCat("Invalid path: ", Quote(path)));
  const std::string_view device = (*parts)[0];
  const std::string_view partition = (*parts)[1];
  const std::string_view hash = (*parts)[2];
  if (IsDots(device)) return BadRequest(StrCat("Invalid device: ", device));
  if (IsDots(partition)) return BadRequest(StrCat("Invalid partition: ", partition));
  auto drive = DriveName::Parse(device);
  if (!drive) return InsufficientStorage(device);
  const auto number = ParseInt<std::uint32_t>(partition);
  if (!number || StrCat(*number) != partition)
    return BadRequest(StrCat("Invalid partition: ", Quote(partition)));
  auto digits = DbHash::Parse(hash);
  if (!digits) return BadRequest(StrCat("Invalid hash: ", Quote(hash)));
  return RequestPath{*std::move(drive), PartitionId(*number), *std::move(digits)};
}

}  // namespace dbrepl
