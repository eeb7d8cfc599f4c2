#include "replicator/answer/request_path.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "common/percent.h"
#include "common/strings.h"
#include "common/utf8.h"

namespace dbrepl {

namespace {

HttpResponse BadRequest(std::string text) {
  return MakeResponse(400, "text/plain", std::move(text));
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
  if (!parts) return BadRequest(StrCat("Invalid path: ", PercentEncode(path)));
  const std::string_view device = (*parts)[0];
  const std::string_view partition = (*parts)[1];
  const std::string_view hash = (*parts)[2];
  if (IsDots(device)) return BadRequest(StrCat("Invalid device: ", device));
  if (IsDots(partition)) return BadRequest(StrCat("Invalid partition: ", partition));
  auto drive = DriveName::Parse(device);
  if (!drive) return InsufficientStorage(device);
  const auto number = ParseInt<std::uint32_t>(partition);
  if (!number || StrCat(*number) != partition)
    return BadRequest(StrCat("Invalid partition: ", PercentEncode(partition)));
  auto digits = DbHash::Parse(hash);
  if (!digits) return BadRequest(StrCat("Invalid hash: ", PercentEncode(hash)));
  return RequestPath{*std::move(drive), PartitionId(*number), *std::move(digits)};
}

}  // namespace dbrepl
