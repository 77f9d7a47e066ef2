#include "gan/models/augmentation.h"

#include <vector>

#include "gan/base/text.h"
#include "gan/dist/world.h"

namespace gan {

namespace {

/// A number in [0, 1) for each image: [N, 1, 1, 1].
at::Tensor fraction(const at::Tensor& images) {
  return own_noise(images.size(0), [&](int64_t count) { return at::rand({count, 1, 1, 1}, images.options()); });
}

/// Whole numbers from `low` to `high`, a column of each image: [N, 1].
at::Tensor whole(const at::Tensor& images, int64_t low, int64_t high) {
  return own_noise(images.size(0), [&](int64_t count) {
    return at::randint(low, high + 1, {count, 1}, images.options().dtype(at::kLong));
  });
}

at::Tensor range(int64_t count, const at::Tensor& like) {
  return at::arange(count, like.options().dtype(at::kLong)).unsqueeze(0);  // [1, count]
}

at::Tensor recoloured(at::Tensor x) {
  x = x + (fraction(x) - 0.5);
  const at::Tensor grey = x.mean(1, /*keepdim=*/true);
  x = grey + 2 * fraction(x) * (x - grey);
  const at::Tensor mean = x.mean({1, 2, 3}, /*keepdim=*/true);
  return mean + (fraction(x) + 0.5) * (x - mean);
}

at::Tensor translated(const at::Tensor& x) {
  const int64_t height = x.size(2), width = x.size(3), down = (height + 4) / 8, right = (width + 4) / 8;
  const at::Tensor rows = range(height, x) + down - whole(x, -down, down),
                   columns = range(width, x) + right - whole(x, -right, right);
  const at::Tensor padded = at::constant_pad_nd(x, {right, right, down, down}).permute({0, 2, 3, 1});
  const at::Tensor image = at::arange(x.size(0), rows.options()).view({-1, 1, 1});
  return padded.index({image, rows.unsqueeze(2), columns.unsqueeze(1)}).permute({0, 3, 1, 2});
}

/// Which of `side` pixels a stretch of half of them covers, its middle anywhere: [N, side].
at::Tensor covered(const at::Tensor& x, int64_t side) {
  const int64_t length = (side + 1) / 2;
  const at::Tensor begin = whole(x, 0, side - length % 2) - length / 2, at = range(side, x);
  return at.ge(begin).logical_and(at.lt(begin + length));
}

at::Tensor cut_out(const at::Tensor& x) {
  const at::Tensor rows = covered(x, x.size(2)), columns = covered(x, x.size(3));
  const at::Tensor hole = rows.unsqueeze(2).logical_and(columns.unsqueeze(1)).unsqueeze(1);
  return x * hole.logical_not().to(x.scalar_type());
}

}  // namespace

bool parse_text(std::string_view text, Augmentations& augmentations) {
  Augmentations parsed;
  if (text == "none") return augmentations = parsed, true;
  for (const std::string_view word : split(text, ',')) {
    bool* one = word == "color"         ? &parsed.color
                : word == "translation" ? &parsed.translation
                : word == "cutout"      ? &parsed.cutout
                                        : nullptr;
    if (one == nullptr || *one) return false;
    *one = true;
  }
  augmentations = parsed;
  return true;
}

std::string to_text(const Augmentations& augmentations) {
  std::vector<std::string> words;
  if (augmentations.color) words.emplace_back("color");
  if (augmentations.translation) words.emplace_back("translation");
  if (augmentations.cutout) words.emplace_back("cutout");
  return words.empty() ? "none" : joined(words, ",");
}

at::Tensor augmented(const at::Tensor& images, const Augmentations& augmentations) {
  at::Tensor x = images;
  if (augmentations.color) x = recoloured(x);
  if (augmentations.translation) x = translated(x);
  if (augmentations.cutout) x = cut_out(x);
  return x;
}

}  // namespace gan
