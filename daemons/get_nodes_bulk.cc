#include "daemons/get_nodes_bulk.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "common/json.h"
#include "common/strings.h"
#include "ring/handoff_sequences.h"

namespace dbrepl {

namespace {

// Device ids held at once by a dump, and bytes of output gathered before they are written.
constexpr std::size_t kIdsAtOnce = std::size_t{4} << 20;
constexpr std::size_t kOutputBytes = std::size_t{1} << 20;
constexpr std::size_t kMaxLineBytes = std::size_t{1} << 20;

void AppendNumber(std::string& text, std::uint64_t number) {
  std::array<char, 20> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  text.append(digits.data(), end);
}

template <class List, class IdOf>
void AppendIds(std::string& text, const List& list, IdOf id_of) {
  text += '[';
  for (const auto& item : list) {
    if (text.back() != '[') text += ", ";
    AppendNumber(text, id_of(item));
  }
  text += ']';
}

// Names a line's three parts; a null or missing one is empty.
Result<std::array<std::string, 3>> NamesOfLine(std::string_view line) {
  TRY_ASSIGN(const JsonValue json, ParseJson(line));
  const JsonValue::Array* parts = json.AsArray();
  std::array<std::string, 3> names;
  if (parts == nullptr || parts->empty() || parts->size() > names.size()) {
    return Fail(Errc::kBadInput, "must be an array of account[, container[, object]]");
  }
  for (std::size_t i = 0; i < parts->size(); ++i) {
    if ((*parts)[i].AsString() == nullptr && !((*parts)[i].IsNull() && i > 0)) {
      return Fail(Errc::kBadInput, "names must be strings");
    }
    if ((*parts)[i].AsString() != nullptr) names[i] = *(*parts)[i].AsString();
  }
  if (names[0].empty()) return Fail(Errc::kBadInput, "the account's name is empty");
  return names;
}

Result<PartitionId> PartitionOfLine(const Ring& ring, const HashPathConfig& cluster,
                                    std::string_view line) {
  if (line.size() > kMaxLineBytes) {
    return Fail(Errc::kBadInput, StrCat("longer than ", kMaxLineBytes, " bytes"));
  }
  TRY_ASSIGN(const auto names, NamesOfLine(line));
  return ring.PartitionOf(cluster, names[0], names[1], names[2]);
}

}  // namespace

Result<> DumpRing(const Ring& ring, const Output& output) {
  const std::size_t devices = ring.tiers().Count(kTierLevels - 1);
  const std::size_t at_once =
      std::max<std::size_t>(kIdsAtOnce / std::max<std::size_t>(devices, 1), 1);
  std::string text;
  for (std::uint64_t first = 0; first < ring.partition_count(); first += at_once) {
    const PartitionId block(static_cast<std::uint32_t>(first));
    std::uint32_t partition = block.value();
    for (const auto& handoffs : HandoffSequences(ring.data(), ring.tiers(), block, at_once)) {
      text += "{\"partition\": ";
      AppendNumber(text, partition);
      text += ", \"primaries\": ";
      AppendIds(text, ring.PrimaryNodes(PartitionId(partition)),
                [](const Device* device) { return device->id; });
      text += ", \"handoffs\": ";
      AppendIds(text, handoffs, [](DeviceId id) { return id; });
      text += "}\n";
      ++partition;
      if (text.size() < kOutputBytes) continue;
      TRY(output(text));
      text.clear();
    }
  }
  return output(text);
}

Result<> PartitionsOfNames(const Ring& ring, const HashPathConfig& cluster, std::istream& input,
                           std::string_view input_name, const Output& output) {
  std::string text;
  std::string line;
  for (std::uint64_t number = 1; std::getline(input, line); ++number) {
    if (StripBlanks(line).empty()) continue;
    Result<PartitionId> partition = PartitionOfLine(ring, cluster, line);
    if (!partition) {
      TRY(output(text));
      return Fail(std::move(partition).error().Within(StrCat(input_name, ": line ", number)));
    }
    AppendNumber(text, partition->value());
    text += '\n';
    if (text.size() < kOutputBytes) continue;
    TRY(output(text));
    text.clear();
  }
  return output(text);
}

}  // namespace dbrepl
