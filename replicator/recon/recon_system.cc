#include "replicator/recon/recon_system.h"

#include <cerrno>
#include <charconv>
#include <cstdint>
#include <fstream>
#include <string_view>
#include <vector>

#include <unistd.h>

#include "common/strings.h"

namespace dbrepl {
namespace {

constexpr std::size_t kMaxProcBytes = std::size_t{8} << 20;

// Files of proc have no size, so ReadFile does not fit.
Result<std::string> ReadProcFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return Fail(ErrnoError(errno, path));
  std::string text;
  char block[16384];
  while (file.read(block, sizeof(block)) || file.gcount() > 0) {
    text.append(block, static_cast<std::size_t>(file.gcount()));
    if (text.size() > kMaxProcBytes) return Fail(Errc::kBadInput, StrCat(path, ": too long"));
  }
  return text;
}

std::vector<std::string_view> Lines(std::string_view text) {
  std::vector<std::string_view> lines = Split(text, '\n');
  if (lines.back().empty()) lines.pop_back();
  return lines;
}

std::vector<std::string_view> Words(std::string_view line) {
  std::vector<std::string_view> words;
  for (const std::string_view word : Split(line, ' '))
    if (!word.empty()) words.push_back(word);
  return words;
}

tl::unexpected<Error> OddLine(const std::string& path, std::string_view line) {
  return Fail(Errc::kBadInput, StrCat(path, ": unexpected line: ", Printable(line)));
}

// The integer at a place of a line.
Result<JsonValue> IntegerAt(const std::vector<std::string_view>& words, std::size_t place,
                            const std::string& path) {
  const auto number = place < words.size() ? ParseInt<std::int64_t>(words[place]) : std::nullopt;
  if (!number) return Fail(Errc::kBadInput, StrCat(path, ": no number at word ", place));
  return JsonValue(*number);
}

Result<JsonValue> NumberFrom(std::string_view text, const std::string& path) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return OddLine(path, text);
  return JsonValue(number);
}

// "TCP: inuse 5 orphan 0 tw 3 alloc 7 mem 2"; memory is counted in pages there.
Result<> AddTcp(const std::string& path, JsonValue& answer) {
  TRY_ASSIGN(const std::string text, ReadProcFile(path));
  for (const std::string_view line : Lines(text)) {
    if (!line.starts_with("TCP: inuse")) continue;
    const auto words = Words(line);
    TRY_ASSIGN(JsonValue in_use, IntegerAt(words, 2, path));
    TRY_ASSIGN(JsonValue orphan, IntegerAt(words, 4, path));
    TRY_ASSIGN(JsonValue time_wait, IntegerAt(words, 6, path));
    TRY_ASSIGN(const JsonValue pages, IntegerAt(words, 10, path));
    answer.Set("tcp_in_use", std::move(in_use));
    answer.Set("orphan", std::move(orphan));
    answer.Set("time_wait", std::move(time_wait));
    answer.Set("tcp_mem_allocated_bytes", *pages.AsInt() * std::int64_t{::getpagesize()});
  }
  return {};
}

Result<> AddTcp6(const std::string& path, JsonValue& answer) {
  TRY_ASSIGN(const std::string text, ReadProcFile(path));
  for (const std::string_view line : Lines(text)) {
    if (!line.starts_with("TCP6: inuse")) continue;
    TRY_ASSIGN(JsonValue in_use, IntegerAt(Words(line), 2, path));
    answer.Set("tcp6_in_use", std::move(in_use));
  }
  return {};
}

// A machine without IPv6 has no sockstat6.
Result<> UnlessMissing(Result<> outcome) {
  if (!outcome && outcome.error().code == Errc::kNotFound) return {};
  return outcome;
}

}  // namespace

Result<JsonValue> ReadMemory(const std::string& proc) {
  const std::string path = proc + "/meminfo";
  TRY_ASSIGN(const std::string text, ReadProcFile(path));
  JsonValue::Object answer;
  for (const std::string_view line : Lines(text)) {
    const auto parts = Split(line, ':');
    if (parts.size() < 2) return OddLine(path, line);
    answer.emplace_back(parts[0], StripBlanks(parts[1]));
  }
  return JsonValue(std::move(answer));
}

Result<JsonValue> ReadLoad(const std::string& proc) {
  const std::string path = proc + "/loadavg";
  TRY_ASSIGN(const std::string text, ReadProcFile(path));
  const auto words = Words(StripBlanks(text));
  if (words.size() != 5) return OddLine(path, text);
  TRY_ASSIGN(JsonValue one, NumberFrom(words[0], path));
  TRY_ASSIGN(JsonValue five, NumberFrom(words[1], path));
  TRY_ASSIGN(JsonValue fifteen, NumberFrom(words[2], path));
  TRY_ASSIGN(JsonValue processes, IntegerAt(words, 4, path));
  return JsonValue(JsonValue::Object{{"1m", std::move(one)},
                                     {"5m", std::move(five)},
                                     {"15m", std::move(fifteen)},
                                     {"tasks", words[3]},
                                     {"processes", std::move(processes)}});
}

Result<JsonValue> ReadMounts(const std::string& proc) {
  const std::string path = proc + "/mounts";
  TRY_ASSIGN(const std::string text, ReadProcFile(path));
  JsonValue::Array answer;
  for (const std::string_view line : Lines(text)) {
    const auto words = Words(line);
    if (words.size() != 6) return OddLine(path, line);
    answer.push_back(JsonValue::Object{{"device", words[0]}, {"path", words[1]}});
  }
  return JsonValue(std::move(answer));
}

Result<JsonValue> ReadSockets(const std::string& proc) {
  JsonValue answer = JsonValue::Object{};
  TRY(UnlessMissing(AddTcp(proc + "/net/sockstat", answer)));
  TRY(UnlessMissing(AddTcp6(proc + "/net/sockstat6", answer)));
  return answer;
}

}  // namespace dbrepl
