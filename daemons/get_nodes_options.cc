#include "daemons/get_nodes_options.h"

#include "common/strings.h"

namespace dbrepl {

namespace {

constexpr char kDefaultSwiftDir[] = "/etc/swift";

const std::vector<OptionSpec>& Specs() {
  static const std::vector<OptionSpec> specs = {
      {"all", 'a', "", "show every handoff, not only as many as there are primaries"},
      {"partition", 'p', "PARTITION", "show this partition instead of a name's"},
      {"swift-dir", 'd', "DIR",
       StrCat("where swift.conf with the hash prefix and suffix lies (default ", kDefaultSwiftDir,
              ")")},
      {"json", 0, "", "print one JSON object"},
      {"dump", 0, "",
       "print a JSON line for each partition: device ids of primaries and all handoffs"},
      {"names", 0, "FILE",
       "read a JSON array of account[, container[, object]] a line (- for standard input) and "
       "print each one's partition"},
      {"help", 'h', "", "print this help"},
  };
  return specs;
}

tl::unexpected<Error> UsageError(std::string message) {
  return Fail(Errc::kBadInput, std::move(message), "try --help");
}

// One word may hold a whole path: "AUTH_test/photos".
ItemName ItemFromPath(std::string_view path) {
  while (path.starts_with('/')) path.remove_prefix(1);
  while (path.ends_with('/')) path.remove_suffix(1);
  ItemName item;
  for (std::string* part : {&item.account, &item.container}) {
    const std::size_t slash = path.find('/');
    *part = path.substr(0, slash);
    if (slash == std::string_view::npos) return item;
    path.remove_prefix(slash + 1);
  }
  item.object = path;
  return item;
}

Result<ItemName> ItemFromWords(const std::vector<std::string>& words) {
  if (words.size() > 3) return UsageError("too many words: ACCOUNT [CONTAINER [OBJECT]] is all");
  ItemName item;
  if (words.size() == 1) {
    item = ItemFromPath(words[0]);
  } else {
    item = {words[0], words[1], words.size() > 2 ? words[2] : ""};
  }
  if (item.account.empty()) return UsageError("no account named");
  if (item.container.empty() && !item.object.empty()) {
    return UsageError("an object is named, but no container");
  }
  return item;
}

Result<> ChooseTarget(const CommandLine& line, GetNodesOptions& options) {
  const std::vector<std::string> names(line.words.begin() + 1, line.words.end());
  const int targets = (names.empty() ? 0 : 1) + (line.Has("partition") ? 1 : 0) +
                      (line.Has("dump") ? 1 : 0) + (line.Has("names") ? 1 : 0);
  if (targets == 0) return UsageError("nothing asked for: name an account, or a partition with -p");
  if (targets > 1) return UsageError("names, --partition, --dump and --names exclude each other");
  if (line.Has("partition")) {
    options.what = GetNodesOptions::What::kPartition;
    const auto partition = ParseInt<std::uint32_t>(line.Value("partition"));
    if (!partition) {
      return UsageError(StrCat("--partition: not a partition number: \"",
                               Printable(line.Value("partition")), "\""));
    }
    options.partition = *partition;
  } else if (line.Has("dump")) {
    options.what = GetNodesOptions::What::kDump;
  } else if (line.Has("names")) {
    options.what = GetNodesOptions::What::kNames;
    options.names_path = line.Value("names");
  } else {
    TRY_ASSIGN(options.item, ItemFromWords(names));
  }
  return {};
}

}  // namespace

Result<GetNodesOptions> ParseGetNodesOptions(const std::vector<std::string>& arguments) {
  TRY_ASSIGN(const CommandLine line, ParseCommandLine(Specs(), arguments));
  GetNodesOptions options;
  if (line.Has("help")) {
    options.what = GetNodesOptions::What::kHelp;
    return options;
  }
  if (line.words.empty()) return UsageError("no ring file named");
  options.ring_path = line.words[0];
  options.swift_dir = line.Value("swift-dir", kDefaultSwiftDir);
  options.all = line.Has("all");
  options.json = line.Has("json");
  TRY(ChooseTarget(line, options));
  return options;
}

std::string GetNodesHelp() {
  return StrCat(
      "Shows which devices hold an account, a container or a partition, and which stand in.\n\n"
      "usage: get-nodes RING (ACCOUNT [CONTAINER [OBJECT]] | -p PARTITION) [--all]\n"
      "                 [--swift-dir DIR] [--json]\n"
      "       get-nodes RING --dump\n"
      "       get-nodes RING --names FILE [--swift-dir DIR]\n\n",
      DescribeOptions(Specs()),
      "\nA single word may be a whole path (AUTH_test/photos). Exit code: 0 done, 1 failed, 2 "
      "usage,\n"
      "configuration or a bad ring.\n\n"
      "example: get-nodes /etc/swift/container.ring.gz AUTH_test photos\n");
}

}  // namespace dbrepl
