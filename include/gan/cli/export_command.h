#pragma once

#include <optional>
#include <string>

#include "gan/base/choice.h"
#include "gan/run/model_file.h"

namespace gan {

/// What is written of a trained model.
enum class ExportPart { generator, discriminator, encoder };
constexpr auto choices(ExportPart) {
  return std::array<Choice<ExportPart>, 3>{{{ExportPart::generator, "generator"},
                                            {ExportPart::discriminator, "discriminator"},
                                            {ExportPart::encoder, "encoder"}}};
}

/// What a command line of gan-export asks for.
struct ExportCommand {
  std::string checkpoint;  ///< a g.pt
  ExportPart part = ExportPart::generator;
  std::string out;  ///< "generator.onnx", or "small.pt"
  WeightsKind weights = WeightsKind::ema;
  std::optional<std::string> print;  ///< print only this: help, version
};

/// Throws Error with the flag, what was expected and what was got.
ExportCommand parse_export_command(int argc, const char* const* argv);

}  // namespace gan
