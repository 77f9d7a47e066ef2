#include "gan/cli/export_command.h"

#include <filesystem>

#include "app.h"
#include "gan/base/file.h"
#include "gan/base/file_kind.h"
#include "gan/base/text.h"
#include "gan/cli/sample_command.h"
#include "help.h"

namespace gan {

namespace {

const Help kHelp{
    .examples = {{"gan-export runs/00000-dcgan", "Write that run's generator: generator.onnx"},
                 {"gan-export runs/bigan --part encoder --out e.onnx", "Write what reads latents off images"},
                 {"gan-export g.pt --weights raw", "Write the weights of the last step, not their average"}},
    .common = {}};

void add_flags(CLI::App& app, ExportCommand& command) {
  app.add_option("--checkpoint,checkpoint", command.checkpoint, "A run's g.pt, or its folder; the flag may be left out")
      ->group("Model")
      ->type_name("PATH");
  add_field(app, "part", "Model", "The network that makes images, judges them, or reads latents off them", command.part,
            to_text(command.part));
  add_field(app, "weights", "Model", "Moving average of the weights, or the last weights", command.weights,
            to_text(command.weights));
  app.add_option("--out", command.out,
                 "ONNX file, by default generator.onnx, ...; or NAME.pt: a g.pt of a quarter of the size, in half "
                 "precision, without the last weights")
      ->group("Output")
      ->type_name("FILE");
}

/// Throws Error unless the file can be written, and is none of another kind.
void require_place(const std::string& out) {
  constexpr std::string_view kOnnx = "\x08\x08\x12\x03gan";  // of our own files: IR version, producer
  if (out == "-") throw Error("--out -: the file is not written to the standard output", "name a file");
  const std::string ending = name_ending(out);
  if (ending != ".onnx" && ending != ".pt") {
    throw Error("--out " + out + ": expected a name that ends in .onnx or .pt");
  }
  with_context("--out", [&] {
    require_writable(out);
    if (std::error_code none; !std::filesystem::exists(out, none)) return;
    if (ending == ".onnx" && read_beginning(out, kOnnx.size()) == kOnnx) return;
    throw Error(out + ": is there already, and is not replaced", "name another file");
  });
}

}  // namespace

ExportCommand parse_export_command(int argc, const char* const* argv) {
  ExportCommand command;
  CLI::App app{"Writes a trained network as an ONNX file, for other programs and languages, or as a smaller g.pt.",
               "gan-export"};
  add_help(app, kHelp);
  add_flags(app, command);
  const std::string text = parse(app, argc, argv);
  if (!text.empty()) return {.print = text};
  require_path("--checkpoint", command.checkpoint);
  require_path("--out", command.out);
  if (command.checkpoint.empty()) {
    throw Error("--checkpoint: expected a run's g.pt, got nothing",
                "gan-export runs/00000-dcgan writes that run's generator; --help lists the flags");
  }
  command.checkpoint = generator_at(command.checkpoint);
  for (const char* flag : {"--part", "--weights"}) {
    if (name_ending(command.out) == ".pt" && app.count(flag) > 0) {
      throw Error(std::string(flag) + ": a .pt holds all parts, averaged where they are");
    }
  }
  if (app.count("--out") > 0 && command.out.empty()) throw Error("--out: expected a text, got an empty one");
  if (command.out.empty()) command.out = to_text(command.part) + ".onnx";
  require_place(command.out);
  return command;
}

}  // namespace gan
