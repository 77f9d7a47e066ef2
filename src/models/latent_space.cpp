#include "gan/models/latent_space.h"

#include <algorithm>

#include "gan/base/normal_quantile.h"
#include "gan/base/philox.h"
#include "gan/base/random.h"

namespace gan {

namespace {

float normal_from(uint32_t bits) {
  return static_cast<float>(normal_quantile((bits + 0.5) * 0x1p-32));
}

float uniform_from(uint32_t bits) {
  return static_cast<float>(bits >> 8) * 0x1p-23F - 1;
}

void draw_by_philox(const LatentSource& source, uint64_t seed, float* latent) {
  for (int64_t i = 0; i < source.size; i += 4) {
    const auto words = philox(seed, static_cast<uint64_t>(i / 4), PhiloxUse::latents);
    for (int64_t k = 0; k < std::min<int64_t>(4, source.size - i); ++k) {
      const uint32_t bits = words[static_cast<size_t>(k)];
      latent[i + k] = source.noise == Noise::normal ? normal_from(bits) : uniform_from(bits);
    }
  }
}

void draw_by_mt19937(const LatentSource& source, uint64_t seed, at::Tensor latent) {
  const at::Generator generator = make_generator(mix_seed(seed, 0));
  source.noise == Noise::normal ? latent.normal_(0, 1, generator) : latent.uniform_(-1, 1, generator);
}

}  // namespace

at::Tensor draw_latents(Noise noise, int64_t count, int64_t size, at::Device device) {
  const at::Tensor latents = at::empty({count, size}, device);
  return noise == Noise::normal ? latents.normal_() : latents.uniform_(-1, 1);
}

at::Tensor latents_of_seeds(const LatentSource& source, const std::vector<int64_t>& seeds) {
  const auto count = static_cast<int64_t>(seeds.size());
  const at::Tensor latents = at::empty({count, source.size});
  for (int64_t i = 0; i < count; ++i) {
    const auto seed = static_cast<uint64_t>(seeds[static_cast<size_t>(i)]);
    if (source.generator == LatentGenerator::philox) {
      draw_by_philox(source, seed, latents.mutable_data_ptr<float>() + i * source.size);
    } else {
      draw_by_mt19937(source, seed, latents[i]);
    }
  }
  return latents;
}

}  // namespace gan
