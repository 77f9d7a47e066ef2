// gan-export: writes a trained network as an ONNX file, or as a smaller g.pt.

#include <iostream>

#include "gan/base/file.h"
#include "gan/base/file_kind.h"
#include "gan/base/gan_file.h"
#include "gan/base/json.h"
#include "gan/base/text.h"
#include "gan/cli/export_command.h"
#include "gan/cli/program.h"
#include "gan/exports/onnx.h"
#include "gan/judging/classifier_training.h"

namespace {

gan::InferenceGraph graph_of(const gan::Model& model, gan::ExportPart part) {
  switch (part) {
    case gan::ExportPart::generator:
      return model.generation();
    case gan::ExportPart::discriminator:
      return model.discrimination();
    case gan::ExportPart::encoder:
      return gan::with_context("--part encoder", [&] { return model.encoding(); });
  }
  TORCH_CHECK(false, "graph_of: unknown part");
}

/// "z [N, 100], label [N]"
std::string names_of(const gan::InferenceGraph& graph) {
  std::vector<std::string> texts;
  for (const auto& input : graph.inputs()) {
    std::string text = input.name + " [N";
    for (const int64_t size : input.sizes) text += ", " + gan::to_text(size);
    texts.push_back(text + "]");
  }
  return gan::joined(texts, ", ");
}

std::string latents_text(const gan::LatentSpace& latents) {
  std::vector<std::string> parts;
  for (const gan::LatentPart& part : latents.parts()) {
    parts.push_back(gan::json_object({{"name", gan::json_string(part.name)},
                                      {"size", gan::to_text(part.size)},
                                      {"drawn", gan::json_string(part.noise ? gan::to_text(*part.noise) : "class")}}));
  }
  return gan::json_array(parts);
}

gan::Metadata metadata_of(const gan::ExportCommand& command, const gan::TrainedModel& trained) {
  return {{"model", gan::to_text(trained.options.model)},
          {"arch", gan::to_text(trained.options.network.arch)},
          {"part", gan::to_text(command.part)},
          {"weights", gan::to_text(command.weights)},
          {"data", gan::data_name(trained.options.data)},
          {"step", gan::to_text(trained.step)},
          {"image_shape", gan::to_text(trained.data.images)},
          {"image_range", "-1 to 1"},
          {"latents", latents_text(trained.model->latents())},
          {"class_names", gan::json_strings(trained.data.class_names)}};
}

void write(const std::string& out, const std::string& bytes) {
  gan::with_context("--out", [&] {
    gan::make_folder(std::filesystem::path(out).parent_path());
    gan::write_file(out, bytes);
  });
}

int export_small(const gan::ExportCommand& command) {
  const gan::Dict file = gan::read_gan_file(command.checkpoint, gan::GanFile::generator);
  const gan::Dict small = gan::with_context(command.checkpoint, [&] { return gan::small_copy(file); });
  const std::string bytes = gan::pack_gan_file(gan::GanFile::generator, small);
  write(command.out, bytes);
  std::cout << command.out << ": a g.pt in half precision, " << gan::with_commas(static_cast<int64_t>(bytes.size()))
            << " bytes\n";
  return 0;
}

int export_model(const gan::ExportCommand& command) {
  if (command.print) return std::cout << *command.print, 0;
  if (gan::name_ending(command.out) == ".pt") return export_small(command);
  const gan::TrainedModel trained = gan::read_model(command.checkpoint, command.weights);
  const gan::InferenceGraph graph = graph_of(*trained.model, command.part);
  const std::string bytes = gan::to_onnx(graph, metadata_of(command, trained));
  write(command.out, bytes);
  std::cout << command.out << ": " << gan::to_text(command.part) << " after " << gan::with_commas(trained.step)
            << " steps, " << gan::with_commas(static_cast<int64_t>(bytes.size()))
            << " bytes; inputs: " << names_of(graph) << '\n';
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  gan::run_program("gan-export", "--checkpoint", [&] { return export_model(gan::parse_export_command(argc, argv)); });
}
