// The modules of docs/design.md, lowest first: a file includes headers of its own module and of modules before it,
// never of one after it; and each outside library is seen by one module only.

#include <map>
#include <regex>
#include <sstream>

#include "support/test.h"

namespace gan {
namespace {

namespace fs = std::filesystem;

const std::vector<std::string> kModules{"base",     "dist",    "images", "data",    "device",   "kernels",
                                        "networks", "losses",  "models", "metrics", "sampling", "exports",
                                        "training", "judging", "run",    "cli"};

size_t rank(const std::string& module) {
  const auto found = std::find(kModules.begin(), kModules.end(), module);
  EXPECT_NE(found, kModules.end()) << "a module that the list lacks: " << module;
  return static_cast<size_t>(found - kModules.begin());
}

/// The modules above `module` whose headers `source` includes.
std::vector<std::string> upward_includes(const std::string& module, const std::string& source) {
  static const std::regex kInclude("#include \"gan/([a-z_]+)/[a-z0-9_]+\\.h\"");
  std::vector<std::string> upward;
  for (std::sregex_iterator match(source.begin(), source.end(), kInclude), end; match != end; ++match) {
    if (rank((*match)[1]) > rank(module)) upward.push_back((*match)[1]);
  }
  return upward;
}

/// Every file of every module, with its module.
std::map<fs::path, std::string> files_of_modules() {
  std::map<fs::path, std::string> files;
  for (const char* root : {"include/gan", "src"}) {
    for (const auto& module : fs::directory_iterator(fs::path(GAN_SOURCE_DIR) / root)) {
      if (!module.is_directory()) continue;
      for (const auto& file : fs::directory_iterator(module)) files[file.path()] = module.path().filename();
    }
  }
  return files;
}

TEST(Modules, NoFileIncludesAModuleAboveItsOwn) {
  const auto files = files_of_modules();
  EXPECT_GT(files.size(), 50u);
  for (const auto& [file, module] : files) {
    EXPECT_THAT(upward_includes(module, test::slurp(file)), testing::IsEmpty()) << file;
  }
}

TEST(Modules, AnUpwardIncludeWouldBeSeen) {
  EXPECT_THAT(upward_includes("images", "#include \"gan/base/file.h\"\n#include \"gan/run/trainer.h\"\n"),
              testing::ElementsAre("run"));
}

TEST(Modules, OutsideLibrariesStayInTheirFiles) {
  const std::map<std::string, std::string> homes{{"<CLI/", "src/cli/"},
                                                 {"<stb_image.h", "src/images/picture.cpp"},
                                                 {"<stb_image_write.h", "src/images/png.cpp"},
                                                 {"<spdlog/", "src/run/progress.cpp"}};
  for (const auto& [file, module] : files_of_modules()) {
    const std::string source = test::slurp(file);
    for (const auto& [library, home] : homes) {
      if (source.find("#include " + library) == std::string::npos) continue;
      EXPECT_THAT(file.string(), testing::HasSubstr(home)) << library;
    }
  }
}

TEST(Modules, HeadersKeepLibTorchsHeavyOnesOut) {
  for (const auto& [file, module] : files_of_modules()) {
    if (file.extension() != ".h") continue;
    EXPECT_THAT(test::slurp(file), testing::Not(testing::HasSubstr("#include <torch/"))) << file;
    EXPECT_THAT(test::slurp(file), testing::Not(testing::HasSubstr("#include <ATen/ATen.h>"))) << file;
  }
}

}  // namespace
}  // namespace gan
