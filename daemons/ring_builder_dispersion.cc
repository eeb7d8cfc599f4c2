// dispersion: where replicas are closer together than they should be.
#include <algorithm>
#include <regex>

#include "common/strings.h"
#include "daemons/ring_builder_command.h"
#include "daemons/ring_builder_table.h"
#include "ring/dispersion.h"

namespace dbrepl {

namespace {

// The tiers whose names the pattern matches from their beginning; all of them without a pattern.
Result<std::vector<TierDispersion>> Filtered(std::vector<TierDispersion> tiers,
                                             const CommandLine& line) {
  if (line.words.empty()) return tiers;
  if (line.words.size() > 1) return Fail(Errc::kBadInput, "at most one pattern may be given");
  try {
    const std::regex pattern(line.words.front());
    std::erase_if(tiers, [&](const TierDispersion& tier) {
      return !std::regex_search(tier.name, pattern, std::regex_constants::match_continuous);
    });
  } catch (const std::regex_error& error) {
    return Fail(Errc::kBadInput,
                StrCat("pattern \"", Printable(line.words.front()), "\": ", error.what()));
  }
  return tiers;
}

const TierDispersion* WorstOf(const std::vector<TierDispersion>& tiers) {
  const TierDispersion* worst = nullptr;
  double most = 0;
  for (const TierDispersion& tier : tiers) {
    if (tier.Percent() <= most) continue;
    most = tier.Percent();
    worst = &tier;
  }
  return worst;
}

std::string TierTable(const Builder& builder, const std::vector<TierDispersion>& tiers) {
  if (tiers.empty()) return {};
  const std::size_t count_width = std::max<std::size_t>(5, StrCat(builder.PartitionCount()).size());
  std::size_t name_width = 30;
  for (const TierDispersion& tier : tiers) name_width = std::max(name_width, tier.name.size());
  std::string header = StrCat(PadRight("Tier", name_width), " ", PadLeft("Parts", count_width), " ",
                              PadLeft("%", 6), " ", PadLeft("Max", 6));
  for (std::size_t i = 0; i <= builder.rows.size(); ++i) {
    header += StrCat(" ", PadLeft(StrCat(i), count_width));
  }
  const std::string ruler(header.size(), '-');
  std::string table = StrCat(ruler, "\n", header, "\n", ruler, "\n");
  for (const TierDispersion& tier : tiers) {
    table += StrCat(PadRight(tier.name, name_width), " ",
                    PadLeft(StrCat(tier.PlacedReplicas()), count_width), " ",
                    PadLeft(FixedDecimals(tier.Percent(), 2), 6), " ",
                    PadLeft(StrCat(tier.max_replicas), 6));
    for (const std::uint64_t count : tier.partitions_with) {
      table += StrCat(" ", PadLeft(StrCat(count), count_width));
    }
    table += '\n';
  }
  return table;
}

JsonValue TiersToJson(const std::vector<TierDispersion>& tiers) {
  JsonValue::Array list;
  for (const TierDispersion& tier : tiers) {
    JsonValue::Array counts;
    for (const std::uint64_t count : tier.partitions_with) {
      counts.emplace_back(static_cast<std::int64_t>(count));
    }
    list.push_back(
        JsonValue::Object{{"tier", tier.name},
                          {"max_replicas", static_cast<std::int64_t>(tier.max_replicas)},
                          {"placed_parts", static_cast<std::int64_t>(tier.PlacedReplicas())},
                          {"dispersion", tier.Percent()},
                          {"replicas", std::move(counts)}});
  }
  return list;
}

}  // namespace

Result<Outcome> DispersionCommand(RingBuilderRun& run) {
  const Builder& builder = run.builder();
  if (!builder.EverRebalanced()) {
    return Fail(Errc::kBadInput, StrCat(run.paths.builder, ": no partition is assigned yet"),
                "run rebalance first");
  }
  Dispersion dispersion = MeasureDispersion(builder);
  TRY_ASSIGN(const std::vector<TierDispersion> tiers,
             Filtered(std::move(dispersion.tiers), run.line));
  TRY_ASSIGN(const double required, RequiredOverloadOf(builder));
  const double balance = MeasureBalance(builder).worst;
  std::string text =
      StrCat("Dispersion is ", FixedDecimals(dispersion.percent, 6), ", Balance is ",
             FixedDecimals(balance, 6), ", Overload is ", FixedDecimals(builder.overload * 100, 2),
             "%\nRequired overload is ", FixedDecimals(required * 100, 6), "%\n");
  const TierDispersion* worst = WorstOf(tiers);
  JsonValue worst_tier;
  if (worst != nullptr) {
    worst_tier = worst->name;
    text += StrCat("Worst tier is ", FixedDecimals(worst->Percent(), 6), " (", worst->name, ")\n");
  }
  if (run.line.Has("verbose")) text += TierTable(builder, tiers);
  run.Answer(text, JsonValue::Object{{"dispersion", dispersion.percent},
                                     {"balance", balance},
                                     {"overload", builder.overload},
                                     {"required_overload", required},
                                     {"worst_tier", worst_tier},
                                     {"tiers", TiersToJson(tiers)}});
  return Outcome::kDone;
}

}  // namespace dbrepl
