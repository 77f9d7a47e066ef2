#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gan/base/choice.h"
#include "gan/base/value.h"
#include "gan/data/dataset.h"

namespace torch::nn {
class SequentialImpl;
}

namespace gan {

/// A network is a list of named layers; each takes the tensor that the one before gave.
using Network = std::shared_ptr<torch::nn::SequentialImpl>;

enum class Arch { dcgan, upconv, mlp };
constexpr auto choices(Arch) {
  return std::array<Choice<Arch>, 3>{{{Arch::dcgan, "dcgan"}, {Arch::upconv, "upconv"}, {Arch::mlp, "mlp"}}};
}

/// How weights are initialised; see init.h.
enum class Init { standard, xavier, dcgan };
constexpr auto choices(Init) {
  return std::array<Choice<Init>, 3>{{{Init::standard, "standard"}, {Init::xavier, "xavier"}, {Init::dcgan, "dcgan"}}};
}

/// How D's hidden layers are normalised: by each batch's mean and variance, not at all, or by the largest singular
/// value of their weights (Miyato et al. 2018, arXiv:1802.05957). The latter applies to D's last layer, too.
enum class Norm { batch, none, spectral };
constexpr auto choices(Norm) {
  return std::array<Choice<Norm>, 3>{{{Norm::batch, "batch"}, {Norm::none, "none"}, {Norm::spectral, "spectral"}}};
}

/// The kernels of minibatch discrimination: how many, and numbers in each. As text "32x8"; "0" is none.
struct MinibatchKernels {
  int64_t count = 0, size = 0;
  bool operator==(const MinibatchKernels&) const = default;
};
bool parse_text(std::string_view text, MinibatchKernels& kernels);  ///< "0", or 1x1 to 1000x1000
std::string to_text(const MinibatchKernels& kernels);

/// What decides the layers of a model's networks, besides the shape of its images and latents.
struct NetworkOptions {
  Arch arch = Arch::dcgan;
  int64_t base_channels = 16;  ///< dcgan: the channels of D's first layer
  int64_t depth = 0;           ///< dcgan: 3 x 3 convolutions after each of the others but G's last
  int64_t max_channels = 0;    ///< dcgan, upconv: of any layer; 0: no limit
  int64_t smallest_maps = 8;   ///< upconv: sides are halved until at most so many pixels are left; 0: twice
  double dropout = 0;          ///< after each hidden layer of D
  bool dropout_last = true;    ///< also after D's last hidden layer
  Norm d_norm = Norm::batch;   ///< dcgan
  bool d_norm_last = true;     ///< dcgan: batch norm also after D's last convolution
  double norm_eps = 1e-5;      ///< dcgan: what batch norms add to a variance
  double norm_momentum = 0.1;  ///< dcgan: weight of a batch in batch norms' running averages
  bool same_padding = false;   ///< dcgan, of 28 pixels: D's third convolution pads as TensorFlow's "same"
  bool minibatch_std = false;  ///< dcgan: D sees how much a batch varies
  MinibatchKernels minibatch_discrimination;  ///< D sees how close an example is to the others of its batch
  bool virtual_batch_norm = false;            ///< dcgan, upconv: G's norms take the statistics of one fixed batch
  Init init = Init::standard;
};

/// How often an output can be differentiated. Gradient penalties need second derivatives, which not all fast kernels
/// have.
enum class Differentiable { once, twice };

at::Tensor forward(const Network& network, const at::Tensor& input, Differentiable asked = Differentiable::once);

/// Calls f on batches of `input` [N, ...] on `device`, without gradients, and joins the results [N, ...] on the CPU.
/// All batches have the same size (the last is padded with zeros), so the bits of a row never depend on N.
at::Tensor in_batches(const at::Tensor& input, at::Device device,
                      const std::function<at::Tensor(const at::Tensor&)>& f);

/// `in_batches` of `network` in inference mode (running averages in batch norms, no dropout), on the network's device.
at::Tensor infer(const Network& network, const at::Tensor& input);

/// Moves parameters and buffers, in place.
void move_to(const Network& network, at::Device device);

/// Training mode: batch norms take each batch's own mean and variance, dropout drops. A new network is in it.
bool is_training(const Network& network);
void set_training(const Network& network, bool on);

/// Parameters in the order of the layers, without and with their names ("conv1.weight").
std::vector<at::Tensor> parameters(const Network& network);
std::vector<std::pair<std::string, at::Tensor>> named_parameters(const Network& network);

/// The running means and variances that layers keep for inference.
std::vector<at::Tensor> running_statistics(const Network& network);

/// Parameters and buffers, named ("conv1.weight") and ordered as by Python's `state_dict` of an `nn.Sequential`. The
/// tensors are the network's own.
Dict state_dict(const Network& network);

/// Numbers in the tensors of a `state_dict`.
int64_t count_numbers(const Dict& state);

/// SHA-256 over the bytes of all tensors of a network, or of some `state_dict`s, in their order.
std::string weights_sha256(const Network& network);
std::string weights_sha256(const std::vector<Dict>& states);

/// Copies `state` into the network. Throws Error, before anything is copied, unless names, shapes and types are the
/// network's; half precision is taken for single, too.
void load_state_dict(const Network& network, const Dict& state);

/// The same between two dictionaries: copies the tensors of `from` into those of `to`.
void copy_state(const Dict& from, const Dict& to);

}  // namespace gan
