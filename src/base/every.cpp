#include "gan/base/every.h"

#include "gan/base/text.h"

namespace gan {

bool Every::due(int64_t step, int64_t steps_per_epoch) const {
  if (count == 0) return false;
  if (!epochs) return step % count == 0;
  return step % steps_per_epoch == 0 && (step == steps_per_epoch || step / steps_per_epoch % count == 0);
}

bool parse_text(std::string_view text, Every& every) {
  Every parsed{.epochs = text.ends_with('e')};
  if (parsed.epochs) text.remove_suffix(1);
  if (!parse_text(text, parsed.count) || parsed.count < 0) return false;
  every = parsed;
  return true;
}

std::string to_text(const Every& every) {
  return to_text(every.count) + (every.epochs ? "e" : "");
}

}  // namespace gan
