// rebalance and write_ring: what nodes get to see.
#include <cmath>

#include "common/clock.h"
#include "common/digest.h"
#include "common/random.h"
#include "common/strings.h"
#include "daemons/ring_builder_command.h"
#include "daemons/ring_builder_table.h"
#include "ring/dispersion.h"
#include "ring/placement.h"

namespace dbrepl {

namespace {

constexpr std::string_view kRuler =
    "-------------------------------------------------------------------------------\n";

// Any text as a seed, as swift-ring-builder takes it; without one, a new seed each time.
std::uint64_t SeedFor(const CommandLine& line) {
  if (!line.Has("seed")) return SystemRandom()();
  std::uint64_t seed = 0;
  const Md5Digest digest = Md5(line.Value("seed"));
  for (std::size_t i = 0; i < sizeof(seed); ++i) seed = seed << 8 | digest[i];
  return seed;
}

// How good a builder's assignment was before a rebalance.
struct Before {
  bool devices_changed = false;
  double balance = 0;
  std::optional<double> dispersion;
};

// Whether a rebalance changed so little that moving the data is not worth it.
bool IsNotWorthIt(const Before& before, double balance, double dispersion) {
  if (before.devices_changed) return false;
  const bool drains = before.balance == kMaxBalance && balance == kMaxBalance;
  const bool balance_changed = std::abs(before.balance - balance) >= 1 || drains;
  const bool dispersion_changed =
      !before.dispersion || std::abs(*before.dispersion - dispersion) >= 1;
  return !balance_changed && !dispersion_changed;
}

JsonValue Answer(bool changed, const RebalanceReport& report, double balance,
                 const Builder& builder) {
  return JsonValue::Object{{"changed", changed},
                           {"reassigned", static_cast<std::int64_t>(report.reassigned)},
                           {"removed_devices", static_cast<std::int64_t>(report.removed_devices)},
                           {"balance", balance},
                           {"dispersion", builder.dispersion.value_or(0)},
                           {"version", builder.version}};
}

std::string NothingReassigned(const Builder& builder, std::int64_t seconds_left) {
  if (seconds_left <= 0) {
    return "No partitions could be reassigned.\nThere is no need to do so at this time\n";
  }
  return StrCat(
      "No partitions could be reassigned.\nThe time between rebalances must be at least "
      "min_part_hours: ",
      builder.min_part_hours, " hours (", FormatDuration(seconds_left), " remaining)\n");
}

std::string Advice(const Builder& builder, double balance) {
  constexpr double kFine = 5;
  if (*builder.dispersion > 0) {
    return StrCat(kRuler, "NOTE: Dispersion of ", FixedDecimals(*builder.dispersion, 6),
                  " indicates some parts are not\n"
                  "      optimally dispersed.\n\n"
                  "      You may want to adjust some device weights, increase\n"
                  "      the overload or review the dispersion report.\n",
                  kRuler);
  }
  if (balance > kFine && balance / 100 > builder.overload) {
    return StrCat(kRuler, "NOTE: Balance of ", FixedDecimals(balance, 2),
                  " indicates you should push this \n      ring, wait at least ",
                  builder.min_part_hours, " hours, and rebalance/repush.\n", kRuler);
  }
  return {};
}

std::string Summary(const RebalanceReport& report, double balance, const Builder& builder) {
  const double percent = 100.0 * static_cast<double>(report.reassigned) /
                         static_cast<double>(builder.PartitionCount());
  return StrCat("Reassigned ", report.reassigned, " (", FixedDecimals(percent, 2),
                "%) partitions. Balance is now ", FixedDecimals(balance, 2),
                ".  Dispersion is now ", FixedDecimals(*builder.dispersion, 2), "\n",
                Advice(builder, balance));
}

}  // namespace

Result<Outcome> RebalanceCommand(RingBuilderRun& run) {
  TRY_ASSIGN(const RingFormat format, run.Format());
  Builder& builder = run.builder();
  if (builder.next_part_power) {
    return Fail(Errc::kBadInput, "an increase of the partition power is in progress",
                "finish it with swift-ring-builder first");
  }
  const double now = SystemClock().NowSeconds();
  const std::int64_t seconds_left = MinPartSecondsLeft(builder, now);
  const Before before{builder.devices_changed, MeasureBalance(builder).worst, builder.dispersion};
  SeededRandom random(SeedFor(run.line));
  TRY_ASSIGN(const RebalanceReport report, Rebalance(builder, now, random));
  const double balance = MeasureBalance(builder).worst;
  const bool forced = run.line.Has("force");
  if (report.reassigned == 0 && report.removed_devices == 0 && !forced) {
    run.Answer(NothingReassigned(builder, seconds_left), Answer(false, report, balance, builder));
    return Outcome::kNothingDone;
  }
  if (!forced && IsNotWorthIt(before, balance, *builder.dispersion)) {
    run.Answer("Cowardly refusing to save rebalance as it did not change at least 1%.\n",
               Answer(false, report, balance, builder));
    return Outcome::kNothingDone;
  }
  TRY(ValidateBuilder(builder));
  TRY_ASSIGN(const std::string path, run.SavePathWithNote());
  TRY(SaveBuilderAndRing(path, run.paths.ring, builder, format, now));
  run.Answer(Summary(report, balance, builder), Answer(true, report, balance, builder));
  return Outcome::kDone;
}

Result<Outcome> WriteRingCommand(RingBuilderRun& run) {
  TRY_ASSIGN(const RingFormat format, run.Format());
  if (!run.builder().EverRebalanced()) {
    return Fail(Errc::kBadInput, StrCat(run.paths.builder, ": no partition is assigned yet"),
                "run rebalance first");
  }
  TRY(SaveRingWithBackup(run.paths.ring, run.builder(), format, SystemClock().NowSeconds()));
  run.Answer("", JsonValue::Object{{"changed", true}, {"ring", run.paths.ring}});
  return Outcome::kDone;
}

}  // namespace dbrepl
