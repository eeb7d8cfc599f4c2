// create, set_min_part_hours, set_replicas, set_overload, pretend_min_part_hours_passed: the
// numbers of a builder.
#include <optional>

#include <unistd.h>

#include "common/clock.h"
#include "common/strings.h"
#include "daemons/ring_builder_command.h"
#include "daemons/ring_builder_table.h"

namespace dbrepl {

namespace {

Result<double> NumberFrom(std::string_view text, std::string_view what) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) {
    return Fail(Errc::kBadInput,
                StrCat(what, ": must be a number (got \"", Printable(text), "\")"));
  }
  return value;
}

Result<int> IntFrom(std::string_view text, std::string_view what) {
  const auto value = ParseInt<int>(text);
  if (!value) {
    return Fail(Errc::kBadInput,
                StrCat(what, ": must be a whole number (got \"", Printable(text), "\")"));
  }
  return *value;
}

Result<std::string> OnlyWord(const RingBuilderRun& run, std::string_view what) {
  if (run.line.words.size() == 1) return run.line.words.front();
  return Fail(Errc::kBadInput, StrCat("exactly one value is needed: ", what));
}

}  // namespace

Result<Outcome> CreateCommand(RingBuilderRun& run) {
  const std::vector<std::string>& words = run.line.words;
  if (words.size() != 3) {
    return Fail(Errc::kBadInput, "three values are needed: PART_POWER REPLICAS MIN_PART_HOURS",
                "for example: create 10 3 24");
  }
  if (::access(run.paths.builder.c_str(), F_OK) == 0 && !run.line.Has("force")) {
    return Fail(Errc::kExists, StrCat(run.paths.builder, ": is there already"),
                "move it away, or add --force to replace it");
  }
  TRY_ASSIGN(const int part_power, IntFrom(words[0], "part_power"));
  TRY_ASSIGN(const double replicas, NumberFrom(words[1], "replicas"));
  TRY_ASSIGN(const int hours, IntFrom(words[2], "min_part_hours"));
  TRY_ASSIGN(run.builder(), CreateBuilder(part_power, replicas, hours));
  TRY(SaveBuilderWithBackup(run.paths.builder, run.builder(), SystemClock().NowSeconds()));
  run.Answer("", JsonValue::Object{{"changed", true}, {"id", run.builder().id}});
  return Outcome::kDone;
}

Result<Outcome> SetMinPartHoursCommand(RingBuilderRun& run) {
  TRY_ASSIGN(const std::string word, OnlyWord(run, "HOURS"));
  TRY_ASSIGN(const int hours, IntFrom(word, "min_part_hours"));
  TRY(SetMinPartHours(run.builder(), hours));
  TRY(run.Save());
  run.Answer(
      StrCat("The minimum number of hours before a partition can be reassigned is now set to ",
             hours, "\n"),
      JsonValue::Object{{"changed", true}, {"min_part_hours", hours}});
  return Outcome::kDone;
}

Result<Outcome> SetReplicasCommand(RingBuilderRun& run) {
  TRY_ASSIGN(const std::string word, OnlyWord(run, "REPLICAS"));
  TRY_ASSIGN(const double replicas, NumberFrom(word, "replicas"));
  TRY(SetReplicas(run.builder(), replicas));
  TRY(run.Save());
  run.Answer(StrCat("The replica count is now ", FixedDecimals(replicas, 6),
                    ".\nThe change will take effect after the next rebalance.\n"),
             JsonValue::Object{{"changed", true}, {"replicas", replicas}});
  return Outcome::kDone;
}

Result<Outcome> SetOverloadCommand(RingBuilderRun& run) {
  constexpr double kPercent = 0.01;
  TRY_ASSIGN(const std::string word, OnlyWord(run, "OVERLOAD[%]"));
  const bool percent = word.ends_with('%');
  TRY_ASSIGN(
      double overload,
      NumberFrom(std::string_view(word).substr(0, word.size() - (percent ? 1 : 0)), "overload"));
  if (percent) overload *= kPercent;
  if (overload > 1 && !percent) {
    run.Note(StrCat("an overload of ", word, " is more than 100%; did you mean ", word, "%?"));
  }
  TRY(SetOverload(run.builder(), overload));
  TRY(run.Save());
  run.Answer(StrCat("The overload factor is now ", FixedDecimals(overload * 100, 2), "% (",
                    FixedDecimals(overload, 6),
                    ")\nThe change will take effect after the next rebalance.\n"),
             JsonValue::Object{{"changed", true}, {"overload", overload}});
  return Outcome::kDone;
}

Result<Outcome> PretendMinPartHoursPassedCommand(RingBuilderRun& run) {
  PretendMinPartHoursPassed(run.builder());
  TRY(run.Save());
  run.Answer("", JsonValue::Object{{"changed", true}});
  return Outcome::kDone;
}

}  // namespace dbrepl
