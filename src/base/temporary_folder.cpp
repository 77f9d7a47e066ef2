#include "gan/base/temporary_folder.h"

#include <cstdlib>
#include <system_error>

#include "gan/base/error.h"

namespace fs = std::filesystem;

namespace gan {

TemporaryFolder::TemporaryFolder(const std::string& name) {
  std::error_code error;
  std::string path = (fs::temp_directory_path(error) / (name + "-XXXXXX")).string();
  if (error) throw Error("TMPDIR: cannot use this folder: " + error.message());
  if (::mkdtemp(path.data()) == nullptr) throw_errno(path, "cannot make this folder");
  path_ = path;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

}  // namespace gan
