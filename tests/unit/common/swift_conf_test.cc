#include "common/swift_conf.h"

#include <cstdlib>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/testlib/temp_dir.h"

namespace dbrepl {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr char kHash[] = "[swift-hash]\nswift_hash_path_suffix = s\n";

class SwiftConfTest : public testing::Test {
 protected:
  Result<SwiftConf> Load(std::string_view text) {
    std::ofstream(path_) << text;
    return LoadSwiftConf(path_);
  }

  TempDir dir_;
  const std::string path_ = dir_.Sub("swift.conf");
};

TEST_F(SwiftConfTest, KeepsTheBytesOfPrefixAndSuffix) {
  const auto conf = Load(
      "[swift-hash]\nswift_hash_path_prefix = \xFF\xC3\xA9%%\nswift_hash_path_suffix: \x80 x\n");
  ASSERT_TRUE(conf) << conf.error().message;
  EXPECT_EQ(conf->hash_path.prefix, "\xFF\xC3\xA9%");
  EXPECT_EQ(conf->hash_path.suffix, "\x80 x");
}

TEST_F(SwiftConfTest, OneOfPrefixAndSuffixIsEnough) {
  EXPECT_EQ(Load("[swift-hash]\nswift_hash_path_prefix = p\n")->hash_path.prefix, "p");
  EXPECT_EQ(Load(kHash)->hash_path.suffix, "s");
}

TEST_F(SwiftConfTest, NoAnswerWithoutHashPath) {
  for (const char* text : {"", "[swift-hash]\n", "[swift-hash]\nswift_hash_path_suffix =\n",
                           "[DEFAULT]\nswift_hash_path_suffix = s\n"}) {
    const auto conf = Load(text);
    ASSERT_FALSE(conf) << text;
    EXPECT_EQ(conf.error().code, Errc::kBadInput);
    EXPECT_THAT(conf.error().message, HasSubstr("sets neither swift_hash_path_prefix nor"));
    EXPECT_THAT(conf.error().hint, HasSubstr("copy swift.conf from another node"));
  }
  const auto missing = LoadSwiftConf(path_ + ".none");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Errc::kNotFound);
  EXPECT_THAT(missing.error().hint, HasSubstr("copy swift.conf"));
}

TEST_F(SwiftConfTest, ALonePercentSignIsAnError) {
  const auto conf = Load("[swift-hash]\nswift_hash_path_suffix = a%b\n");
  ASSERT_FALSE(conf);
  EXPECT_THAT(conf.error().message, HasSubstr(":2: [swift-hash] swift_hash_path_suffix: % stands"));
  EXPECT_THAT(conf.error().hint, HasSubstr("%%"));
}

TEST_F(SwiftConfTest, Constraints) {
  const auto defaults = Load(kHash);
  EXPECT_EQ(defaults->constraints.max_meta_count, 90);
  const auto conf = Load(std::string(kHash) +
                         "[swift-constraints]\nmax_meta_count = 1_0\nvalid_api_versions = v1, v2,\n"
                         "auto_create_account_prefix = -\nunknown = kept out\n");
  ASSERT_TRUE(conf) << conf.error().message;
  EXPECT_EQ(conf->constraints.max_meta_count, 10);
  EXPECT_EQ(conf->constraints.max_header_size, 8192);
  EXPECT_THAT(conf->constraints.valid_api_versions, ElementsAre("v1", "v2"));
  EXPECT_EQ(conf->constraints.auto_create_account_prefix, "-");
  EXPECT_THAT(
      Load(std::string(kHash) + "[swift-constraints]\nmax_meta_count = many\n").error().message,
      HasSubstr(":4: max_meta_count: must be an integer (got \"many\")"));
}

TEST_F(SwiftConfTest, OnePolicyWhenNoneIsNamed) {
  const auto conf = Load(kHash);
  ASSERT_EQ(conf->policies.all().size(), 1U);
  EXPECT_TRUE(conf->policies.ByIndex(0)->is_default);
  EXPECT_EQ(conf->policies.ByName("POLICY-0"), conf->policies.ByIndex(0));
  EXPECT_EQ(conf->policies.ByIndex(1), nullptr);
}

TEST_F(SwiftConfTest, Policies) {
  const auto conf =
      Load(std::string(kHash) +
           "[storage-policy:1]\nname = Silver\naliases = ag, Silver, cheap\ndefault = yes\n"
           "[storage-policy:0]\nname = gold\ndeprecated = yes\n"
           "[storage-policy:7]\nname = ec\npolicy_type = erasure_coding\nec_type = x\n"
           "ec_num_data_fragments = 4\nec_num_parity_fragments = 2\n");
  ASSERT_TRUE(conf) << conf.error().message;
  const StoragePolicies& policies = conf->policies;
  EXPECT_TRUE(policies.ByIndex(1)->is_default);
  EXPECT_THAT(policies.ByIndex(1)->names, ElementsAre("Silver", "ag", "cheap"));
  EXPECT_TRUE(policies.ByIndex(0)->is_deprecated);
  EXPECT_EQ(policies.ByName("AG")->index, 1);
  EXPECT_EQ(policies.ByIndex(7)->type, "erasure_coding");
  EXPECT_EQ(policies.ByName("none"), nullptr);
}

TEST_F(SwiftConfTest, PoliciesThatContradictEachOther) {
  const struct {
    const char* text;
    const char* message;
  } kCases[] = {
      {"[storage-policy:x]\nname=a\n", "[storage-policy:x]: the index must be an integer from 0"},
      {"[storage-policy:-1]\nname=a\n", "the index must be an integer from 0"},
      {"[storage-policy:0]\n", "it has no name"},
      {"[storage-policy:0]\nname=a_b\n", "name \"a_b\""},
      {"[storage-policy:0]\nname=a\naliases=b,B\n", "name \"B\" is there twice"},
      {"[storage-policy:0]\nname=a\n[storage-policy:1]\nname=policy-0\n", "belongs to policy 0"},
      {"[storage-policy:0]\nname=a\ndefault=1\n[storage-policy:1]\nname=A\n",
       "name \"A\" belongs to policy 0 already"},
      {"[storage-policy:0]\nname=a\n[storage-policy: 0]\nname=b\n", "index 0 is there twice"},
      {"[storage-policy:1]\nname=a\n", "no section [storage-policy:0]"},
      {"[storage-policy:0]\nname=a\n[storage-policy:1]\nname=b\n", "no storage policy is the"},
      {"[storage-policy:0]\nname=a\ndefault=1\n[storage-policy:1]\nname=b\ndefault=1\n",
       "a second policy with default = yes"},
      {"[storage-policy:0]\nname=a\ndefault=1\ndeprecated=1\n", "cannot be the default"},
      {"[storage-policy:0]\nname=a\ndeprecated=1\n", "all storage policies are deprecated"},
      {"[storage-policy:0]\nname=a\nnmae=b\n", ":5: unknown option nmae"},
      {"[storage-policy:0]\nname=a\nec_type=b\n", "unknown option ec_type"},
      {"[storage-policy:0]\nname=a\npolicy_type=magic\n", "policy_type \"magic\""},
      {"[storage-policy:0]\nname=a\npolicy_type=erasure_coding\n", "ec_type is missing"},
      {"[storage-policy:0]\nname=a\npolicy_type=erasure_coding\nec_type=b\n",
       "ec_num_data_fragments is missing"},
      {"[storage-policy:0]\nname=a\npolicy_type=erasure_coding\nec_type=b\n"
       "ec_num_data_fragments=0\nec_num_parity_fragments=1\n",
       "must be an integer from 1"},
  };
  for (const auto& [text, message] : kCases) {
    const auto conf = Load(std::string(kHash) + text);
    ASSERT_FALSE(conf) << text;
    EXPECT_EQ(conf.error().code, Errc::kBadInput);
    EXPECT_THAT(conf.error().message, HasSubstr(message)) << text;
    EXPECT_THAT(conf.error().message, HasSubstr(path_));
  }
}

}  // namespace
}  // namespace dbrepl
