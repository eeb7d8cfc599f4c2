#include "replicator/rsync_module.h"

#include <string>

#include <gtest/gtest.h>

namespace dbrepl {
namespace {

Device Peer() {
  Device device;
  device.region = 2;
  device.zone = 3;
  device.ip = "10.0.0.1";
  device.port = 6201;
  device.replication_ip = "10.1.0.1";
  device.replication_port = 6211;
  device.device = "sdb1";
  device.meta = "rack 4";
  return device;
}

TEST(RsyncModule, VariablesAreReplaced) {
  const struct {
    const char* module_template;
    const char* module;
  } cases[] = {
      {"{replication_ip}::container", "10.1.0.1::container"},
      {"{replication_ip}::container_{device}", "10.1.0.1::container_sdb1"},
      {"rsync://{ip}:{port}/{region}/{zone}/{meta}/{replication_port}",
       "rsync://10.0.0.1:6201/2/3/rack 4/6211"},
      {"{{literal}}{device}{{{device}}}", "{literal}sdb1{sdb1}"},
      {"plain::account", "plain::account"},
      {"", ""},
  };
  for (const auto& it : cases) {
    EXPECT_EQ(ExpandRsyncModule(it.module_template, Peer()).value(), it.module);
    EXPECT_TRUE(ValidateRsyncModule(it.module_template));
  }
}

TEST(RsyncModule, Ipv6AddressesAreBracketed) {
  Device peer = Peer();
  peer.replication_ip = "fe80::1";
  peer.ip = "node7.example.org";
  EXPECT_EQ(ExpandRsyncModule("{replication_ip}::{ip}", peer).value(),
            "[fe80::1]::node7.example.org");
}

TEST(RsyncModule, WhatCannotBeReplacedIsNamed) {
  const struct {
    const char* module_template;
    const char* problem;
  } cases[] = {
      {"{host}::container", "invalid variable: 'host'"},
      {"{}::container", "invalid variable: ''"},
      {"{0}::container", "invalid variable: '0'"},
      {"{replication_ip:>20}::c", "invalid variable: 'replication_ip:>20'"},
      {"{Device}", "invalid variable: 'Device'"},
      {"{replication_ip::container", "a brace without its partner"},
      {"a}::container", "a brace without its partner"},
      {"{device}}", "a brace without its partner"},
  };
  for (const auto& it : cases) {
    const auto valid = ValidateRsyncModule(it.module_template);
    ASSERT_FALSE(valid) << it.module_template;
    EXPECT_EQ(valid.error().code, Errc::kBadInput);
    EXPECT_NE(valid.error().message.find(it.problem), std::string::npos) << valid.error().message;
    EXPECT_NE(valid.error().message.find(it.module_template), std::string::npos);
    EXPECT_NE(valid.error().hint.find("{replication_port}"), std::string::npos);
  }
}

}  // namespace
}  // namespace dbrepl
