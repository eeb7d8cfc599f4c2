#include "daemons/db_info_options.h"

#include "common/strings.h"
#include "daemons/options.h"

namespace dbrepl {

namespace {

constexpr std::string_view kSwiftDir = "/etc/swift";

const std::vector<OptionSpec>& Specs() {
  static const std::vector<OptionSpec> specs = {
      {"json", 0, "", "everything as one JSON object"},
      {"ring", 'r', "FILE", "show where this ring places the database"},
      {"swift-dir", 'd', "DIR",
       StrCat("folder of swift.conf and of the rings looked at without --ring (default ", kSwiftDir,
              ")")},
      {"help", 'h', "", "this text"},
  };
  return specs;
}

}  // namespace

Result<DbInfoOptions> ParseDbInfoOptions(const std::vector<std::string>& arguments) {
  TRY_ASSIGN(const CommandLine line, ParseCommandLine(Specs(), arguments));
  DbInfoOptions options;
  options.help = line.Has("help");
  if (options.help) return options;
  if (line.words.size() != 1) {
    return Fail(Errc::kBadInput, "name one database file", "try --help");
  }
  options.db_path = line.words.front();
  options.json = line.Has("json");
  options.ring_path = line.Value("ring");
  options.swift_dir = line.Value("swift-dir", kSwiftDir);
  options.swift_dir_given = line.Has("swift-dir");
  return options;
}

std::string DbInfoHelp() {
  return StrCat(
      "Tells what is in one account or container database. Only reads: pending records are\n"
      "counted, not committed; nothing is migrated; no writer has to wait.\n\n"
      "usage: db-info FILE [options]\n\n",
      DescribeOptions(Specs()),
      "\nexample: db-info "
      "/srv/node/sda1/containers/5/c63/0d25b61566837c3531c8a377fbabc763/"
      "0d25b61566837c3531c8a377fbabc763.db\n"
      "exit codes: 0 done, 1 the database cannot be read, 2 usage or configuration\n");
}

}  // namespace dbrepl
