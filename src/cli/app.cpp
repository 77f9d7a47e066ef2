#include "app.h"

#include <filesystem>

#include "gan/base/error.h"
#include "gan/base/text.h"

namespace gan {

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
  std::error_code none;
  const std::string first = path.substr(0, path.find('/'));
  if (!first.starts_with("~") || std::filesystem::exists(first, none)) return;
  throw Error(flag + ": expected a path, got '" + path + "', whose ~ the shell has left as it is",
              "write " + flag + " " + path + " without quotes, or ./" + path);
}

CLI::Option* add_switch(CLI::App& app, const std::string& flag, const std::string& group, const std::string& help,
                        std::function<void(bool)> take) {
  return app
      .add_flag_function(
          "--" + flag + ",!--no-" + flag, [take](std::int64_t count) { take(count > 0); }, help)
      ->group(group)
      ->take_last();
}

std::string parse(CLI::App& app, int argc, const char* const* argv) {
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return app.help();
  } catch (const CLI::CallForVersion& version) {
    return std::string(version.what()) + "\n";
  } catch (const CLI::ParseError& error) {
    throw Error(error.what(), app.get_name() + " --help lists the flags");
  } catch (const std::logic_error&) {  // CLI11 lets those of std::stoll out
    throw Error("a switch takes true or false, if anything", app.get_name() + " --help lists the flags");
  }
  return {};
}

}  // namespace gan
