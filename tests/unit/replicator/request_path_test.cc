#include "replicator/answer/request_path.h"

#include <string>

#include <gtest/gtest.h>

#include "common/strings.h"

namespace dbrepl {
namespace {

constexpr char kHash[] = "cf0ab7263d7d2eff0a1ab2ae99d1ce68";

TEST(RequestPath, TakesThreePartsApart) {
  for (const std::string& target :
       {StrCat("/sd3/828/", kHash), StrCat("/sd3/%3828/", kHash), StrCat("/sd3/828/", kHash, "/"),
        StrCat("/sd3/828/", kHash, "?a=b")}) {
    const auto parsed = ParseRequestPath(target);
    const auto* path = std::get_if<RequestPath>(&parsed);
    ASSERT_NE(path, nullptr) << target;
    EXPECT_EQ(path->device.value(), "sd3");
    EXPECT_EQ(path->partition, PartitionId(828));
    EXPECT_EQ(path->hash.value(), kHash);
  }
}

struct Refused {
  std::string target;
  int status;
  std::string body;
};

TEST(RequestPath, RefusesAllElse) {
  const std::string hash = kHash;
  const Refused kCases[] = {
      {"/sd3/828", 400, "Invalid path: /sd3/828"},
      {StrCat("/sd3/828/", hash, "/more"), 400, StrCat("Invalid path: /sd3/828/", hash, "/more")},
      {StrCat("//828/", hash), 400, StrCat("Invalid path: //828/", hash)},
      {StrCat("sd3/828/", hash), 400, StrCat("Invalid path: sd3/828/", hash)},
      {"/sd3//", 400, "Invalid path: /sd3//"},
      {"/sd3/1/%20%c3%a9%2F", 400, "Invalid hash: %20%C3%A9"},
      {"", 412, "Invalid UTF8 or contains NULL"},
      {StrCat("/sd%00/1/", hash), 412, "Invalid UTF8 or contains NULL"},
      {StrCat("/sd3/1/%ff", hash), 412, "Invalid UTF8 or contains NULL"},
      {StrCat("/sd3/1/%ed%a0%80", hash), 412, "Invalid UTF8 or contains NULL"},
      {StrCat("/../828/", hash), 400, "Invalid device: .."},
      {StrCat("/%2e%2e/828/", hash), 400, "Invalid device: .."},
      {StrCat("/./828/", hash), 400, "Invalid device: ."},
      {StrCat("/sd3/../", hash), 400, "Invalid partition: .."},
      {StrCat("/sd3/./", hash), 400, "Invalid partition: ."},
      {StrCat("/sd3/828%2f..%2f/", hash), 400, StrCat("Invalid path: /sd3/828/..//", hash)},
      {StrCat("/s d/828/", hash), 507, ""},
      {StrCat("/s%25d/828/", hash), 507, ""},
      {StrCat("/%3cb%3e/828/", hash), 507,
       "<html><h1>Insufficient Storage</h1><p>There was not enough space to save the resource. "
       "Drive: &lt;b&gt;</p></html>"},
      {StrCat("/sd3/xyz/", hash), 400, "Invalid partition: xyz"},
      {StrCat("/sd3/-1/", hash), 400, "Invalid partition: -1"},
      {StrCat("/sd3/+1/", hash), 400, "Invalid partition: %2B1"},
      {StrCat("/sd3/01/", hash), 400, "Invalid partition: 01"},
      {StrCat("/sd3/1.0/", hash), 400, "Invalid partition: 1.0"},
      {StrCat("/sd3/4294967296/", hash), 400, "Invalid partition: 4294967296"},
      {"/sd3/1/..", 400, "Invalid hash: .."},
      {"/sd3/1/%2e%2e", 400, "Invalid hash: .."},
      {StrCat("/sd3/1/", hash.substr(1)), 400, StrCat("Invalid hash: ", hash.substr(1))},
      {StrCat("/sd3/1/", hash, "0"), 400, StrCat("Invalid hash: ", hash, "0")},
      {"/sd3/1/CF0AB7263D7D2EFF0A1AB2AE99D1CE68", 400,
       "Invalid hash: CF0AB7263D7D2EFF0A1AB2AE99D1CE68"},
      {StrCat("/sd3/1/", hash, ".db"), 400, StrCat("Invalid hash: ", hash, ".db")},
      {StrCat("/sd3/1/", hash, "_1700000000.00000"), 400,
       StrCat("Invalid hash: ", hash, "_1700000000.00000")},
  };
  for (const Refused& refused : kCases) {
    const auto parsed = ParseRequestPath(refused.target);
    const auto* answer = std::get_if<HttpResponse>(&parsed);
    ASSERT_NE(answer, nullptr) << refused.target;
    EXPECT_EQ(answer->head.status, refused.status) << refused.target;
    if (!refused.body.empty()) {
      EXPECT_EQ(answer->body, refused.body) << refused.target;
    }
  }
}

}  // namespace
}  // namespace dbrepl
