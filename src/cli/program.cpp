#include "gan/cli/program.h"

#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>

#include "gan/base/clock.h"
#include "gan/base/error.h"
#include "gan/base/version.h"
#include "gan/device/device.h"
#include "gan/dist/group.h"

namespace gan {

namespace {

int report(const std::string& name, const std::string& what, int code) {
  std::fprintf(stderr, "%s: error: %s\n", name.c_str(), what.c_str());
  return code;
}

int exit_code(const std::string& name, const std::string& smaller, const std::function<int()>& body) {
  const std::string out_of_memory = "out of memory (a smaller " + smaller + " needs less)";
  // If a standard stream is closed, the next file opened would get its descriptor, and our messages.
  int unused = 0;
  do {
    unused = ::open("/dev/null", O_RDWR);
  } while (unused >= 0 && unused <= STDERR_FILENO);
  ::close(unused);
  // If the reader of our output exits or a file reaches its size limit, the write fails and the program goes on.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  leave_out_stopped_time();
  if (const std::string mismatch = libtorch_mismatch(); !mismatch.empty()) {
    std::fprintf(stderr, "%s: warning: %s\n", name.c_str(), one_line(mismatch).c_str());
  }
  try {
    const int code = body();
    if (!std::cout.flush()) return report(name, "cannot write to the standard output", 1);
    return code;
  } catch (const Error& error) {
    return report(name, error.what(), 2);
  } catch (const std::exception& error) {
    return report(name, is_out_of_memory(error) ? out_of_memory : message_of(error), 1);
  }
}

}  // namespace

void run_program(const std::string& name, const std::string& smaller, const std::function<int()>& body) {
  const int code = exit_code(name, smaller, body);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__clang__)  // a sanitizer looks for leaks at the end
  std::fflush(nullptr);
  std::_Exit(code);  // LibTorch's destructors free piece by piece, for 0.08 s, what the system frees at once
#else
  std::exit(code);
#endif
}

std::string version_text(const std::string& program) {
  const std::string loaded = libtorch_version(), built = libtorch_built_with();
  return program + " " + gan_version() + " (LibTorch " + loaded + (built == loaded ? "" : ", built with " + built) +
         (Group::has_engine() ? ")" : "; one process only: it has no Gloo)");
}

}  // namespace gan
