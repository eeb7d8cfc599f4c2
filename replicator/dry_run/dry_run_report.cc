#include "replicator/dry_run/dry_run_report.h"

#include <algorithm>

#include "common/strings.h"

namespace dbrepl {
namespace {

constexpr std::size_t kNameWidth = 18;
constexpr std::size_t kRowsWidth = 12;
constexpr std::size_t kBytesWidth = 16;

constexpr std::array<std::string_view, kDryActions> kNames = {
    "send rows",         "send file", "merge file", "send state",
    "send shard ranges", "take over", "queue",      "remove",
    "quarantine",        "keep",      "fail"};

std::string PadRight(std::string_view text, std::size_t width) {
  return StrCat(text, std::string(width - std::min(width, text.size()), ' '));
}

std::string PadLeft(std::string_view text, std::size_t width) {
  return StrCat(std::string(width - std::min(width, text.size()), ' '), text);
}

std::string Number(std::optional<std::int64_t> number, std::size_t width) {
  return PadLeft(number ? StrCat(*number) : "-", width);
}

void AddTo(std::optional<std::int64_t>& sum, std::optional<std::int64_t> number) {
  if (number) sum = sum.value_or(0) + *number;
}

}  // namespace

std::string DryTableLine(const DryLine& line) {
  return StrCat(PadRight(kNames[static_cast<std::size_t>(line.action)], kNameWidth),
                Number(line.rows, kRowsWidth), Number(line.bytes, kBytesWidth), "  ",
                Printable(line.what));
}

std::string DryTableHead() {
  return StrCat(PadRight("what", kNameWidth), PadLeft("rows", kRowsWidth),
                PadLeft("bytes", kBytesWidth), "  database");
}

void DryTotals::Add(const DryLine& line) {
  Sum& sum = sums_[static_cast<std::size_t>(line.action)];
  ++sum.times;
  AddTo(sum.rows, line.rows);
  AddTo(sum.bytes, line.bytes);
}

std::string DryTotals::Describe() const {
  std::string out = StrCat(PadRight("in all", kNameWidth), PadLeft("rows", kRowsWidth),
                           PadLeft("bytes", kBytesWidth), "  times\n");
  for (std::size_t i = 0; i < kDryActions; ++i) {
    const Sum& sum = sums_[i];
    if (sum.times == 0) continue;
    out += StrCat(PadRight(kNames[i], kNameWidth), Number(sum.rows, kRowsWidth),
                  Number(sum.bytes, kBytesWidth), "  ", sum.times, "\n");
  }
  out += StrCat(databases, " databases looked at, ", in_agreement,
                " replicas of them in agreement. Nothing was changed.\n");
  if (with_pending > 0) {
    out += StrCat(with_pending,
                  " databases have pending records, which were not looked at: more rows will be "
                  "sent.\n");
  }
  return out;
}

std::string DryTotals::Line() const {
  std::string out =
      StrCat("Dry run: ", databases, " databases, ", in_agreement, " replicas in agreement");
  for (std::size_t i = 0; i < kDryActions; ++i) {
    const Sum& sum = sums_[i];
    if (sum.times == 0) continue;
    out += StrCat("; ", kNames[i], ": ", sum.times);
    if (sum.rows) out += StrCat(", ", *sum.rows, " rows");
    if (sum.bytes) out += StrCat(", ", *sum.bytes, " bytes");
  }
  return out + "; nothing was changed";
}

}  // namespace dbrepl
