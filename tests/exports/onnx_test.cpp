// ONNX files compute what the models compute: run by onnxruntime, in tests/python/onnx_beside_us.py.

#include "gan/exports/onnx.h"

#include <ATen/core/grad_mode.h>

#include "gan/base/file.h"
#include "gan/base/text.h"
#include "gan/data/npy.h"
#include "support/models.h"
#include "support/python.h"
#include "support/runs.h"
#include "support/test.h"

namespace gan {
namespace {

using test::TemporaryFolder;

ModelOptions small(ModelKind model, Arch arch) {
  ModelOptions options;
  options.model = model;
  options.latent.size = 5;
  options.network = {.arch = arch, .base_channels = 2, .max_channels = 8};
  return options;
}

/// Every family with every architecture, and what else changes layers.
std::map<std::string, ModelOptions> every_kind_of_model() {
  std::map<std::string, ModelOptions> models;
  for (const auto& model : choices(ModelKind{})) {
    for (const auto& arch : choices(Arch{})) {
      models[std::string(model.word) + "-" + std::string(arch.word)] = small(model.value, arch.value);
    }
  }
  for (const Arch arch : {Arch::dcgan, Arch::upconv}) {
    ModelOptions& options = models["virtual-" + to_text(arch)] = small(ModelKind::cgan, arch);
    options.network.virtual_batch_norm = true;
    options.network.minibatch_discrimination = {3, 2};
  }
  NetworkOptions& dcgan = (models["spectral"] = small(ModelKind::cgan, Arch::dcgan)).network;
  dcgan.d_norm = Norm::spectral, dcgan.depth = 1, dcgan.minibatch_std = true, dcgan.same_padding = true,
  dcgan.dropout = 0.5;
  (models["ali"] = small(ModelKind::bigan, Arch::dcgan)).stochastic_encoder = true;
  return models;
}

/// A few turns of training, so that running averages and batch norms are not as new ones.
std::unique_ptr<Model> trained(const ModelOptions& options) {
  auto model = test::new_model(options);
  Batches batches(test::digits(), 8, Sampling::epoch, 0);
  for (int step = 0; step < 3; ++step) {
    const Batch batch = batches.next();
    for (const Turn& turn : model->turns()) {
      const at::Tensor loss = turn.play(batch).loss;
      loss.backward();
    }
  }
  const at::NoGradGuard no_grad;
  for (const Part& part : model->parts()) {
    for (const at::Tensor& weight : parameters(part.network)) weight.add_(at::randn_like(weight) * 0.05);
  }
  return model;
}

/// Writes a graph with what it is given and gives, under the names of its inputs and outputs.
class Written {
 public:
  Written(std::string stem, const InferenceGraph& graph) : stem_(std::move(stem)) {
    write_file(stem_ + ".onnx", to_onnx(graph, {{"a", "b"}}));
  }
  void in(const std::string& name, const at::Tensor& values) const { write(".in." + name, values); }
  void out(const std::string& name, const at::Tensor& values) const { write(".out." + name, values); }
  void in(const LatentSpace& space, const at::Tensor& rows) const {
    for (const LatentPart& part : space.parts()) {
      const at::Tensor columns = space.part(rows, part.name);
      in(part.name, part.noise ? columns : columns.argmax(1).to(at::kFloat));
    }
  }

 private:
  void write(const std::string& name, const at::Tensor& values) const {
    write_npy(stem_ + name + ".npy", values.detach().to(at::kFloat).contiguous());
  }
  std::string stem_;
};

void write_queries(const std::string& stem, const Model& model, ModelKind kind) {
  const LatentSpace& space = model.latents();
  const at::Tensor rows = space.of_seeds(seeds_from(0, 12)), images = model.generate(rows);
  const Written generator(stem + "-generator", model.generation());
  generator.in(space, rows);
  generator.out("images", images);

  const Written discriminator(stem + "-discriminator", model.discrimination());
  if (kind != ModelKind::aae) discriminator.in("images", images);
  if (kind == ModelKind::aae) discriminator.in("z", model.encode(images));
  if (kind == ModelKind::cgan || kind == ModelKind::bigan) discriminator.in(space, rows);
  discriminator.out("logits", model.score(images, rows).logits.unsqueeze(1));

  if (model.encodes() == Encodes::nothing) return;
  const Written encoder(stem + "-encoder", model.encoding());
  const at::Tensor read = model.encode(images);
  encoder.in("images", images);
  if (kind == ModelKind::infogan) {
    encoder.out("category", read.narrow(1, 0, 10));
    encoder.out("code", read.narrow(1, 10, 2));
  } else {
    encoder.out("z", read);
  }
}

TEST(OnnxBesideUs, GivesWhatEveryKindOfModelGives) {
  if (!test::has_modules({"onnx", "onnxruntime"}))
    GTEST_SKIP() << "no Python with onnx and onnxruntime was found by scripts/setup.sh";
  constexpr double kTolerance = 1e-4;  // a grey level is 0.008
  const TemporaryFolder folder;
  size_t expected = 0;
  for (const auto& [name, options] : every_kind_of_model()) {
    const auto model = trained(options);
    write_queries(folder / name, *model, options.model);
    expected += 2 + (model->encodes() == Encodes::nothing ? 0 : 1) + (options.model == ModelKind::infogan);
  }
  const test::Ran python =
      test::run(GAN_TEST_PYTHON, {GAN_SOURCE_DIR "/tests/python/onnx_beside_us.py", folder.path()});
  ASSERT_EQ(python.code, 0) << python.err;
  const auto lines = test::lines_of(python.out);
  EXPECT_EQ(lines.size(), expected);
  for (const std::string& line : lines) {
    EXPECT_LT(std::stod(line.substr(line.rfind(' '))), kTolerance) << line;
  }
}

}  // namespace
}  // namespace gan
