#include "app.h"

#include <algorithm>
#include <filesystem>

#include "gan/base/error.h"
#include "gan/base/spelling.h"
#include "gan/base/text.h"
#include "help.h"

namespace gan {

namespace {

/// The hint for an unknown argument.
std::string where_flags_are(const CLI::App& app) {
  const CLI::Option* all = app.get_help_all_ptr();
  return app.get_name() + (all && !all->get_group().empty() ? " --help-all" : " --help") + " lists the flags";
}

Error unknown_argument(const CLI::App& app, const std::string& argument) {
  const std::string given = argument.substr(0, argument.find('='));
  const std::string word = given.substr(std::min(given.find_first_not_of('-'), given.size()));
  std::vector<std::string> names;
  for (const auto* option : app.get_options()) {
    if (option->get_group().empty()) continue;  // not for users
    for (const auto& name : option->get_lnames()) names.push_back(name);
  }
  std::string hint = did_you_mean(word, names, "--");
  if (hint.empty()) hint = where_flags_are(app);
  return given.starts_with("-") ? Error(given + ": there is no such flag", hint)
                                : Error("'" + argument + "': expected a flag", hint);
}

/// The first unknown argument: a flag rather than the value after it.
std::string first_unknown(const CLI::App& app) {
  const std::vector<std::string> unknown = app.remaining();
  const auto flag = std::ranges::find_if(unknown, [](const std::string& text) { return text.starts_with("-"); });
  return flag != unknown.end() ? *flag : unknown.front();
}

/// Throws Error for a switch that is neither on nor off: CLI11 takes "7x" for on, and does not name what it refuses.
void require_switches(const CLI::App& app, int argc, const char* const* argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string given = argv[i], flag = given.substr(0, given.find('='));
    const CLI::Option* option = app.get_option_no_throw(flag);
    if (flag == given || option == nullptr || option->get_expected_max() > 0) continue;
    const std::string value = given.substr(flag.size() + 1);
    const auto words = {"true", "false", "on", "off", "yes", "no", "1", "0"};
    if (std::ranges::find(words, value) != words.end()) continue;
    throw Error(flag + ": expected true or false, or no value, got '" + value + "'", where_flags_are(app));
  }
}

}  // namespace

CLI::Option* add_flag_with_text(CLI::App& app, const std::string& flag, const std::string& group,
                                const std::string& help, const std::string& expected, const std::string& default_text,
                                std::function<void(const std::string&)> take) {
  return app.add_option_function<std::string>("--" + flag, take, help)
      ->group(group)
      ->type_name(expected)
      ->default_str(default_text)
      ->take_last();
}

void require_range(const char* flag, int64_t value, int64_t min, int64_t max) {
  if (value >= min && value <= max) return;
  throw Error(std::string(flag) + ": expected " + to_text(min) + " to " + to_text(max) + ", got " + to_text(value));
}

void require_path(const std::string& flag, const std::string& path) {
  if (has_control_characters(path)) throw Error(flag + ": expected no control characters, got '" + path + "'");
  std::error_code none;
  const std::string first = path.substr(0, path.find('/'));
  if (!first.starts_with("~") || std::filesystem::exists(first, none)) return;
  throw Error(flag + ": expected a path, got '" + path + "', in which the shell did not expand ~",
              "write " + flag + " " + path + " without quotes, or ./" + path);
}

CLI::Option* add_switch(CLI::App& app, const std::string& flag, const std::string& group, const std::string& help,
                        bool on, std::function<void(bool)> take) {
  return app
      .add_flag_function(
          "--" + flag + ",!--no-" + flag, [take](std::int64_t count) { take(count > 0); }, help)
      ->group(group)
      ->default_str(on ? "on" : "off")
      ->take_last();
}

std::string parse(CLI::App& app, int argc, const char* const* argv) {
  require_switches(app, argc, argv);
  try {
    app.parse(argc, argv);
  } catch (const AskedFor& asked) {
    return asked.text;
  } catch (const CLI::CallForHelp&) {
    return app.help();
  } catch (const CLI::CallForAllHelp&) {
    return app.help("", CLI::AppFormatMode::All);
  } catch (const CLI::CallForVersion& version) {
    return std::string(version.what()) + "\n";
  } catch (const CLI::ExtrasError&) {
    throw unknown_argument(app, first_unknown(app));
  } catch (const CLI::ParseError& error) {
    throw Error(error.what(), where_flags_are(app));
  }
  return {};
}

}  // namespace gan
