#include "gan/training/config.h"

#include <algorithm>
#include <optional>
#include <set>

#include "gan/base/file.h"
#include "gan/base/spelling.h"
#include "gan/base/text.h"

namespace gan {

namespace {

constexpr uint64_t kMaxBytes = 1 << 20;
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";  // Windows' editors begin a UTF-8 text with it

bool is_key_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/// What a line that is no TOML of ours seems to be instead: "---", "- a", "batch-size: 64" are YAML; "{" begins JSON.
std::string_view other_format(std::string_view line) {
  if (line.starts_with('{')) return "JSON";
  if (line.starts_with("---") || line.starts_with("- ")) return "YAML";
  const size_t after_key = line.find_first_of(": \t=\"'");
  return after_key != std::string_view::npos && line[after_key] == ':' ? "YAML" : "";
}

/// One line of the file, read from the left.
class Line {
 public:
  explicit Line(std::string_view text) : left_(text) {}

  /// Passes over blanks; whether a value or key follows, and no end or comment.
  bool more() {
    while (!left_.empty() && (left_[0] == ' ' || left_[0] == '\t')) left_.remove_prefix(1);
    return !left_.empty() && left_[0] != '#';
  }
  std::string_view left() const { return left_; }
  bool takes(char c) {
    if (!more() || left_[0] != c) return false;
    left_.remove_prefix(1);
    return true;
  }
  std::string key() {
    std::string key;
    while (!left_.empty() && is_key_character(left_[0])) key += next();
    if (key.empty()) throw Error("expected the name of an option");
    return key;
  }
  std::string value() {
    if (takes('"')) return basic_string();
    if (takes('\'')) return literal_string();
    std::string token;
    while (!left_.empty() && std::string_view(" \t#").find(left_[0]) == std::string_view::npos) token += next();
    double number = 0;
    bool truth = false;
    if (!parse_text(token, number) && !parse_text(token, truth)) {
      throw Error("expected a number, true, false or a text in quotes, got '" + token + "'");
    }
    return token;
  }

 private:
  char next() {
    if (left_.empty()) throw Error("a quote is not closed in its line");
    const char c = left_[0];
    if (c != '\t' && has_control_characters({&c, 1})) throw Error("expected no control characters");
    left_.remove_prefix(1);
    return c;
  }
  std::string literal_string() {
    std::string text;
    for (char c = next(); c != '\''; c = next()) text += c;
    return text;
  }
  std::string basic_string() {
    std::string text;
    for (char c = next(); c != '"'; c = next()) text += c == '\\' ? escaped() : c;
    return text;
  }
  char escaped() {
    const char c = next();
    if (c != '"' && c != '\\') throw Error(std::string("no such escape: \\") + c, "\\\\ is a backslash");
    return c;
  }

  std::string_view left_;
};

/// Sets the entry's option. Throws Error naming file and line.
void apply(const Config& config, const Config::Entry& entry, Options& options) {
  with_context(config.path.string() + ": line " + to_text(entry.line), [&] {
    if (set_option(options, entry.flag, entry.text)) return;
    const std::string meant = did_you_mean(entry.flag, option_names());
    throw Error("'" + entry.flag + "': no such option",
                meant.empty() ? "the keys are those that a run's options.toml lists" : meant);
  });
}

/// The entry of a line; empty for a line without one.
std::optional<Config::Entry> parse_line(std::string_view text, int64_t number) {
  Line line(text);
  if (!line.more()) return {};
  if (const std::string format(other_format(line.left())); !format.empty()) {
    throw Error("this is " + format + ", expected TOML: lines like batch-size = 64");
  }
  const std::string flag = line.key();
  if (!line.takes('=')) throw Error("expected " + flag + " = its value");
  if (!line.more()) throw Error("'" + flag + "' has no value");
  const std::string value = line.value();
  if (line.more()) throw Error("expected nothing more after the value of '" + flag + "'");
  return Config::Entry{flag, value, number};
}

/// Numbers, true and false stand bare in TOML; everything else is a string.
template <class Field>
std::string toml_value(const Field& field) {
  const std::string text = to_text(field);
  if constexpr (std::is_arithmetic_v<Field>) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

}  // namespace

Config read_config(const std::filesystem::path& path) {
  const std::string text = read_file(path, kMaxBytes);
  if (!is_utf8(text)) throw Error(path.string() + ": not a text in UTF-8");
  Config config{.path = path, .entries = {}};
  std::set<std::string> flags;
  int64_t number = 0;
  for (size_t at = text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    std::string_view line(text.data() + at, end - at);
    if (line.ends_with('\r')) line.remove_suffix(1);
    at = end + 1;
    with_context(path.string() + ": line " + to_text(++number), [&] {
      const auto entry = parse_line(line, number);
      if (!entry) return;
      if (!flags.insert(entry->flag).second) throw Error("'" + entry->flag + "' is set a second time");
      config.entries.push_back(*entry);
    });
  }
  std::stable_partition(config.entries.begin(), config.entries.end(),
                        [](const auto& entry) { return sets_both_players(entry.flag); });
  Options alone;
  for (const auto& entry : config.entries) apply(config, entry, alone);
  config.of_a_whole_run = are_of_a_whole_run(alone, flags);
  return config;
}

void apply(const Config& config, Options& options) {
  if (config.of_a_whole_run) {
    options = {};
    complete_older(options, [&](const std::string& flag) {
      return std::ranges::any_of(config.entries, [&](const Config::Entry& entry) { return entry.flag == flag; });
    });
  }
  for (const auto& entry : config.entries) apply(config, entry, options);
}

void apply_config(const std::filesystem::path& path, Options& options) {
  apply(read_config(path), options);
}

void require_readers(const Config& config, const Options& options) {
  if (config.of_a_whole_run) return;
  for (const auto& entry : config.entries) {
    with_context(config.path.string() + ": line " + to_text(entry.line), [&] { require_reader(options, entry.flag); });
  }
}

std::string to_toml(const Options& options) {
  const Options read = only_read(options);
  std::string text, group;
  each_option(read, [&](const auto& field, const OptionInfo& info) {
    if (!info.reader.reads) return;
    if (group != info.group) text += (text.empty() ? "# " : "\n# ") + (group = info.group) + "\n";
    text += std::string(info.flag) + " = " + toml_value(field) + "\n";
  });
  return text;
}

}  // namespace gan
