#include "gan/images/png.h"

#include <new>
#include <string>
#include <string_view>

#include "gan/base/error.h"
#include "gan/base/file.h"
#include "gan/base/file_kind.h"
#include "gan/images/picture.h"

#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STB_IMAGE_WRITE_STATIC
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#include <stb_image_write.h>
#pragma GCC diagnostic pop

namespace gan {

void write_png(const std::filesystem::path& path, const at::Tensor& picture) {
  TORCH_CHECK(picture.dim() == 3 && picture.scalar_type() == at::kByte &&
                  (picture.size(0) == 1 || picture.size(0) == 3 || picture.size(0) == 4),
              "write_png: expected uint8 [1, 3 or 4, H, W]");
  const at::Tensor rows = picture.cpu().permute({1, 2, 0}).contiguous();  // [H, W, C]
  const auto height = static_cast<int>(rows.size(0)), width = static_cast<int>(rows.size(1)),
             channels = static_cast<int>(rows.size(2));
  std::string bytes;
  const auto append = [](void* out, void* data, int size) {
    static_cast<std::string*>(out)->append(static_cast<const char*>(data), static_cast<size_t>(size));
  };
  const int done =
      stbi_write_png_to_func(append, &bytes, width, height, channels, rows.const_data_ptr(), width * channels);
  if (done == 0) throw std::bad_alloc();
  write_file(path, bytes);
}

at::Tensor read_png(const std::filesystem::path& path) {
  constexpr uint64_t kMostBytes = 256 << 20;
  const std::string file = read_file(path, kMostBytes);
  return with_context(path.string(), [&] {
    const std::string what = file_kind(std::string_view(file).substr(0, kKindBytes), path).what;
    if (what != "a PNG picture") throw Error(what.empty() ? "not a PNG picture" : what + ", not a PNG picture");
    const Picture picture = decode_picture(file);
    if (!picture.alpha.defined()) return picture.colors;
    throw Error("has transparent pixels, whose colour depends on the background",
                "flatten it onto a background, and save it without transparency");
  });
}

}  // namespace gan
