#include "common/storage_policies.h"

#include <algorithm>
#include <array>
#include <utility>

#include "common/check.h"
#include "common/conf_value.h"
#include "common/python_text.h"
#include "common/strings.h"

namespace dbrepl {
namespace {

constexpr std::string_view kSectionPrefix = "storage-policy:";
constexpr std::string_view kLegacyName = "Policy-0";
constexpr std::string_view kReplication = "replication";
constexpr std::string_view kErasureCoding = "erasure_coding";
constexpr std::array<std::string_view, 5> kEcOptions = {
    "ec_type", "ec_object_segment_size", "ec_num_data_fragments", "ec_num_parity_fragments",
    "ec_duplication_factor"};

tl::unexpected<Error> Refuse(std::string problem, std::string hint = {}) {
  return Fail(Errc::kBadInput, std::move(problem), std::move(hint));
}

bool SameName(std::string_view left, std::string_view right) {
  return AsciiLower(left) == AsciiLower(right);
}

Result<> AddName(StoragePolicy& policy, std::string_view name) {
  constexpr std::string_view kAllowed =
      "-abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  if (name.empty()) return Refuse("it has no name", "add a line name = ...");
  if (name.find_first_not_of(kAllowed) != std::string_view::npos) {
    return Refuse(StrCat("name \"", Printable(name), "\""),
                  "names are made of ASCII letters, digits and dashes");
  }
  if (SameName(name, kLegacyName) && policy.index != 0) {
    return Refuse(StrCat("the name ", kLegacyName, " belongs to policy 0"));
  }
  for (const std::string& known : policy.names) {
    if (SameName(name, known)) return Refuse(StrCat("name \"", name, "\" is there twice"));
  }
  policy.names.emplace_back(name);
  return {};
}

Result<> CheckOptionNames(const ConfSettings& options, std::string_view type) {
  constexpr std::array<std::string_view, 6> kCommon = {"name",    "aliases",    "policy_type",
                                                       "default", "deprecated", "diskfile_module"};
  for (const ConfSetting& option : options) {
    const bool is_known = std::find(kCommon.begin(), kCommon.end(), option.name) != kCommon.end() ||
                          (type == kErasureCoding && std::find(kEcOptions.begin(), kEcOptions.end(),
                                                               option.name) != kEcOptions.end());
    if (!is_known) {
      return Refuse(StrCat(option.origin.Text(), ": unknown option ", Printable(option.name)),
                    "options of [DEFAULT] count here too");
    }
  }
  return {};
}

Result<> CheckErasureCoding(const ConfSettings& options) {
  if (options.Find("ec_type") == nullptr) return Refuse("ec_type is missing");
  for (const std::string_view name : kEcOptions) {
    const ConfSetting* option = options.Find(name);
    const bool is_required = name == "ec_num_data_fragments" || name == "ec_num_parity_fragments";
    if (option == nullptr && is_required) return Refuse(StrCat(name, " is missing"));
    if (option != nullptr && name != "ec_type") TRY(ConfInt(*option, 1));
  }
  return {};
}

std::string ValueOf(const ConfSettings& options, std::string_view name) {
  const ConfSetting* option = options.Find(name);
  return option == nullptr ? std::string() : option->value;
}

Result<StoragePolicy> PolicyFrom(std::string_view index_text, const ConfSettings& options) {
  StoragePolicy policy;
  const auto index = PythonInt(index_text);
  if (!index || *index < 0) return Refuse("the index must be an integer from 0");
  policy.index = *index;
  if (const ConfSetting* type = options.Find("policy_type")) policy.type = type->value;
  if (policy.type != kReplication && policy.type != kErasureCoding) {
    return Refuse(StrCat("policy_type \"", Printable(policy.type), "\""),
                  StrCat("it is ", kReplication, " or ", kErasureCoding));
  }
  TRY(CheckOptionNames(options, policy.type));
  const std::string name = ValueOf(options, "name");
  TRY(AddName(policy, name));
  for (const std::string& alias : ConfList(ValueOf(options, "aliases"))) {
    if (alias != name) TRY(AddName(policy, alias));
  }
  policy.is_default = ConfTrue(ValueOf(options, "default"));
  policy.is_deprecated = ConfTrue(ValueOf(options, "deprecated"));
  if (policy.is_default && policy.is_deprecated) {
    return Refuse("a deprecated policy cannot be the default");
  }
  if (policy.type == kErasureCoding) TRY(CheckErasureCoding(options));
  return policy;
}

}  // namespace

StoragePolicies::StoragePolicies() {
  StoragePolicy legacy;
  legacy.names = {std::string(kLegacyName)};
  legacy.is_default = true;
  policies_.push_back(std::move(legacy));
}

const StoragePolicy* StoragePolicies::ByIndex(std::int64_t index) const {
  const auto found = std::find_if(policies_.begin(), policies_.end(),
                                  [&](const auto& policy) { return policy.index == index; });
  return found == policies_.end() ? nullptr : &*found;
}

const StoragePolicy* StoragePolicies::ByName(std::string_view name) const {
  for (const StoragePolicy& policy : policies_) {
    for (const std::string& known : policy.names) {
      if (SameName(name, known)) return &policy;
    }
  }
  return nullptr;
}

Result<> StoragePolicies::Add(StoragePolicy policy) {
  if (ByIndex(policy.index) != nullptr) {
    return Refuse(StrCat("index ", policy.index, " is there twice"));
  }
  for (const std::string& name : policy.names) {
    if (const StoragePolicy* other = ByName(name)) {
      return Refuse(StrCat("name \"", name, "\" belongs to policy ", other->index, " already"));
    }
  }
  const bool has_default = std::any_of(policies_.begin(), policies_.end(),
                                       [](const auto& other) { return other.is_default; });
  if (policy.is_default && has_default) return Refuse("a second policy with default = yes");
  policies_.push_back(std::move(policy));
  return {};
}

// The rules that hold for all policies together.
Result<> StoragePolicies::Complete() {
  if (policies_.empty()) {
    *this = StoragePolicies();
    return {};
  }
  if (ByIndex(0) == nullptr) {
    return Refuse("no section [storage-policy:0]", "policy 0 must exist beside all others");
  }
  if (std::all_of(policies_.begin(), policies_.end(),
                  [](const auto& policy) { return policy.is_deprecated; })) {
    return Refuse("all storage policies are deprecated");
  }
  if (policies_.size() == 1) policies_.front().is_default = true;
  if (std::none_of(policies_.begin(), policies_.end(),
                   [](const auto& policy) { return policy.is_default; })) {
    return Refuse("no storage policy is the default", "write default = yes into one section");
  }
  return {};
}

Result<StoragePolicies> StoragePoliciesFrom(const Conf& swift_conf) {
  StoragePolicies policies;
  policies.policies_.clear();
  for (const std::string& section : swift_conf.SectionNames()) {
    if (!section.starts_with(kSectionPrefix)) continue;
    const std::string place = StrCat(swift_conf.path(), ": [", Printable(section), "]");
    TRY_ASSIGN(const ConfSettings options, swift_conf.Items(section));
    auto policy = PolicyFrom(std::string_view(section).substr(kSectionPrefix.size()), options);
    if (!policy) return Fail(std::move(policy).error().Within(place));
    if (auto added = policies.Add(*std::move(policy)); !added) {
      return Fail(std::move(added).error().Within(place));
    }
  }
  if (auto complete = policies.Complete(); !complete) {
    return Fail(std::move(complete).error().Within(swift_conf.path()));
  }
  return policies;
}

}  // namespace dbrepl
