// Drives the readers of common/ for the interop tests: a JSON request a line on stdin, a JSON
// answer a line on stdout. {"ok": ...} or {"error": message}. Bytes travel as hex.
#include <iostream>
#include <map>
#include <string>

#include "common/conf.h"
#include "common/conf_value.h"
#include "common/json.h"
#include "common/paste_conf.h"
#include "common/pickle.h"
#include "common/strings.h"
#include "common/swift_conf.h"

namespace dbrepl {
namespace {

std::string TextOf(const JsonValue& request, std::string_view name) {
  const JsonValue* value = request.Find(name);
  const std::string* text = value == nullptr ? nullptr : value->AsString();
  return text == nullptr ? std::string() : *text;
}

std::string BytesOf(const JsonValue& request, std::string_view name) {
  const std::string hex = TextOf(request, name);
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(*ParseInt<int>(std::string_view(hex).substr(i, 2), 16));
  }
  return bytes;
}

JsonValue ToJson(const ConfSettings& settings) {
  JsonValue object(JsonValue::Object{});
  for (const ConfSetting& setting : settings) object.Set(setting.name, setting.value);
  return object;
}

Result<JsonValue> ProbeJson(const JsonValue& request) {
  TRY_ASSIGN(const JsonValue value, ParseJson(BytesOf(request, "hex")));
  return JsonValue(JsonValue::Array{DumpJson(value), DumpJson(value, JsonKeys::kSorted)});
}

// A pickle as nested arrays: the type's name, then what it holds.
JsonValue Tagged(const PickleValue& value);

JsonValue TaggedItems(std::string_view tag, const std::vector<PicklePtr>& items) {
  JsonValue::Array array = {tag};
  for (const auto& item : items) array.push_back(Tagged(*item));
  return array;
}

JsonValue Tagged(const PickleValue& value) {
  using Array = JsonValue::Array;
  if (const auto* boolean = std::get_if<bool>(&value.value)) return Array{"bool", *boolean};
  if (const auto* integer = std::get_if<std::int64_t>(&value.value)) return Array{"int", *integer};
  if (const auto* real = std::get_if<double>(&value.value)) return Array{"float", *real};
  if (const auto* text = std::get_if<std::string>(&value.value)) {
    return Array{"str", HexLower(*text)};
  }
  if (const auto* bytes = std::get_if<PickleValue::Bytes>(&value.value)) {
    return Array{"bytes", HexLower(bytes->bytes)};
  }
  if (const auto* tuple = std::get_if<PickleValue::Tuple>(&value.value)) {
    return TaggedItems("tuple", tuple->items);
  }
  if (const auto* list = std::get_if<PickleValue::List>(&value.value)) {
    return TaggedItems("list", list->items);
  }
  if (const auto* array = std::get_if<PickleArray>(&value.value)) {
    Array tagged = {"array", std::string(1, array->typecode)};
    for (const auto item : array->items) tagged.emplace_back(std::int64_t{item});
    return tagged;
  }
  if (const auto* dict = std::get_if<PickleValue::Dict>(&value.value)) {
    Array tagged = {"dict"};
    for (const auto& [key, entry] : dict->items) {
      tagged.emplace_back(Array{Tagged(*key), Tagged(*entry)});
    }
    return tagged;
  }
  return Array{"None"};
}

Result<JsonValue> ProbePickle(const JsonValue& request) {
  PickleLimits limits;
  limits.allow_arrays = ConfTrue(TextOf(request, "arrays"));
  limits.max_bytes = 16U * 1024 * 1024;
  limits.max_items = 1'000'000;
  TRY_ASSIGN(const PicklePtr value, ReadPickle(BytesOf(request, "hex"), limits));
  return Tagged(*value);
}

Result<JsonValue> ProbeDaemon(const JsonValue& request) {
  TRY_ASSIGN(const ConfSettings items,
             LoadDaemonConf(TextOf(request, "path"), TextOf(request, "section")));
  return ToJson(items);
}

JsonValue ToJson(const PasteContext& context) {
  JsonValue object(JsonValue::Object{});
  object.Set("name", context.name);
  object.Set("global", ToJson(context.global_conf));
  object.Set("local", ToJson(context.local_conf));
  if (context.app == nullptr) {
    object.Set("loader", context.loader);
    return object;
  }
  object.Set("app", ToJson(*context.app));
  JsonValue::Array filters;
  for (const PasteContext& filter : context.filters) filters.push_back(ToJson(filter));
  object.Set("filters", std::move(filters));
  return object;
}

Result<JsonValue> ProbePaste(const JsonValue& request) {
  ConfSettings global_conf;
  if (const JsonValue* given = request.Find("global"); given != nullptr && given->AsObject()) {
    for (const auto& [name, value] : *given->AsObject()) {
      global_conf.Set({name, *value.AsString(), {}});
    }
  }
  TRY_ASSIGN(const PasteContext context,
             LoadPasteApp(TextOf(request, "path"), TextOf(request, "name"), global_conf));
  return ToJson(context);
}

Result<JsonValue> ProbeSwiftConf(const JsonValue& request) {
  TRY_ASSIGN(const SwiftConf conf, LoadSwiftConf(TextOf(request, "path")));
  JsonValue object(JsonValue::Object{});
  object.Set("prefix", HexLower(conf.hash_path.prefix));
  object.Set("suffix", HexLower(conf.hash_path.suffix));
  object.Set("max_meta_count", conf.constraints.max_meta_count);
  object.Set("auto_create_account_prefix", conf.constraints.auto_create_account_prefix);
  JsonValue::Array versions;
  for (const auto& version : conf.constraints.valid_api_versions) versions.emplace_back(version);
  object.Set("valid_api_versions", std::move(versions));
  JsonValue::Array policies;
  for (const StoragePolicy& policy : conf.policies.all()) {
    JsonValue::Array names;
    for (const auto& name : policy.names) names.emplace_back(name);
    policies.emplace_back(JsonValue::Array{policy.index, std::move(names), policy.type,
                                           policy.is_default, policy.is_deprecated});
  }
  object.Set("policies", std::move(policies));
  return object;
}

Result<JsonValue> ProbeValue(const JsonValue& request) {
  const ConfSetting setting{"x", TextOf(request, "text"), {"a.conf", 1}};
  const std::string kind = TextOf(request, "kind");
  if (kind == "bool") return JsonValue(ConfTrue(setting.value));
  if (kind == "int") return ConfInt(setting).map([](auto v) { return JsonValue(v); });
  if (kind == "positive") return ConfInt(setting, 1).map([](auto v) { return JsonValue(v); });
  if (kind == "float") return ConfFloat(setting).map([](auto v) { return JsonValue(v); });
  if (kind == "non_negative") return ConfFloat(setting, 0).map([](auto v) { return JsonValue(v); });
  if (kind == "fallocate") {
    TRY_ASSIGN(const auto reserve, ConfBytesOrPercent(setting));
    return JsonValue(JsonValue::Array{reserve.amount, reserve.is_percent});
  }
  JsonValue::Array items;
  for (const auto& item : ConfList(setting.value)) items.emplace_back(item);
  return JsonValue(std::move(items));
}

Result<JsonValue> Probe(const JsonValue& request) {
  static const std::map<std::string, Result<JsonValue> (*)(const JsonValue&)> kProbes = {
      {"json", ProbeJson},   {"pickle", ProbePickle},        {"daemon", ProbeDaemon},
      {"paste", ProbePaste}, {"swift_conf", ProbeSwiftConf}, {"value", ProbeValue},
  };
  return kProbes.at(TextOf(request, "op"))(request);
}

}  // namespace
}  // namespace dbrepl

int main() {
  std::string line;
  while (std::getline(std::cin, line)) {
    const auto request = dbrepl::ParseJson(line);
    if (!request) return 2;
    const auto answer = dbrepl::Probe(*request);
    dbrepl::JsonValue reply;
    if (answer) {
      reply.Set("ok", *answer);
    } else {
      reply.Set("error", answer.error().message);
    }
    std::cout << dbrepl::DumpJson(reply) << std::endl;
  }
}
