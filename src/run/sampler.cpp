#include "gan/run/sampler.h"

#include <algorithm>
#include <numeric>

#include "gan/images/pixels.h"

namespace gan {

namespace {
constexpr int64_t kBatch = 64;
}

at::Tensor sample_images(const Network& generator, const at::Tensor& latents) {
  return to_bytes(infer(generator, latents)).contiguous();
}

at::Tensor sample_seeds(const Network& generator, Noise noise, int64_t latent_size, const std::vector<int64_t>& seeds) {
  return sample_images(generator, latents_of_seeds(noise, seeds, latent_size));
}

std::vector<int64_t> seeds_from(int64_t first_seed, int64_t count) {
  std::vector<int64_t> seeds(static_cast<size_t>(count));
  std::iota(seeds.begin(), seeds.end(), first_seed);
  return seeds;
}

std::vector<int64_t> nice_seeds(const Network& generator, const Network& discriminator, Noise noise,
                                int64_t latent_size, int64_t first_seed, int64_t count, int64_t factor) {
  std::vector<int64_t> seeds = seeds_from(first_seed, count * factor);
  std::vector<float> scores;
  for (int64_t from = 0; from < count * factor; from += kBatch) {  // a batch at a time: memory does not grow
    const auto batch =
        std::vector<int64_t>(seeds.begin() + from, seeds.begin() + std::min(from + kBatch, count * factor));
    const at::Tensor images = infer(generator, latents_of_seeds(noise, batch, latent_size));
    const at::Tensor logits = infer(discriminator, images).contiguous();
    scores.insert(scores.end(), logits.const_data_ptr<float>(), logits.const_data_ptr<float>() + logits.numel());
  }
  std::stable_sort(seeds.begin(), seeds.end(), [&](int64_t a, int64_t b) {
    return scores[static_cast<size_t>(a - first_seed)] > scores[static_cast<size_t>(b - first_seed)];
  });
  seeds.resize(static_cast<size_t>(count));
  return seeds;
}

}  // namespace gan
