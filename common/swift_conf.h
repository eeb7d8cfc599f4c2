// swift.conf: what all nodes of a cluster must agree on (swift-reference.md sections 1.2 and 6.1).
// Plain data, thread-safe once read.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/conf.h"
#include "common/hash_path.h"
#include "common/result.h"
#include "common/storage_policies.h"

namespace dbrepl {

// [swift-constraints], with Swift's defaults.
struct SwiftConstraints {
  std::int64_t max_file_size = 5368709122;
  std::int64_t max_meta_name_length = 128;
  std::int64_t max_meta_value_length = 256;
  std::int64_t max_meta_count = 90;
  std::int64_t max_meta_overall_size = 4096;
  std::int64_t max_header_size = 8192;
  std::int64_t max_object_name_length = 1024;
  std::int64_t container_listing_limit = 10000;
  std::int64_t account_listing_limit = 10000;
  std::int64_t max_account_name_length = 256;
  std::int64_t max_container_name_length = 256;
  std::vector<std::string> valid_api_versions = {"v1", "v1.0"};
  std::int64_t extra_header_count = 0;
  std::string auto_create_account_prefix = ".";
};

struct SwiftConf {
  HashPathConfig hash_path;
  StoragePolicies policies;
  SwiftConstraints constraints;
};

// The path that programs use when the operator names none.
inline constexpr char kDefaultSwiftConf[] = "/etc/swift/swift.conf";

// The swift.conf beside the rings: that of `swift_dir` if it is there, else kDefaultSwiftConf.
std::string SwiftConfBeside(const std::string& swift_dir);

// The whole file. Missing: kNotFound; no hash prefix and no suffix, policies that contradict each
// other, a constraint that is no number, a % that is not doubled: kBadInput. All with a next step.
Result<SwiftConf> LoadSwiftConf(const std::string& path);

// Its parts, for those who need one only; errors as above.
Result<HashPathConfig> HashPathConfigFrom(const Conf& swift_conf);
Result<SwiftConstraints> SwiftConstraintsFrom(const Conf& swift_conf);

}  // namespace dbrepl
