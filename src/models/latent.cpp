#include "gan/models/latent.h"

#include "gan/base/random.h"

namespace gan {

at::Tensor draw_latents(Noise noise, int64_t count, int64_t size, at::Device device) {
  const at::Tensor latents = at::empty({count, size}, device);
  return noise == Noise::normal ? latents.normal_() : latents.uniform_(-1, 1);
}

at::Tensor latents_of_seeds(const LatentSource& source, const std::vector<int64_t>& seeds) {
  const auto count = static_cast<int64_t>(seeds.size());
  const at::Tensor latents = at::empty({count, source.size});
  for (int64_t i = 0; i < count; ++i) {
    const at::Generator generator = make_generator(mix_seed(static_cast<uint64_t>(seeds[static_cast<size_t>(i)]), 0));
    at::Tensor latent = latents[i];
    source.noise == Noise::normal ? latent.normal_(0, 1, generator) : latent.uniform_(-1, 1, generator);
  }
  return latents;
}

}  // namespace gan
