#include "gan/run/grids.h"

#include "gan/images/png.h"
#include "support/runs.h"
#include "support/test.h"

namespace gan {
namespace {

using test::digits, test::small, test::TemporaryFolder, test::train;
namespace fs = std::filesystem;

TEST(Grids, RealImagesStandInRowsOfTheirClasses) {
  const at::Tensor images = at::arange(1, 8, at::kByte).view({7, 1, 1, 1});
  const Dataset data{images, at::tensor({2, 0, 2, 0, 0, 0, 2}, at::kByte)};
  const Grid grid = real_grid(data, {.rows = 3, .columns = 3});
  EXPECT_TRUE(at::equal(grid.images.flatten(), at::tensor({2, 4, 5, 0, 0, 0, 1, 3, 7}, at::kByte))) << grid.images;
  const Grid unlike = real_grid(data, {.rows = 2, .columns = 3});
  EXPECT_TRUE(at::equal(unlike.images.flatten(), at::tensor({1, 2, 3, 4, 5, 6}, at::kByte)));
  EXPECT_TRUE(
      at::equal(real_grid({images, {}}, {.rows = 1, .columns = 2}).images.flatten(), at::tensor({1, 4}, at::kByte)));
}

TEST(Grids, FewImagesMakeASmallerGrid) {
  const Dataset data{at::zeros({5, 1, 2, 2}, at::kByte), {}};
  EXPECT_EQ(real_grid(data, {.rows = 8, .columns = 8}).shape, square_grid(5));
}

TEST(Grids, ARunThatEncodesLatentsShowsItsReconstructions) {
  for (const ModelKind model : {ModelKind::bigan, ModelKind::aae}) {
    const TemporaryFolder folder;
    const RunFolder run = RunFolder::create(folder / "run", "x");
    Options options = small(11);
    options.model = model;
    options.grid = {5, 3};
    train(options, run);
    for (const int64_t step : {0, 10, 11}) EXPECT_TRUE(fs::exists(run.reconstruction(step))) << step;
    const TrainedModel trained = read_model(run.generator());
    const at::Tensor six = real_grid({digits().images, {}}, {.rows = 2, .columns = 3}).images;
    const Grid expected = pairs_grid(six, reconstructed(*trained.model, six), 3);
    EXPECT_TRUE(at::equal(read_png(run.reconstruction(11)), make_grid(expected)));
  }
}

TEST(Grids, ARunWithoutAnEncoderOfLatentsHasNone) {
  const TemporaryFolder folder;
  const RunFolder run = RunFolder::create(folder / "run", "x");
  train(small(1), run);
  EXPECT_FALSE(fs::exists(run.reconstructions()));
}

TEST(Grids, ALabelledRunShowsRealImagesByClass) {
  const TemporaryFolder folder;
  const RunFolder run = RunFolder::create(folder / "run", "x");
  Options options = small(1);
  options.model = ModelKind::cgan;
  options.grid = {10, 4};
  train(options, run);
  EXPECT_TRUE(at::equal(read_png(run.real()), make_grid(real_grid(digits(), {10, 4}))));
  EXPECT_FALSE(at::equal(read_png(run.real()), make_grid({digits().first(40).images, {10, 4}})));
}

}  // namespace
}  // namespace gan
