#include "common/swift_conf.h"

#include <utility>

#include <unistd.h>

#include "common/conf_value.h"
#include "common/strings.h"
#include "common/utf8.h"

namespace dbrepl {
namespace {

// The option's bytes as they stand in the file; empty when it is not set.
Result<std::string> HashBytes(const Conf& swift_conf, std::string_view option) {
  TRY_ASSIGN(const auto setting, swift_conf.Get("swift-hash", option));
  if (!setting) return std::string();
  auto bytes = Utf8ToLatin1(setting->value);
  if (!bytes) {
    return Fail(Errc::kBadInput, StrCat(setting->origin.Text(), ": ", option, ": not Latin-1"));
  }
  return *std::move(bytes);
}

}  // namespace

Result<HashPathConfig> HashPathConfigFrom(const Conf& swift_conf) {
  HashPathConfig hash_path;
  TRY_ASSIGN(hash_path.suffix, HashBytes(swift_conf, "swift_hash_path_suffix"));
  TRY_ASSIGN(hash_path.prefix, HashBytes(swift_conf, "swift_hash_path_prefix"));
  if (hash_path.prefix.empty() && hash_path.suffix.empty()) {
    return Fail(Errc::kBadInput,
                StrCat(swift_conf.path(),
                       ": [swift-hash] sets neither swift_hash_path_prefix nor "
                       "swift_hash_path_suffix"),
                "copy swift.conf from another node of the cluster; all nodes need the same values");
  }
  return hash_path;
}

Result<SwiftConstraints> SwiftConstraintsFrom(const Conf& swift_conf) {
  constexpr std::string_view kSection = "swift-constraints";
  SwiftConstraints constraints;
  const std::pair<std::string_view, std::int64_t*> kNumbers[] = {
      {"max_file_size", &constraints.max_file_size},
      {"max_meta_name_length", &constraints.max_meta_name_length},
      {"max_meta_value_length", &constraints.max_meta_value_length},
      {"max_meta_count", &constraints.max_meta_count},
      {"max_meta_overall_size", &constraints.max_meta_overall_size},
      {"max_header_size", &constraints.max_header_size},
      {"max_object_name_length", &constraints.max_object_name_length},
      {"container_listing_limit", &constraints.container_listing_limit},
      {"account_listing_limit", &constraints.account_listing_limit},
      {"max_account_name_length", &constraints.max_account_name_length},
      {"max_container_name_length", &constraints.max_container_name_length},
      {"extra_header_count", &constraints.extra_header_count},
  };
  for (const auto& [name, number] : kNumbers) {
    TRY_ASSIGN(const auto setting, swift_conf.Get(kSection, name));
    if (setting) {
      TRY_ASSIGN(*number, ConfInt(*setting));
    }
  }
  TRY_ASSIGN(const auto versions, swift_conf.Get(kSection, "valid_api_versions"));
  if (versions) constraints.valid_api_versions = ConfList(versions->value);
  TRY_ASSIGN(auto prefix, swift_conf.Get(kSection, "auto_create_account_prefix"));
  if (prefix) constraints.auto_create_account_prefix = std::move(prefix->value);
  return constraints;
}

std::string SwiftConfBeside(const std::string& swift_dir) {
  std::string path = StrCat(swift_dir, "/swift.conf");
  return ::access(path.c_str(), F_OK) == 0 ? path : kDefaultSwiftConf;
}

Result<SwiftConf> LoadSwiftConf(const std::string& path) {
  auto conf = Conf::Load(path, kSwiftConfStyle);
  if (!conf) {
    if (conf.error().code == Errc::kNotFound) {
      conf.error().hint = "copy swift.conf from another node of the cluster, or name its directory";
    }
    return Fail(std::move(conf).error());
  }
  SwiftConf swift_conf;
  TRY_ASSIGN(swift_conf.hash_path, HashPathConfigFrom(*conf));
  TRY_ASSIGN(swift_conf.constraints, SwiftConstraintsFrom(*conf));
  TRY_ASSIGN(swift_conf.policies, StoragePoliciesFrom(*conf));
  return swift_conf;
}

}  // namespace dbrepl
