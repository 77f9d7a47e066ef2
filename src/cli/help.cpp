#include "help.h"

#include <unistd.h>

#include <algorithm>

#include "gan/base/error.h"
#include "gan/base/terminal.h"
#include "gan/base/text.h"
#include "gan/cli/program.h"
#include "generate.h"

namespace gan {

namespace {

constexpr const char* kProgram = "Program";  // the last group

/// "--epochs INT", "--[no-]graph", "-h, --help".
std::string name_of(const CLI::Option& option) {
  std::string name;
  for (const auto& letter : option.get_snames()) name += "-" + letter + ", ";
  name += (option.get_fnames().empty() ? "--" : "--[no-]") + option.get_lnames().front();
  const std::string type = option.get_items_expected_max() > 0 ? option.get_type_name() : "";
  return type.empty() ? name : name + " " + type;
}

/// Two columns; on a narrow screen, `right` is below `left`.
std::string entry(const std::string& left, const std::string& right, size_t columns) {
  constexpr size_t kIndent = 2, kRight = 28, kNarrow = 60;
  const bool narrow = columns < kNarrow;
  const size_t indent = narrow ? 2 * kIndent : kRight;
  std::string text = std::string(kIndent, ' ') + wrapped(left, kIndent, 2 * kIndent, columns);
  if (narrow || kIndent + left.size() + 2 > kRight) {
    text += "\n" + std::string(indent, ' ');
  } else {
    text.append(kRight - text.size(), ' ');
  }
  return text + wrapped(right, indent, indent, columns) + "\n";
}

std::string entry(const CLI::Option& option, size_t columns) {
  const std::string value = option.get_default_str();
  return entry(name_of(option), option.get_description() + (value.empty() ? "" : " [" + value + "]"), columns);
}

std::string group(const CLI::App& app, const std::string& name, size_t columns) {
  std::string text = "\n" + wrapped(name, 0, 2, columns) + "\n";
  for (const auto* option : app.get_options()) {
    if (option->get_group() == name) text += entry(*option, columns);
  }
  return text;
}

std::string all_groups(const CLI::App& app, size_t columns) {
  std::vector<std::string> names = app.get_groups();
  std::erase(names, "");  // hidden
  std::stable_partition(names.begin(), names.end(), [](const std::string& name) { return name != kProgram; });
  std::string text;
  for (const auto& name : names) text += group(app, name, columns);
  return text;
}

std::string common_flags(const CLI::App& app, const std::vector<std::string>& common, size_t columns) {
  std::string text = "\nCommon flags\n";
  for (const auto& flag : common) text += entry(*app.get_option("--" + flag), columns);
  return text + group(app, kProgram, columns);
}

std::string help_text(const CLI::App& app, const Help& help, bool all, size_t columns) {
  std::string usage = "Usage: " + app.get_name() + " [FLAGS]";
  for (const auto* option : app.get_options()) {
    if (option->get_positional()) usage += " [" + option->get_type_name() + "]";
  }
  std::string text = wrapped(app.get_description(), 0, 0, columns) + "\n\n" + wrapped(usage, 0, 2, columns) + "\n";
  text += "\nExamples\n";
  for (const auto& [command, what] : help.examples) {
    text += "  " + wrapped(command, 2, 4, columns) + "\n    " + wrapped(what, 4, 4, columns) + "\n";
  }
  return text + (all || help.common.empty() ? all_groups(app, columns) : common_flags(app, help.common, columns));
}

/// The class that CLI11 asks for its help.
class Formatter : public CLI::FormatterBase {
 public:
  explicit Formatter(Help help) : help_(std::move(help)) {}
  std::string make_help(const CLI::App* app, std::string, CLI::AppFormatMode mode) const override {
    constexpr int kMost = 100;  // longer lines are hard to read
    const int columns = std::min(screen_of(STDOUT_FILENO).columns, kMost);
    return help_text(*app, help_, mode == CLI::AppFormatMode::All, static_cast<size_t>(columns) - 1);
  }

 private:
  Help help_;
};

}  // namespace

void add_help(CLI::App& app, const Help& help) {
  const std::string what = help.common.empty() ? "This text" : "The common flags and their values";
  app.set_help_flag("-h,--help", what)->group(kProgram);
  app.set_help_all_flag("--help-all", "All flags")->group(help.common.empty() ? "" : kProgram);
  app.set_version_flag("--version", version_text(app.get_name()), "Versions of this program and of LibTorch")
      ->group(kProgram);
  app.add_option_function<std::string>(
         "--generate",
         [&app, help](const std::string& word) {
           Generated what{};
           if (!parse_text(word, what))
             throw Error("--generate: expected " + words<Generated>() + ", got '" + word + "'");
           throw AskedFor{generated(app, help, what)};
         })
      ->group("");
  app.formatter(std::make_shared<Formatter>(help));
}

bool wants_help(const CLI::App& app) {
  return app.get_help_ptr()->count() + app.get_help_all_ptr()->count() > 0;
}

}  // namespace gan
