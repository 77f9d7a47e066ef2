#include "gan/images/png.h"

#include <memory>
#include <new>
#include <string>
#include <string_view>

#include "gan/base/error.h"
#include "gan/base/file.h"
#include "gan/base/file_kind.h"

#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STB_IMAGE_WRITE_STATIC
#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC
#define STBI_ONLY_PNG
#define STBI_NO_STDIO
#define STBI_MAX_DIMENSIONS 4096
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#include <stb_image.h>
#include <stb_image_write.h>
#pragma GCC diagnostic pop

namespace gan {

void write_png(const std::filesystem::path& path, const at::Tensor& picture) {
  TORCH_CHECK(
      picture.dim() == 3 && picture.scalar_type() == at::kByte && (picture.size(0) == 1 || picture.size(0) == 3),
      "write_png: expected uint8 [1 or 3, H, W]");
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
  constexpr uint64_t kMostBytes = 256 << 20, kMostOverhead = 64 << 10;
  const std::string file = read_file(path, kMostBytes);
  const auto* bytes = reinterpret_cast<const stbi_uc*>(file.data());
  int width = 0, height = 0, channels = 0;
  const auto fail = [&] {
    if (stbi_failure_reason() == std::string_view("outofmem")) throw std::bad_alloc();
    const std::string what = file_kind(std::string_view(file).substr(0, kKindBytes), path).what;
    if (!what.empty() && what != "a PNG picture") throw Error(path.string() + ": " + what + ", not a PNG picture");
    throw Error(path.string() + ": not a PNG picture, or a damaged one: " + stbi_failure_reason());
  };
  if (!stbi_info_from_memory(bytes, static_cast<int>(file.size()), &width, &height, &channels)) fail();
  // Data that unpacks to more than the picture is a bomb; stb would unpack it all.
  const uint64_t pixels_bytes = uint64_t{4} * static_cast<uint64_t>(width) * static_cast<uint64_t>(height);
  if (file.size() > kMostOverhead + 2 * pixels_bytes) {
    throw Error(path.string() + ": " + std::to_string(file.size()) + " bytes are too many for a picture of " +
                std::to_string(width) + "x" + std::to_string(height));
  }
  constexpr int kAlpha = 3, kRgba = 4;
  const std::unique_ptr<stbi_uc, void (*)(void*)> pixels(
      stbi_load_from_memory(bytes, static_cast<int>(file.size()), &width, &height, &channels, kRgba), stbi_image_free);
  if (!pixels) fail();
  const at::Tensor rgba = at::from_blob(pixels.get(), {height, width, kRgba}, at::kByte).permute({2, 0, 1});
  if (!rgba[kAlpha].eq(255).all().item<bool>()) {
    throw Error(path.string() + ": has transparent pixels, whose colour depends on the background",
                "flatten it onto a background, and save it without transparency");
  }
  const int opaque = channels <= 2 ? 1 : 3;
  return rgba.narrow(0, 0, opaque).clone(at::MemoryFormat::Contiguous);
}

}  // namespace gan
