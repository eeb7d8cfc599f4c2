#include "daemons/replicator_command_line.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/testlib/temp_dir.h"

namespace dbrepl {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

constexpr char kUsage[] = "Usage: swift-container-replicator CONFIG [options]\n\n";

std::variant<ReplicatorCommand, EarlyExit> Parse(std::vector<std::string> words) {
  words.insert(words.begin(), "/usr/lib/dbrepl/swift-container-replicator");
  return ParseReplicatorCommand(DbKind::kContainer, words);
}

ReplicatorCommand Command(std::vector<std::string> words) {
  const auto parsed = Parse(std::move(words));
  const auto* command = std::get_if<ReplicatorCommand>(&parsed);
  if (command == nullptr) ADD_FAILURE() << std::get<EarlyExit>(parsed).err;
  return command == nullptr ? ReplicatorCommand{} : *command;
}

EarlyExit Exit(std::vector<std::string> words) {
  const auto parsed = Parse(std::move(words));
  const auto* early = std::get_if<EarlyExit>(&parsed);
  if (early == nullptr) ADD_FAILURE() << "parsed";
  return early == nullptr ? EarlyExit{} : *early;
}

TEST(ReplicatorCommandLineTest, WordsAndOptionsAreTheSame) {
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"/tmp", "once", "verbose"},
                                             {"/tmp", "-o", "-v"},
                                             {"-ov", "/tmp"},
                                             {"--verbose", "/tmp", "once"},
                                             {"/tmp", "once", "verbose", "something", "else"}}) {
    const ReplicatorCommand command = Command(words);
    EXPECT_EQ(command.conf_path, "/tmp");
    EXPECT_TRUE(command.once && command.verbose) << words.front();
    EXPECT_FALSE(command.dry_run || command.print_config);
  }
}

TEST(ReplicatorCommandLineTest, TheFirstWordIsTheConfigurationWhateverItSays) {
  EXPECT_FALSE(Command({"/tmp"}).once);
  EXPECT_EQ(Exit({"once"}).code, 1);
}

TEST(ReplicatorCommandLineTest, PathsBecomeAbsoluteAndKeepTheirLinks) {
  const TempDir folder;
  std::filesystem::create_symlink("/tmp", folder.Sub("link"));
  EXPECT_EQ(Command({folder.Sub("link")}).conf_path, folder.Sub("link"));
  EXPECT_EQ(Command({folder.path() + "/x/..//link/"}).conf_path, folder.Sub("link"));
  EXPECT_EQ(Command({"."}).conf_path, std::filesystem::current_path());
}

TEST(ReplicatorCommandLineTest, DryRunIsOnePass) {
  EXPECT_TRUE(Command({"/tmp", "--dry-run"}).once);
  EXPECT_TRUE(Command({"/tmp", "--dry-run"}).dry_run);
}

TEST(ReplicatorCommandLineTest, MistakesEndAsInSwift) {
  EarlyExit early = Exit({});
  EXPECT_EQ(early.code, 1);
  EXPECT_EQ(early.out, std::string(kUsage) + "Error: missing config path argument\n");
  EXPECT_EQ(early.err, "");

  early = Exit({"/no/such", "once"});
  EXPECT_EQ(early.code, 1);
  EXPECT_EQ(early.out, std::string(kUsage) + "Error: unable to locate /no/such\n");

  early = Exit({"/tmp", "--frobnicate"});
  EXPECT_EQ(early.code, 2);
  EXPECT_EQ(early.out, "");
  EXPECT_EQ(early.err, std::string(kUsage) +
                           "swift-container-replicator: error: no such option: --frobnicate\n");
}

TEST(ReplicatorCommandLineTest, QuestionsAreAnsweredWithoutAConfiguration) {
  EXPECT_EQ(Exit({"--version"}).out, "swift-container-replicator dbrepl-0.1.0\n");
  EXPECT_EQ(Exit({"-h"}).code, 0);
  EXPECT_THAT(Exit({"--help", "/no/such"}).out, HasSubstr("Usage: swift-container-replicator"));
  EXPECT_THAT(Exit({"--print-sample-config"}).out, StartsWith("# Configuration of container-rep"));
}

TEST(ReplicatorCommandLineTest, SelectionsAreListsBetweenCommas) {
  const auto all = SelectionFrom(Command({"/tmp", "-d", "", "--partitions="}));
  ASSERT_TRUE(all) << all.error().message;
  EXPECT_THAT(all->devices, IsEmpty());
  EXPECT_THAT(all->partitions, IsEmpty());

  const auto some = SelectionFrom(Command({"/tmp", "-d", " sdb1 ,,sdc1", "-p12, 1_3,"}));
  ASSERT_TRUE(some) << some.error().message;
  EXPECT_THAT(some->devices, ElementsAre("sdb1", "sdc1"));
  EXPECT_THAT(some->partitions, ElementsAre(12, 13));
}

TEST(ReplicatorCommandLineTest, SelectionsThatSelectNothingSensibleAreErrors) {
  for (const std::string text : {"x", "1,x", "-1", "4294967296", "1.0"}) {
    const auto selection = SelectionFrom(Command({"/tmp", "--partitions=" + text}));
    ASSERT_FALSE(selection) << text;
    EXPECT_EQ(selection.error().code, Errc::kBadInput);
    EXPECT_THAT(selection.error().message, HasSubstr("--partitions: not a partition's number"));
  }
  for (const std::string word : {"devices", "partitions"}) {
    const auto selection = SelectionFrom(Command({"/tmp", "once", word, "sdb1"}));
    ASSERT_FALSE(selection) << word;
    EXPECT_THAT(selection.error().message, HasSubstr(word));
  }
}

}  // namespace
}  // namespace dbrepl
