#include "gan/models/lapgan.h"

#include "gan/base/text.h"
#include "gan/networks/refiner.h"

namespace gan {

namespace {

constexpr int64_t kLargestCoarsest = 8;  // pixels

/// The shapes of the pyramid, the coarsest first.
std::vector<ImageShape> levels_of(ImageShape images) {
  std::vector<ImageShape> levels{images};
  while (levels.front().height > kLargestCoarsest) {
    const ImageShape& finer = levels.front();
    levels.insert(levels.begin(), {finer.channels, finer.height / 2, finer.width / 2});
  }
  return levels;
}

LatentSpace space_of(const LatentOptions& z, const std::vector<ImageShape>& levels) {
  std::vector<LatentPart> parts{{"z", z.size, z.noise}};
  for (size_t k = 1; k < levels.size(); ++k) {
    parts.push_back({"noise" + std::to_string(k), levels[k].height * levels[k].width, Noise::normal});
  }
  return LatentSpace(parts);
}

at::Tensor shrunk(const at::Tensor& images, int64_t side) {
  return images.size(2) == side ? images : at::avg_pool2d(images, images.size(2) / side);
}

at::Tensor enlarged(const at::Tensor& images) {
  return at::upsample_nearest2d(images, at::IntArrayRef{2 * images.size(2), 2 * images.size(3)});
}

ModelOptions of_coarsest(ModelOptions options) {
  options.network.arch = Arch::mlp;
  return options;
}

Part refiner_part(const ModelOptions& options, ImageShape images, Budget& budget) {
  return {"generator",
          refiner(options.network, images, budget),
          {images.channels + 1, images.height, images.width},
          /*averaged=*/true};
}

}  // namespace

/// A finer level, as a game of its own.
class Lapgan::Refinement : public Gan {
 public:
  Refinement(const ModelOptions& options, ImageShape images, Budget& budget)
      : Gan(options, LatentSpace({{"noise", images.height * images.width, Noise::normal}}),
            refiner_part(options, images, budget), images, budget) {}

  /// Of coarse images [N, C, H / 2, W / 2] and noise [N, H * W].
  at::Tensor refined(const at::Tensor& coarse, const at::Tensor& noise) const {
    const at::Tensor large = enlarged(coarse);
    const at::Tensor plane = noise.reshape({large.size(0), 1, large.size(2), large.size(3)});
    const at::Tensor residual = forward(generator_, at::cat({large, plane}, 1)).to(at::kFloat);
    return (large + residual).clamp(-1, 1);
  }

 protected:
  Sample fake(const Batch& batch) override {
    return {refined(shrunk(batch.images, batch.images.size(2) / 2), draw_latents(batch))};
  }
};

Lapgan::Lapgan(const ModelOptions& options, ImageShape images, Budget& budget)
    : Model(space_of(options.latent, levels_of(images))), side_(images.height) {
  const std::vector<ImageShape> levels = levels_of(images);
  for (size_t k = levels.size() - 1; k > 0; --k) {  // the largest first: one that is too large is refused at once
    refinements_.insert(refinements_.begin(), std::make_unique<Refinement>(options, levels[k], budget));
  }
  coarsest_ = std::make_unique<Gan>(of_coarsest(options), levels.front(), budget);
  add(*coarsest_);
  for (const auto& refinement : refinements_) add(*refinement);
}

Lapgan::~Lapgan() = default;

/// Takes the parts, players and turns of the next finer level, under its number.
void Lapgan::add(const Model& level) {
  const size_t first_player = players_.size();
  const std::string suffix = "_" + std::to_string(first_player / level.players().size());
  const int64_t side = level.parts().back().input.back();
  for (Part part : level.parts()) {
    part.name += suffix;
    parts_.push_back(part);
  }
  for (Player player : level.players()) {
    player.name += suffix;
    for (std::string& part : player.parts) part += suffix;
    players_.push_back(player);
  }
  for (Turn turn : level.turns()) {
    turn.name += suffix;
    turn.player += first_player;
    for (Work& work : turn.work) work.part += suffix;
    turn.play = [play = turn.play, side, name = side == side_ ? "" : suffix](const Batch& batch) {
      Outcome outcome = play({shrunk(batch.images, side), batch.labels});
      for (auto& scalar : outcome.scalars) scalar.first += name;
      return outcome;
    };
    turns_.push_back(turn);
  }
}

at::Tensor Lapgan::images_of(const at::Tensor& latents) const {
  at::Tensor images = coarsest_->images_of(this->latents().part(latents, "z"));
  for (size_t k = 0; k < refinements_.size(); ++k) {
    images = refinements_[k]->refined(images, this->latents().part(latents, "noise" + std::to_string(k + 1)));
  }
  return images;
}

InferenceGraph Lapgan::generation() const {
  InferenceGraph graph;
  const auto& space = latents().parts();
  std::string images = graph.apply("generator_0", part("generator_0").network, graph.input("z", {space[0].size}));
  for (size_t k = 1; k < space.size(); ++k) {
    const std::string level = "_" + std::to_string(k);
    const Part& refiner = part("generator" + level);
    const std::string noise = graph.input(space[k].name, {space[k].size});
    const std::string large =
        graph.add("enlarged" + level, "Upsample", {images}, {{{"scale_factor", 2.0}, {"mode", "nearest"}}});
    const std::string plane = graph.add(
        "plane" + level, "Unflatten", {noise},
        {{{"dim", int64_t{1}}, {"unflattened_size", List{{int64_t{1}}, {refiner.input[1]}, {refiner.input[2]}}}}});
    const std::string seen = graph.add("coarse" + level, "Concat", {large, plane});
    const std::string residual = graph.apply(refiner.name, refiner.network, seen);
    const std::string sum = graph.add("sum" + level, "Add", {large, residual});
    images = graph.add("clamped" + level, "Hardtanh", {sum}, {{{"min_val", -1.0}, {"max_val", 1.0}}});
  }
  graph.output("images", images, parts().back().input);
  return graph;
}

InferenceGraph Lapgan::discrimination() const {
  return refinements_.back()->discrimination();
}

Score Lapgan::score(const at::Tensor& images, const at::Tensor& latents) const {
  return refinements_.back()->score(images, latents);
}

std::pair<at::Tensor, at::Tensor> Lapgan::contest(const Batch& batch) {
  return refinements_.back()->contest(batch);
}

std::string lapgan_refusal(ImageShape images) {
  int64_t side = images.height;
  while (side > kLargestCoarsest && side % 2 == 0) side /= 2;
  const bool fits = images.height == images.width && images.height > kLargestCoarsest && (side == 7 || side == 8);
  return fits ? "" : "square images of 14, 16, 28, 32, 56, 64, ... pixels";
}

}  // namespace gan
