// Linked into the programs and the tests: runs before their libraries start, which is before main.
//
// Ends the program if the working folder is gone: LibTorch's libraries would abort with a message of their own.
//
// Sets how long OpenMP's threads spin before they sleep. With libgomp's default a step takes several times as long when
// another process uses one of the cores. libgomp reads the environment when it is loaded, so the program sets the
// variable and executes itself again. Values that the user has set stay.

#include <unistd.h>

#include <cerrno>
#include <cstring>

#if defined(__linux__) && defined(__GLIBC__)

namespace {

void require_working_folder(int, char**, char**) {
  constexpr char kGone[] = "error: the working folder is no longer there, or closed to this user: go to another one\n";
  char path[4096];
  if (::getcwd(path, sizeof path) != nullptr || errno == ERANGE) return;
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, kGone, sizeof kGone - 1);
  ::_exit(2);
}

[[gnu::used, gnu::section(".preinit_array")]] void (*const first)(int, char**, char**) = require_working_folder;

#if !defined(__SANITIZE_ADDRESS__) && !defined(__clang__)

constexpr size_t kMostVariables = 4096;
constexpr size_t kLongestPath = 4096;
char spin_count[] = "GOMP_SPINCOUNT=10000";  // a few tenths of a millisecond

bool is_set(const char* variable, const char* name) {
  const size_t length = std::strlen(name);
  return std::strncmp(variable, name, length) == 0 && variable[length] == '=';
}

/// Whether the file's name begins with "gan": under a loader or an emulator the process is another program.
bool is_ours(const char* path) {
  const char* slash = std::strrchr(path, '/');
  return slash != nullptr && std::strncmp(slash + 1, "gan", 3) == 0;
}

void execute_again(int, char** argv, char** environment) {
  static char* extended[kMostVariables + 2] = {spin_count};
  size_t count = 0;
  for (; environment[count] != nullptr && count < kMostVariables; ++count) {
    if (is_set(environment[count], "GOMP_SPINCOUNT") || is_set(environment[count], "OMP_WAIT_POLICY")) return;
    extended[count + 1] = environment[count];
  }
  static char path[kLongestPath];
  const ssize_t length = ::readlink("/proc/self/exe", path, sizeof path - 1);
  if (environment[count] != nullptr || length <= 0 || !is_ours(path)) return;
  ::execve(path, argv, extended);  // if it fails, everything works, only slower
}

[[gnu::used, gnu::section(".preinit_array")]] void (*const before_libraries)(int, char**, char**) = execute_again;

#endif

}  // namespace

#endif
