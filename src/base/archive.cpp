#include "gan/base/archive.h"

#include <map>

#include "gan/base/file.h"
#include "gan/base/pickle_reader.h"
#include "gan/base/pickle_writer.h"
#include "gan/base/text.h"
#include "gan/base/zip.h"

namespace gan {

std::string pack_archive(const Dict& dict) {
  const Pickled pickled = pickle(dict);
  std::vector<ZipEntry> entries{{"archive/data.pkl", pickled.bytes}, {"archive/byteorder", "little"}};
  for (size_t i = 0; i < pickled.storages.size(); ++i) {
    const at::Tensor& storage = pickled.storages[i];
    entries.push_back({"archive/data/" + to_text(static_cast<int64_t>(i)),
                       {static_cast<const char*>(storage.const_data_ptr()), storage.nbytes()}});
  }
  entries.push_back({"archive/version", "3\n"});
  return pack_zip(entries);
}

Dict unpack_archive(std::string_view bytes) {
  std::map<std::string, std::string_view> records;
  for (const auto& entry : unpack_zip(bytes)) {
    // Python names the folder in the archive after the file; ours is always "archive".
    const std::string name = entry.name.substr(entry.name.find('/') + 1);
    if (!records.emplace(name, entry.bytes).second) throw Error("the archive has two '" + name + "'");
  }
  const auto find = [&](const std::string& name) {
    const auto found = records.find(name);
    if (found == records.end()) throw Error("the archive has no '" + name + "'");
    return found->second;
  };
  return unpickle(find("data.pkl"), [&](const std::string& name) { return find("data/" + name); });
}

void write_archive(const std::filesystem::path& path, const Dict& dict) {
  write_file(path, pack_archive(dict));
}

Dict read_archive(const std::filesystem::path& path) {
  // Do not read a large file that cannot be a zip file.
  if (read_beginning(path, kZipBeginning.size()) != kZipBeginning) throw Error(path.string() + ": not a zip file");
  const std::string bytes = read_file(path, kMaxZipBytes);
  return with_context(path.string(), [&] { return unpack_archive(bytes); });
}

}  // namespace gan
