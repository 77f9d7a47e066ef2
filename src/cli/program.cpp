#include "gan/cli/program.h"

#include <cstdio>
#include <exception>

#include "gan/base/error.h"
#include "gan/run/device.h"

namespace gan {

namespace {

int report(const std::string& name, const std::string& what, int code) {
  std::fprintf(stderr, "%s: error: %s\n", name.c_str(), what.c_str());
  return code;
}

}  // namespace

int run_program(const std::string& name, const std::function<int()>& body) {
  try {
    return body();
  } catch (const Error& error) {
    return report(name, error.what(), 2);
  } catch (const std::exception& error) {
    const std::string what = error.what();  // LibTorch appends a backtrace, line by line
    return report(name, one_line(what.substr(0, what.find('\n'))), 1);
  }
}

std::string version_text(const std::string& program) {
  return program + " " + gan_version() + " (LibTorch " + libtorch_version() + ")";
}

}  // namespace gan
