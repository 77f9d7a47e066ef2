#include "gan/data/npy.h"

#include <string>

#include "gan/base/file.h"
#include "gan/base/text.h"

namespace gan {

void write_npy(const std::filesystem::path& path, const at::Tensor& tensor) {
  TORCH_CHECK(tensor.scalar_type() == at::kByte, "write_npy: expected uint8");
  constexpr size_t kPreamble = 10, kAlignment = 64;  // magic, version and length; where the data begins
  std::string header = "{'descr': '|u1', 'fortran_order': False, 'shape': (";
  for (const int64_t size : tensor.sizes()) header += to_text(size) + ",";
  header += "), }";
  header.append(kAlignment - (kPreamble + header.size() + 1) % kAlignment, ' ');
  header += '\n';

  const at::Tensor data = tensor.cpu().contiguous();
  std::string bytes = "\x93NUMPY\x01";
  bytes += '\0';
  bytes += static_cast<char>(header.size() & 0xff);
  bytes += static_cast<char>(header.size() >> 8);
  bytes += header;
  bytes.append(static_cast<const char*>(data.const_data_ptr()), data.nbytes());
  write_file(path, bytes);
}

}  // namespace gan
