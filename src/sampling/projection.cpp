#include "gan/sampling/projection.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>

#include "gan/base/stop.h"
#include "gan/images/pixels.h"

namespace gan {

namespace {

constexpr int64_t kSeeds = 1000, kStarts = 4, kSteps = 300, kAtOnce = 32;  // images

/// 1 for the numbers that may move, of noise that is not set; [1, size].
at::Tensor movable(const LatentSpace& space, const LatentChanges& changes) {
  at::Tensor mask = at::zeros({1, space.size()});
  for (const LatentPart& part : space.parts()) {
    const bool set = std::ranges::any_of(changes.parts, [&](const SetPart& one) { return one.name == part.name; });
    if (part.noise && !set) space.part(mask, part.name).fill_(1);
  }
  return mask;
}

void keep_in_range(const LatentSpace& space, const at::Tensor& rows) {
  for (const LatentPart& part : space.parts()) {
    if (part.noise == Noise::uniform) space.part(rows, part.name).clamp_(-1, 1);
  }
}

/// Moves rows [N, size] towards images [N, C, H, W] by Adam, at a rate that falls to 0; gives the best of each.
Projection descended(const Model& model, const at::Tensor& from, const at::Tensor& images, const at::Tensor& mask) {
  constexpr double kRate = 0.1, kBeta1 = 0.9, kBeta2 = 0.999, kTiny = 1e-8;
  at::Tensor rows = from.clone(), m = at::zeros_like(rows), v = at::zeros_like(rows);
  Projection best{rows.clone(), at::full({rows.size(0)}, std::numeric_limits<float>::infinity(), rows.options())};
  for (int64_t step = 0; step <= kSteps; ++step) {
    throw_if_stopped();
    const at::Tensor moving = rows.detach().requires_grad_();
    const at::Tensor errors = pixel_errors(model.images_of(moving), images);
    errors.sum().backward({}, /*retain_graph=*/std::nullopt, /*create_graph=*/false, {{moving}});
    const at::NoGradGuard no_graph;
    const at::Tensor better = errors.lt(best.errors);
    best.errors = at::where(better, errors.detach(), best.errors);
    best.latents = at::where(better.unsqueeze(1), rows, best.latents);

    const at::Tensor gradient = moving.grad() * mask;
    m.lerp_(gradient, 1 - kBeta1);
    v.lerp_(gradient.square(), 1 - kBeta2);
    const double t = static_cast<double>(step + 1), part = static_cast<double>(step) / kSteps;
    const double rate = kRate * (1 + std::cos(M_PI * part)) / 2 / (1 - std::pow(kBeta1, t));
    rows = rows - rate * m / ((v / (1 - std::pow(kBeta2, t))).sqrt() + kTiny);
    keep_in_range(model.latents(), rows);
  }
  return best;
}

}  // namespace

Projection project(const Model& model, const at::Tensor& images, int64_t first_seed, const LatentChanges& changes,
                   const TellCount& tell) {
  const LatentSpace& space = model.latents();
  const at::Device device = device_of(model);
  const at::Tensor starts = latents_of_seeds(space, seeds_from(first_seed, kSeeds), changes).rows(0, kSeeds);
  const at::Tensor samples = model.generate(starts).flatten(1), mask = movable(space, changes).to(device);
  const InferenceOf inference(model);
  std::vector<at::Tensor> latents, errors;
  for (int64_t begin = 0; begin < images.size(0); begin += kAtOnce) {
    tell(begin, images.size(0));
    const int64_t count = std::min(kAtOnce, images.size(0) - begin);
    const at::Tensor some = to_pixels(images.narrow(0, begin, count));
    const at::Tensor nearest = std::get<1>(at::cdist(some.flatten(1), samples).topk(kStarts, 1, /*largest=*/false));
    const Projection found = descended(model, starts.index_select(0, nearest.flatten()).to(device),
                                       some.repeat_interleave(kStarts, 0).to(device), mask);
    const at::Tensor of_each = found.errors.view({count, kStarts}), best = of_each.argmin(1);
    latents.push_back(found.latents.view({count, kStarts, -1}).index({at::arange(count, best.options()), best}).cpu());
    errors.push_back(std::get<0>(of_each.min(1)).cpu());
  }
  return {at::cat(latents), at::cat(errors)};
}

}  // namespace gan
