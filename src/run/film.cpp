#include "gan/run/film.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/stack.h>

#include "gan/base/error.h"
#include "gan/base/file.h"
#include "gan/images/picture.h"

namespace gan {

namespace {

at::Tensor frame_in(const std::filesystem::path& file) {
  return with_context(file.string(), [&] {
    const Picture picture = decode_picture(read_file(file));
    return picture.alpha.defined() ? at::cat({picture.colors, picture.alpha}) : picture.colors;
  });
}

}  // namespace

at::Tensor film_of(const RunFolder& folder, int64_t most) {
  const std::vector<SavedGrid> grids = spread(folder.samples_saved(), static_cast<size_t>(most));
  if (grids.empty()) throw Error(folder.samples().string() + ": the run has no grids of samples there");
  std::vector<at::Tensor> frames;
  for (const SavedGrid& grid : grids) {
    frames.push_back(frame_in(grid.file));
    if (frames.back().sizes() != frames.front().sizes()) {
      throw Error(grid.file.string() + ": differs in size from " + grids.front().file.string() +
                  ", and a film has frames of one size");
    }
  }
  return at::stack(frames);
}

}  // namespace gan
