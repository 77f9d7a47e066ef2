// gan-sample: draws samples from a generator that gan-train made.

#include <ATen/ops/cat.h>

#include <filesystem>
#include <iostream>
#include <optional>

#include "gan/base/file.h"
#include "gan/base/text.h"
#include "gan/cli/program.h"
#include "gan/cli/sample_command.h"
#include "gan/cli/sample_plan.h"
#include "gan/data/idx.h"
#include "gan/data/npy.h"
#include "gan/device/device.h"
#include "gan/exports/explorer.h"
#include "gan/images/animation.h"
#include "gan/images/pixels.h"
#include "gan/judging/classifier_training.h"
#include "gan/run/film.h"
#include "gan/run/model_file.h"

namespace {

/// ", label 3,5"
std::string parts_text(const gan::SampleCommand& command) {
  std::string text;
  for (const auto& [flag, name, values] : command.parts) text += ", " + name + " " + gan::joined(values, ",");
  if (command.truncation) text += ", truncation " + gan::to_text(*command.truncation);
  return text;
}

void tell_projected(int64_t done, int64_t all) {
  std::cerr << "projecting, " << gan::with_commas(done) << " of " << gan::with_commas(all) << " images done\n";
}

bool writes_labels(const gan::SampleCommand& command, const gan::Model& model) {
  return command.format == gan::SampleFormat::idx && model.latents().has("label");
}

/// Throws Error if a file could not be written, or would replace one of another kind.
void require_places(const gan::SampleCommand& command, const gan::Model& model) {
  const auto require = [](const std::string& what, const std::filesystem::path& file, gan::SampleFormat format) {
    gan::with_context(what, [&] { gan::require_place_for_samples(file, format); });
  };
  require("--out", gan::sample_file(command.out, command.format), command.format);
  if (!command.latents_out.empty()) require("--latents-out", command.latents_out, gan::SampleFormat::npy);
  if (writes_labels(command, model)) require("labels", gan::labels_file(command.out), gan::SampleFormat::idx);
}

/// "samples.png: 64 samples"
std::string counted(const std::filesystem::path& file, int64_t count, const std::string& what) {
  return file.string() + ": " + gan::to_text(count) + " " + what + (count == 1 ? "" : "s");
}

/// Writes the samples, and what else is wanted of them: latents, labels. Says what it wrote.
std::string write(const gan::SampleCommand& command, const gan::SamplePlan& plan, const gan::Model& model,
                  gan::ImageShape shape) {
  const int64_t count = plan.latents.count;
  gan::require_in_picture(command, count);
  std::optional<gan::NpyWriter> latents;
  if (!command.latents_out.empty()) {
    gan::with_context("--latents-out", [&] {
      gan::make_folder(std::filesystem::path(command.latents_out).parent_path());
      latents.emplace(command.latents_out, std::vector<int64_t>{count, model.latents().size()}, at::kFloat);
    });
  }
  const bool labelled = writes_labels(command, model);
  std::vector<at::Tensor> labels;
  const auto draw = [&](const gan::TakeSamples& take) {
    gan::draw_samples(model, plan.latents, [&](const gan::Samples& some) {
      if (latents) latents->append(some.latents.cpu());
      if (labelled) labels.push_back(model.latents().part(some.latents, "label").argmax(1).to(at::kByte).cpu());
      take(some);
    });
  };
  const gan::GridShape grid = plan.grid.count() > 0 ? plan.grid : gan::square_grid(count);
  gan::write_samples(command.out, command.format, grid,
                     {.count = count,
                      .shape = shape,
                      .name = plan.name,
                      .draw = draw,
                      .frame = plan.frame,
                      .originals = plan.originals});
  if (latents) latents->finish();
  const bool folder = command.format == gan::SampleFormat::png;
  const std::filesystem::path written =
      folder ? std::filesystem::path(command.out) : gan::sample_file(command.out, command.format);
  const bool pairs = plan.originals.defined() && command.format == gan::SampleFormat::grid;
  const std::string text = counted(written, count, pairs ? "pair" : "sample");
  if (!labelled) return text;
  gan::write_idx(gan::labels_file(command.out), at::cat(labels));
  return text + ", labels in " + gan::labels_file(command.out).string();
}

int encode(const gan::SampleCommand& command, const gan::TrainedModel& trained) {
  const at::Tensor codes = trained.model->encode(gan::to_pixels(gan::images_to_encode(command, trained)));
  const std::filesystem::path file = gan::sample_file(command.out, command.format);
  gan::make_folder(file.parent_path());
  gan::write_npy(file, codes);
  std::cout << counted(file, codes.size(0), "row") << " of " << codes.size(1) << " numbers, of " << command.images
            << '\n';
  return 0;
}

int film(const gan::SampleCommand& command) {
  constexpr int64_t kMilliseconds = 150;  // a frame
  const at::Tensor frames = gan::film_of(gan::RunFolder::look_at(command.run, "--film"), command.frames);
  const std::filesystem::path file = gan::sample_file(command.out, command.format);
  gan::with_context("--out", [&] {
    gan::require_place_for_samples(file, command.format);
    gan::make_folder(file.parent_path());
  });
  const auto write = command.format == gan::SampleFormat::gif ? gan::write_gif : gan::write_apng;
  write(file, frames, kMilliseconds);
  std::cout << counted(file, frames.size(0), "grid") << " of " << command.run << '\n';
  return 0;
}

/// "00000-dcgan" of runs/00000-dcgan/g.pt, "digits.pt" of another file.
std::string name_of(const std::filesystem::path& checkpoint) {
  const auto file = std::filesystem::absolute(checkpoint);
  return (file.filename() == "g.pt" ? file.parent_path() : file).filename().string();
}

int explore(const gan::SampleCommand& command, const gan::TrainedModel& trained) {
  const gan::Options& options = trained.options;
  const std::string about = gan::to_text(options.model) + ", " + gan::to_text(options.network.arch) + ", after " +
                            gan::with_commas(trained.step) + " steps on " + gan::data_name(options.data) +
                            "; drawn here, by this page alone. Seeds are those of gan-sample.";
  const std::string page = explorer_page(*trained.model, name_of(command.checkpoint), about);
  gan::with_context("--explore", [&] {
    gan::make_folder(std::filesystem::path(command.out).parent_path());
    gan::write_file(command.out, page);
  });
  std::cout << command.out << ": a page that draws samples of " << command.checkpoint << ", "
            << gan::with_commas(static_cast<int64_t>(page.size())) << " bytes\n";
  return 0;
}

int sample(const gan::SampleCommand& command) {
  if (command.print) return std::cout << *command.print, 0;
  if (command.query == gan::Query::film) return film(command);
  const auto device =
      gan::set_up_device(command.device, command.threads, /*deterministic=*/true);  // a seed names a sample
  const gan::TrainedModel trained = gan::read_model(command.checkpoint, command.weights_kind);
  if (command.query == gan::Query::explore) return explore(command, trained);
  const gan::Model& model = *trained.model;
  require_places(command, model);
  gan::move_to(model, device);
  if (command.query == gan::Query::encode) return encode(command, trained);
  if (command.nice && !model.judges_images()) {
    throw gan::Error("--nice: this model's discriminator judges latents, not images");
  }
  const gan::SamplePlan plan = plan_of(command, trained, tell_projected);
  std::cout << write(command, plan, model, trained.data.images) << ", " << plan.title << parts_text(command) << '\n';
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  gan::run_program("gan-sample", "--count or --grid", [&] { return sample(gan::parse_sample_command(argc, argv)); });
}
