// The rooms of docs/design.md, lowest first: a file includes headers of its own room and of rooms before it, never of
// one after it; and each outside library is seen by one room only.

#include <map>
#include <regex>
#include <sstream>

#include "support/test.h"

namespace gan {
namespace {

namespace fs = std::filesystem;

const std::vector<std::string> kRooms{"base",   "images", "data",    "kernels", "networks",
                                      "losses", "models", "metrics", "run",     "cli"};

size_t rank(const std::string& room) {
  const auto found = std::find(kRooms.begin(), kRooms.end(), room);
  EXPECT_NE(found, kRooms.end()) << "a room that the list lacks: " << room;
  return static_cast<size_t>(found - kRooms.begin());
}

/// The rooms above `room` whose headers `source` includes.
std::vector<std::string> upward_includes(const std::string& room, const std::string& source) {
  static const std::regex kInclude("#include \"gan/([a-z_]+)/[a-z0-9_]+\\.h\"");
  std::vector<std::string> upward;
  for (std::sregex_iterator match(source.begin(), source.end(), kInclude), end; match != end; ++match) {
    if (rank((*match)[1]) > rank(room)) upward.push_back((*match)[1]);
  }
  return upward;
}

/// Every file of every room, with its room.
std::map<fs::path, std::string> files_of_rooms() {
  std::map<fs::path, std::string> files;
  for (const char* root : {"include/gan", "src"}) {
    for (const auto& room : fs::directory_iterator(fs::path(GAN_SOURCE_DIR) / root)) {
      if (!room.is_directory()) continue;
      for (const auto& file : fs::directory_iterator(room)) files[file.path()] = room.path().filename();
    }
  }
  return files;
}

TEST(Rooms, NoFileIncludesARoomAboveItsOwn) {
  const auto files = files_of_rooms();
  EXPECT_GT(files.size(), 50u);
  for (const auto& [file, room] : files) {
    EXPECT_THAT(upward_includes(room, test::slurp(file)), testing::IsEmpty()) << file;
  }
}

TEST(Rooms, AnUpwardIncludeWouldBeSeen) {
  EXPECT_THAT(upward_includes("images", "#include \"gan/base/file.h\"\n#include \"gan/run/trainer.h\"\n"),
              testing::ElementsAre("run"));
}

TEST(Rooms, OutsideLibrariesStayInTheirFiles) {
  const std::map<std::string, std::string> homes{
      {"<CLI/", "src/cli/"}, {"<stb", "src/images/png.cpp"}, {"<spdlog/", "src/run/progress.cpp"}};
  for (const auto& [file, room] : files_of_rooms()) {
    const std::string source = test::slurp(file);
    for (const auto& [library, home] : homes) {
      if (source.find("#include " + library) == std::string::npos) continue;
      EXPECT_THAT(file.string(), testing::HasSubstr(home)) << library;
    }
  }
}

TEST(Rooms, HeadersKeepLibTorchsHeavyOnesOut) {
  for (const auto& [file, room] : files_of_rooms()) {
    if (file.extension() != ".h") continue;
    EXPECT_THAT(test::slurp(file), testing::Not(testing::HasSubstr("#include <torch/"))) << file;
    EXPECT_THAT(test::slurp(file), testing::Not(testing::HasSubstr("#include <ATen/ATen.h>"))) << file;
  }
}

}  // namespace
}  // namespace gan
