#include "gan/cli/config.h"

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
    const auto code = static_cast<unsigned char>(c);
    if ((code < 0x20 && c != '\t') || code == 0x7f) throw Error("a control character that is not escaped");
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
    for (char c = next(); c != '"'; c = next()) c == '\\' ? append_escaped(text) : text.push_back(c);
    return text;
  }
  void append_escaped(std::string& text) {
    static constexpr std::string_view kLetters = "btnfr\"\\", kMeant = "\b\t\n\f\r\"\\";
    const char letter = next();
    if (letter == 'u' || letter == 'U') {
      const uint32_t code = hexadecimal(letter == 'u' ? 4 : 8);
      if (code == 0) throw Error("a text cannot hold the character 0");
      append_utf8(text, code);
    } else if (const size_t at = kLetters.find(letter); at != std::string_view::npos) {
      text += kMeant[at];
    } else {
      throw Error(std::string("no such escape: \\") + letter);
    }
  }
  uint32_t hexadecimal(int digits) {
    uint32_t value = 0;
    for (int i = 0; i < digits; ++i) {
      const size_t digit = std::string_view("0123456789abcdefABCDEF").find(next());
      if (digit == std::string_view::npos) throw Error("\\u takes four hexadecimal digits, \\U eight");
      value = value << 4 | static_cast<uint32_t>(digit < 16 ? digit : digit - 6);
    }
    return value;
  }

  std::string_view left_;
};

}  // namespace

void apply_config(const std::filesystem::path& path, Options& options) {
  const std::string text = read_file(path, kMaxBytes);
  if (!is_utf8(text)) throw Error(path.string() + ": not a text in UTF-8");

  struct Entry {
    int64_t line;
    std::string flag, value;
  };
  std::vector<Entry> entries;
  std::set<std::string> flags;
  int64_t number = 0;
  for (size_t at = text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    std::string_view whole(text.data() + at, end - at);
    if (whole.ends_with('\r')) whole.remove_suffix(1);
    at = end + 1;
    with_context(path.string() + ": line " + to_text(++number), [&] {
      Line line(whole);
      if (!line.more()) return;
      if (const std::string format(other_format(line.left())); !format.empty()) {
        throw Error("this is " + format + ", expected TOML: lines like batch-size = 64");
      }
      const std::string flag = line.key();
      if (!line.takes('=')) throw Error("expected " + flag + " = its value");
      if (!line.more()) throw Error("'" + flag + "' has no value");
      entries.push_back({number, flag, line.value()});
      if (line.more()) throw Error("expected nothing more after the value of '" + flag + "'");
      if (!flags.insert(flag).second) throw Error("'" + flag + "' stands there a second time");
    });
  }
  if (are_of_a_whole_run(flags)) options = {};
  for (const bool both : {true, false}) {  // "lr" before "g-lr", so that the one for one player wins
    for (const auto& [line, flag, value] : entries) {
      if (sets_both_players(flag) != both) continue;
      with_context(path.string() + ": line " + to_text(line), [&, &flag = flag, &value = value] {
        if (!set_option(options, flag, value)) {
          const std::string meant = did_you_mean(flag, option_names());
          throw Error("'" + flag + "': no such option",
                      meant.empty() ? "the keys are those that a run's options.toml lists" : meant);
        }
      });
    }
  }
}

bool config_says(const std::filesystem::path& path, const Options& options) {
  std::error_code none;
  if (!std::filesystem::exists(path, none)) return false;
  Options said;
  apply_config(path, said);
  return all_changes(options, said).empty();
}

}  // namespace gan
