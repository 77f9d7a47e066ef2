#include "gan/base/version.h"

#include <ATen/Context.h>
#include <dlfcn.h>
#include <torch/version.h>

#include <filesystem>
#include <fstream>

namespace fs = std::filesystem;

namespace gan {

namespace {

/// The parent of the loaded LibTorch's lib/; empty if the system does not say.
std::string loaded_folder() {
  Dl_info info{};
  if (::dladdr(reinterpret_cast<void*>(&at::globalContext), &info) == 0 || info.dli_fname == nullptr) return {};
  return fs::path(info.dli_fname).parent_path().parent_path();
}

}  // namespace

std::string gan_version() {
  return GAN_VERSION;
}

std::string libtorch_version_in(const std::string& folder) {
  std::string line, version;
  std::ifstream wheel(fs::path(folder) / "version.py"), zip(fs::path(folder) / "build-version");
  while (version.empty() && std::getline(wheel, line)) {  // __version__ = '2.13.0+cpu'
    const size_t quote = line.find('\'');
    if (line.starts_with("__version__ ") && quote != std::string::npos) version = line.substr(quote + 1);
  }
  if (version.empty()) std::getline(zip, version);
  return version.substr(0, version.find_first_not_of("0123456789."));
}

std::string libtorch_version() {
  static const std::string version = libtorch_version_in(loaded_folder());
  return version.empty() ? TORCH_VERSION : version;
}

std::string libtorch_built_with() {
  return TORCH_VERSION;
}

std::string libtorch_mismatch() {
  if (libtorch_version() == TORCH_VERSION) return {};
  return "built with LibTorch " TORCH_VERSION ", but " + libtorch_version() + " is loaded, from " + loaded_folder();
}

}  // namespace gan
