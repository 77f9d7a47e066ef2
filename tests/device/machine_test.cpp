#include "gan/device/machine.h"

#include <ATen/Parallel.h>

#include "gan/base/version.h"
#include "gan/device/device.h"
#include "support/test.h"

namespace gan {
namespace {

using testing::HasSubstr;

Dict with(Dict dict, const std::string& name, const std::string& text) {
  for (auto& [key, value] : dict.items) {
    if (key == name) value = text;
  }
  return dict;
}

TEST(Machine, NamesAllThatTheBitsDependOn) {
  const Dict here = machine(at::kCPU);
  EXPECT_EQ(here.get<std::string>("gan"), gan_version());
  EXPECT_EQ(here.get<std::string>("libtorch"), libtorch_version());
  EXPECT_EQ(here.get<std::string>("device"), "CPU");
  EXPECT_EQ(here.get<std::string>("threads"), std::to_string(at::get_num_threads()));
  for (const char* name : {"instruction_set", "processor"}) EXPECT_NE(here.get<std::string>(name), "") << name;
}

TEST(Machine, HasNotChangedWhereNothingHas) {
  EXPECT_EQ(machine_changes(machine(at::kCPU), machine(at::kCPU)), "");
}

TEST(Machine, SaysWhatHasChanged) {
  const Dict here = with(with(machine(at::kCPU), "threads", "2"), "libtorch", "2.13.0");
  EXPECT_EQ(machine_changes(with(here, "threads", "1"), here), "threads: 1 -> 2");
  EXPECT_EQ(machine_changes(with(with(here, "threads", "1"), "libtorch", "2.6.0"), here),
            "libtorch: 2.6.0 -> 2.13.0, threads: 1 -> 2");
}

TEST(Machine, WhatAnOlderFileDoesNotTellIsUnknown) {
  Dict before = machine(at::kCPU);
  const std::string processor = before.get<std::string>("processor");
  std::erase_if(before.items, [](const auto& item) { return item.first == "processor"; });
  EXPECT_EQ(machine_changes(before, with(machine(at::kCPU), "processor", "Z80")), "processor: unknown -> Z80");
  EXPECT_THAT(machine_changes({}, machine(at::kCPU)), HasSubstr("processor: unknown -> " + processor));
}

TEST(Machine, AFileWithAnythingButTextsIsRefused) {
  const Dict now = machine(at::kCPU);
  EXPECT_THROW(machine_changes({{{"gan", int64_t{1}}}}, now), Error);
}

}  // namespace
}  // namespace gan
