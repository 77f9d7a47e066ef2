#include "generate.h"

#include <algorithm>

#include "gan/base/text.h"
#include "gan/base/version.h"

namespace gan {

namespace {

/// A flag, as manual pages and shells want to know it.
struct Flag {
  std::vector<std::string> names;    ///< "--graph", "--no-graph"
  std::string type;                  ///< "INT"; empty: it takes no value
  std::vector<std::string> choices;  ///< words that it takes, besides numbers
  bool takes_path = false;
  std::string group, what, default_text;
};

std::vector<Flag> flags_of(const CLI::App& app) {
  std::vector<Flag> flags;
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty()) continue;
    Flag flag{
        .group = option->get_group(), .what = option->get_description(), .default_text = option->get_default_str()};
    for (const std::string& letter : option->get_snames()) flag.names.push_back("-" + letter);
    for (const std::string& name : option->get_lnames()) flag.names.push_back("--" + name);
    if (option->get_items_expected_max() > 0 && option->get_fnames().empty()) flag.type = option->get_type_name();
    if (flag.type.find('|') != flag.type.npos) {
      for (const std::string_view word : split(flag.type, '|')) {  // in capitals: what stands for a value
        if (std::ranges::none_of(word, [](char c) { return std::isupper(c); })) flag.choices.emplace_back(word);
      }
    }
    const auto names = [&](const char* what) { return flag.type.starts_with(what); };
    const bool is_data = flag.names.back() == "--data";  // its type is that of other texts
    flag.takes_path = is_data || names("FILE") || names("DIR") || names("PATH") || names("IMAGES") || names("RUN");
    flags.push_back(flag);
  }
  return flags;
}

/// `text` with `before` before each of these characters.
std::string escaped(const std::string& text, const std::string& characters, const std::string& before) {
  std::string result;
  for (const char character : text) {
    if (characters.find(character) != characters.npos) result += before;
    result += character;
  }
  return result;
}

// ---- A manual page, in roff's man macros -----------------------------------------------------------

std::string roff(const std::string& text) {
  std::string result;
  for (const char character : text) {
    result += character == '\\' ? "\\e" : character == '-' ? "\\-" : std::string(1, character);
  }
  return result.starts_with(".") || result.starts_with("'") ? "\\&" + result : result;
}

std::string entry(const Flag& flag) {
  std::string text = ".TP\n";
  for (size_t i = 0; i < flag.names.size(); ++i) text += (i > 0 ? ", " : "") + ("\\fB" + roff(flag.names[i]) + "\\fR");
  if (!flag.type.empty()) text += " \\fI" + roff(flag.type) + "\\fR";
  text += "\n" + roff(flag.what) + ".";
  return text + (flag.default_text.empty() ? "\n" : " Default: " + roff(flag.default_text) + ".\n");
}

std::string man_page(const CLI::App& app, const Help& help) {
  std::string title = app.get_name();
  std::ranges::transform(title, title.begin(), [](char c) { return static_cast<char>(std::toupper(c)); });
  std::string positional;
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_positional()) positional += " [\\fI" + roff(option->get_type_name()) + "\\fR]";
  }
  std::string text = ".TH " + title + " 1 \"\" \"gan " + gan_version() + "\"\n.SH NAME\n";
  text += roff(app.get_name()) + " \\- " + roff(app.get_description()) + "\n.SH SYNOPSIS\n.B " + roff(app.get_name()) +
          "\n[\\fIFLAGS\\fR]" + positional + "\n.SH EXAMPLES\n";
  for (const auto& [command, what] : help.examples) text += ".TP\n.B " + roff(command) + "\n" + roff(what) + ".\n";
  text += ".SH OPTIONS\n";
  const std::vector<Flag> flags = flags_of(app);
  std::vector<std::string> groups;
  for (const Flag& flag : flags) {
    if (std::ranges::find(groups, flag.group) == groups.end()) groups.push_back(flag.group);
  }
  for (const std::string& group : groups) {
    text += ".SS " + roff(group) + "\n";
    for (const Flag& flag : flags) {
      if (flag.group == group) text += entry(flag);
    }
  }
  text += ".SH EXIT STATUS\n0: done. 1: the run failed. 2: wrong use or bad input. 128 + n: stopped by signal n.\n";
  std::string others;
  for (const char* program : {"gan-train", "gan-sample", "gan-eval", "gan-export"}) {
    if (app.get_name() != program) others += (others.empty() ? "" : ", ") + ("\\fB" + roff(program) + "\\fR(1)");
  }
  return text + ".SH SEE ALSO\n" + others + "\n";
}

// ---- Completion ------------------------------------------------------------------------------------

std::string bash(const CLI::App& app) {
  const std::string name = app.get_name(), function = "_" + name;
  std::string cases, all;
  for (const Flag& flag : flags_of(app)) {
    for (const std::string& each : flag.names) all += (all.empty() ? "" : " ") + each;
    if (flag.type.empty()) continue;
    const std::string answer =
        flag.takes_path        ? "compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")"
        : flag.choices.empty() ? "COMPREPLY=()"
                               : "COMPREPLY=($(compgen -W \"" + joined(flag.choices, " ") + "\" -- \"$cur\"))";
    cases += "    " + joined(flag.names, "|") + ") " + answer + "; return ;;\n";
  }
  return "# bash completion of " + name + "\n" + function +
         "() {\n  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
         "  if [[ $cur == = ]]; then cur=; elif [[ $prev == = ]]; then prev=${COMP_WORDS[COMP_CWORD-2]}; fi\n"
         "  case $prev in\n" +
         cases + "  esac\n  if [[ $cur == -* ]]; then\n    COMPREPLY=($(compgen -W \"" + all +
         "\" -- \"$cur\"))\n  else\n    compopt -o filenames\n    mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n  "
         "fi\n}\n" +
         "complete -F " + function + " " + name + "\n";
}

std::string zsh(const CLI::App& app) {
  std::string text = "#compdef " + app.get_name() + "\n_arguments \\\n";
  for (const Flag& flag : flags_of(app)) {
    for (const std::string& name : flag.names) {
      std::string what = escaped(flag.what, "[]\\", "\\");
      std::string quoted;
      for (const char character : what) quoted += character == '\'' ? "'\\''" : std::string(1, character);
      std::string line = name + (flag.type.empty() ? "" : "=") + "[" + quoted + "]";
      if (!flag.type.empty()) {
        line += flag.takes_path        ? ":file:_files"
                : flag.choices.empty() ? ":value: "
                                       : ":value:(" + joined(flag.choices, " ") + ")";
      }
      text += "  '" + line + "' \\\n";
    }
  }
  return text + "  '*:file:_files'\n";
}

std::string fish(const CLI::App& app) {
  std::string text;
  for (const Flag& flag : flags_of(app)) {
    for (const std::string& name : flag.names) {
      const bool is_long = name.starts_with("--");
      text += "complete -c " + app.get_name() + (is_long ? " -l " : " -s ") + name.substr(is_long ? 2 : 1);
      if (flag.takes_path) text += " -r -F";
      if (!flag.type.empty() && !flag.takes_path) text += " -x";
      if (!flag.choices.empty()) text += " -a '" + joined(flag.choices, " ") + "'";
      text += " -d '" + escaped(flag.what, "'\\", "\\") + "'\n";
    }
  }
  return text;
}

}  // namespace

std::string generated(const CLI::App& app, const Help& help, Generated what) {
  switch (what) {
    case Generated::man:
      return man_page(app, help);
    case Generated::bash:
      return bash(app);
    case Generated::zsh:
      return zsh(app);
    case Generated::fish:
      return fish(app);
  }
  throw std::logic_error("generated: unknown kind");
}

}  // namespace gan
