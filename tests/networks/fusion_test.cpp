// forward() runs this project's own kernels where they exist. It must give what the layers give one after another.
#include <ATen/autocast_mode.h>
#include <ATen/core/grad_mode.h>
#include <torch/nn/modules/container/sequential.h>

#include <map>

#include "gan/base/random.h"
#include "networks/pair.h"
#include "support/tensors.h"
#include "support/test.h"

namespace gan {
namespace {

struct Case {
  std::string name;
  NetworkOptions options;
  ImageShape images;
};

const Case kCases[] = {
    {"dcgan_1x28", {.arch = Arch::dcgan, .base_channels = 4}, {1, 28, 28}},
    {"dcgan_3x28", {.arch = Arch::dcgan, .base_channels = 3}, {3, 28, 28}},
    {"dcgan_1x32", {.arch = Arch::dcgan, .base_channels = 3}, {1, 32, 32}},
    {"dcgan_3x32", {.arch = Arch::dcgan, .base_channels = 4}, {3, 32, 32}},
    {"dcgan_wide", {.arch = Arch::dcgan, .base_channels = 32}, {1, 28, 28}},
    {"dcgan_as_tensorflow",
     {.arch = Arch::dcgan, .base_channels = 4, .norm_eps = 1e-3, .norm_momentum = 0.01, .same_padding = true},
     {1, 28, 28}},
    {"upconv_1x28", {.arch = Arch::upconv}, {1, 28, 28}},
    {"upconv_3x12x20", {.arch = Arch::upconv}, {3, 12, 20}},
    {"mlp_1x28", {.arch = Arch::mlp}, {1, 28, 28}},
    {"mlp_3x5x7", {.arch = Arch::mlp}, {3, 5, 7}},
};

enum class Way { fused, layers };

/// Results of a forward and backward pass: output, gradients, running averages.
using Left = std::map<std::string, at::Tensor>;

/// Runs convolutions and matrix products in bfloat16 during its lifetime.
class Autocast {
 public:
  Autocast() {
    at::autocast::set_autocast_dtype(at::kCPU, at::kBFloat16);
    at::autocast::set_autocast_enabled(at::kCPU, true);
  }
  ~Autocast() {
    at::autocast::set_autocast_enabled(at::kCPU, false);
    at::autocast::clear_cache();
  }
  Autocast(const Autocast&) = delete;
};

Left pass(const Network& network, Way way, const at::Tensor& input, const at::Tensor& direction, bool bf16) {
  for (auto& parameter : parameters(network)) parameter.mutable_grad().reset();
  const at::Tensor x = test::leaf(input);
  at::Tensor y;
  {
    const auto autocast = bf16 ? std::make_unique<Autocast>() : nullptr;
    y = way == Way::fused ? forward(network, x) : network->forward(x);
  }
  y.backward(direction.reshape(y.sizes()).to(y.scalar_type()));
  Left left{{"output", y.detach()}, {"gradient of the input", x.grad()}};
  for (const auto& [name, parameter] : named_parameters(network)) left["gradient of " + name] = parameter.grad();
  for (const auto& [name, value] : state_dict(network).items) {
    const auto& tensor = std::get<at::Tensor>(value);
    if (!tensor.requires_grad()) left[name] = tensor.clone();
  }
  return left;
}

/// |a - b| / |b|. Gradients are divided by at least a thousandth of the largest: that of a bias before a batch norm is
/// rounding alone.
std::map<std::string, double> distances(const Left& a, const Left& b) {
  EXPECT_EQ(a.size(), b.size());
  const auto norm = [](const at::Tensor& t) { return t.to(at::kDouble).norm().item<double>(); };
  double largest = 0;
  for (const auto& [name, value] : b) {
    if (name.starts_with("gradient")) largest = std::max(largest, norm(value));
  }
  std::map<std::string, double> distances;
  for (const auto& [name, value] : b) {
    const at::Tensor difference = a.at(name).to(at::kDouble) - value.to(at::kDouble);
    const double floor = name.starts_with("gradient") ? 1e-3 * largest : 0;
    distances[name] = norm(difference) / std::max(norm(value), floor);
  }
  return distances;
}

constexpr int64_t kBatch = 6;
enum Player : size_t { kGenerator, kDiscriminator };

/// One network of a case, which can be made several times with the same weights, and its inputs.
class Tried {
 public:
  Tried(const Case& what, Player player) : case_(what), player_(player) {}

  Network network() const {
    seed_default_generators(3);
    const test::Pair pair = test::new_pair(case_.options, case_.images);
    const Network network = of_generator() ? pair.generator : pair.discriminator;
    const at::NoGradGuard no_grad;
    network->forward(input());  // moves the running averages
    return network;
  }
  at::Tensor input() const { return of_generator() ? at::randn({kBatch, test::kInputs}) : images(); }
  at::Tensor direction() const { return of_generator() ? images() : at::randn({kBatch, 1}); }

 private:
  bool of_generator() const { return player_ == kGenerator; }
  at::Tensor images() const {
    return at::rand({kBatch, case_.images.channels, case_.images.height, case_.images.width}) * 2 - 1;
  }

  const Case& case_;
  Player player_;
};

template <class Test>
void for_each_network(const Test& test) {
  const test::Threads one(1);
  for (const Case& tried : kCases) {
    for (const Player player : {kGenerator, kDiscriminator}) {
      SCOPED_TRACE(tried.name + (player == kGenerator ? ", generator" : ", discriminator"));
      test(Tried(tried, player));
    }
  }
}

void expect_same(const Tried& tried, const Network& fused, const Network& layers) {
  // Rounding can move a number across the corner of a LeakyReLU or past its neighbour in a max pool, which changes
  // gradients abruptly. This is rare, so the best of three tries counts.
  std::map<std::string, double> least;
  for (int i = 0; i < 3; ++i) {
    const at::Tensor x = tried.input(), dy = tried.direction();
    for (const auto& [name, distance] :
         distances(pass(fused, Way::fused, x, dy, false), pass(layers, Way::layers, x, dy, false))) {
      least[name] = least.contains(name) ? std::min(least[name], distance) : distance;
    }
  }
  for (const auto& [name, distance] : least) {
    const bool counter = name.ends_with("num_batches_tracked");
    EXPECT_LE(distance, counter ? 0 : name.starts_with("gradient") ? 5e-5 : 1e-5) << name;
  }
}

TEST(Fusion, GivesWhatTheLayersGiveInTraining) {
  for_each_network([](const Tried& tried) { expect_same(tried, tried.network(), tried.network()); });
}

TEST(Fusion, GivesWhatTheLayersGiveInInferenceAndMovesNoAverage) {
  for_each_network([](const Tried& tried) {
    const Network fused = tried.network(), layers = tried.network(), untouched = tried.network();
    set_training(fused, false);
    set_training(layers, false);
    expect_same(tried, fused, layers);
    for (const auto& [name, value] : state_dict(fused).items) {
      EXPECT_TRUE(at::equal(std::get<at::Tensor>(value), state_dict(untouched).get<at::Tensor>(name))) << name;
    }
  });
}

TEST(Fusion, IsNoFartherFromFloatThanTheLayersInBfloat16) {
  for_each_network([](const Tried& tried) {
    const Network fused = tried.network(), layers = tried.network(), exact = tried.network();
    std::map<std::string, double> least;  // of three tries: what a single number is off by is mostly chance
    for (int i = 0; i < 3; ++i) {
      const at::Tensor x = tried.input(), dy = tried.direction();
      const Left expected = pass(exact, Way::layers, x, dy, false);
      const auto of_fused = distances(pass(fused, Way::fused, x, dy, true), expected);
      const auto of_layers = distances(pass(layers, Way::layers, x, dy, true), expected);
      for (const auto& [name, distance] : of_fused) {
        const double excess = distance - (1.5 * of_layers.at(name) + 0.01);
        least[name] = least.contains(name) ? std::min(least[name], excess) : excess;
      }
    }
    for (const auto& [name, excess] : least) EXPECT_LE(excess, 0) << name;
  });
}

TEST(Fusion, WithoutAGradientGivesTheSameBits) {
  for_each_network([](const Tried& tried) {
    const Network network = tried.network();
    const at::Tensor x = tried.input();
    const at::Tensor with = forward(network, test::leaf(x)).detach();
    const at::NoGradGuard no_grad;
    EXPECT_TRUE(at::equal(forward(network, x), with));
  });
}

}  // namespace
}  // namespace gan
