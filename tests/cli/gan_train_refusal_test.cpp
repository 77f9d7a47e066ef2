// Wrong use of gan-train and bad input: one line that names the flag or file, and nothing is created.

#include "cli/gan_train.h"

namespace gan {
namespace {

using test::expect_refusal;
using test::TemporaryFolder;
namespace fs = std::filesystem;

TEST(GanTrainRefusal, ABenchLeavesNothingAndGoesWithNoFolder) {
  expect_refusal({"--bench", "--out", "run"}, "--bench: leaves no run");
  expect_refusal({"--bench", "--dry-run"}, "--bench: leaves no run");
  expect_refusal({"--bench", "--verify-resume", "10"}, "--verify-resume: leaves no run");
}

TEST(GanTrainRefusal, NamesTheFetchScriptWhereDataIsMissing) {
  const std::string how =
      ": no such folder or file (name a folder of pictures, fetch MNIST with scripts/fetch_data.sh mnist, or try "
      "--data data/mnist-tiny)";
  expect_refusal({}, "data/mnist" + how);
  expect_refusal({"--recipe", "faces"}, "data/faces" + how);
}

TEST(GanTrainRefusal, RefusesWhatIsNotIdx) {
  const TemporaryFolder folder;
  test::spill(folder / "text", "these are not digits, by far");
  expect_refusal({"--data", folder / "text"}, "not an IDX file");
}

TEST(GanTrainRefusal, RefusesImagesTheNetworkCannotMake) {
  const TemporaryFolder folder;
  test::spill(folder / "small", std::string("\0\0\x08\x03\0\0\0\x02\0\0\0\x01\0\0\0\x01\x01\x02", 18));
  expect_refusal({"--data", folder / "small"}, "--arch dcgan makes images of 28x28, 32x32, 40x40");
}

TEST(GanTrainRefusal, RefusesABatchLargerThanTheData) {
  expect_refusal({"--data", test::mnist_tiny(), "--batch-size", "1001"},
                 "--batch-size: expected at most the number of images, 1000, got 1001");
}

TEST(GanTrainRefusal, RefusesWordsAndNumbersOutOfTheirChoice) {
  expect_refusal({"--checkpoint-every", "9000000000000000000e"}, "--checkpoint-every: expected at most 1000000000");
  const std::string data = test::mnist_tiny();
  expect_refusal(
      {"--data", data, "--recipe", "biggan"},
      "--recipe: expected dcgan|dcgan-wide|upconv|mlp|mlp-smooth|faces|stacked-mnist|cgan|infogan|bigan|aae|lapgan, "
      "got 'biggan'");
  expect_refusal({"--data", data, "--arch", "dcgan-wide"}, "--arch: expected dcgan|upconv|mlp, got 'dcgan-wide'");
  expect_refusal({"--data", data, "--lr", "fast"}, "--lr: expected a number, got 'fast'");
  expect_refusal({"--data", data, "--epochs", "0"}, "--epochs: expected 1 to ");
  expect_refusal({"--data", data, "--grid", "8"}, "--grid: expected rows x columns");
  expect_refusal({"--data", data, "--device", "tpu"}, "--device: expected auto, cpu, cuda or cuda:N, got 'tpu'");
  expect_refusal({"--data", data, "--device", "cuda:77"}, "--device cuda:77: ");
  expect_refusal({"--data", data, "--loops", "3"}, "--loops");
  expect_refusal({"--data", data, "--epochs"}, "--epochs");
}

TEST(GanTrainRefusal, AMisspeltFlagOrWordIsAnsweredWithTheOneThatIsMeant) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> misspelt{
      {{"--epoch", "3"}, "--epoch: there is no such flag (did you mean --epochs?)"},
      {{"--reciep", "mlp"}, "--reciep: there is no such flag (did you mean --recipe?)"},
      {{"--batch_size=3"}, "--batch_size: there is no such flag (did you mean --batch-size?)"},
      {{"-epochs", "3"}, "-epochs: there is no such flag (did you mean --epochs?)"},
      {{"--no-grap"}, "--no-grap: there is no such flag (did you mean --no-graph?)"},
      {{"epochs", "3"}, "'epochs': expected a flag (did you mean --epochs?)"},
      {{"--zzz"}, "--zzz: there is no such flag (gan-train --help-all lists the flags)"},
      {{"--recipe", "dcgam"}, "got 'dcgam' (did you mean dcgan?)"},
      {{"--arch", "dcgna"}, "got 'dcgna' (did you mean dcgan?)"},
      {{"--loss", "hing"}, "got 'hing' (did you mean hinge?)"},
      {{"--d-optimizer", "adm"}, "--d-optimizer: expected adam|sgd|rmsprop, got 'adm' (did you mean adam?)"}};
  for (const auto& [arguments, expected] : misspelt) expect_refusal(arguments, expected + "\n");
}

TEST(GanTrainRefusal, AValueForBothPlayersIsRefusedByTheFlagThatWasGiven) {
  for (const auto& [flag, value] : {std::pair{"--lr", "-1"},
                                    {"--beta1", "1"},
                                    {"--beta2", "1"},
                                    {"--epsilon", "2"},
                                    {"--momentum", "1"},
                                    {"--rms-decay", "1"}}) {
    const std::string name = flag;
    expect_refusal({name, value}, "error: " + name + ": expected 0 to ");
    expect_refusal({"--g-" + name.substr(2), value}, "error: --g-" + name.substr(2) + ": expected 0 to ");
  }
  expect_refusal({"--optimizer", "sgd", "--nesterov"}, "error: --nesterov: only a --momentum above 0 reads it");
  expect_refusal({"--d-optimizer", "sgd", "--d-nesterov"}, "error: --d-nesterov: only a --d-momentum above 0 reads it");
  const TemporaryFolder folder;
  test::spill(folder / "c.toml", "seed = 1\nbeta1 = 1\n");
  expect_refusal({"--config", folder / "c.toml"}, "line 2: --beta1: expected 0 to ");
}

TEST(GanTrainRefusal, AnOptionThatNothingReadsIsRefusedWithWhatWouldReadIt) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> unread{
      {{"--arch", "mlp", "--base-channels", "64"}, "--base-channels: only --arch dcgan reads it, not --arch mlp\n"},
      {{"--recipe", "upconv", "--no-minibatch-std"},
       "--minibatch-std: only --arch dcgan reads it, not --arch upconv\n"},
      {{"--g-momentum", "0.5"}, "--g-momentum: only --g-optimizer sgd reads it, not --g-optimizer adam\n"},
      {{"--optimizer", "sgd", "--epsilon", "1"},
       "--epsilon: only --optimizer adam|rmsprop reads it, not --optimizer sgd"},
      {{"--loss", "hinge", "--label-smoothing", "0.1"},
       "--label-smoothing: only --loss nonsaturating|minimax|lsgan reads it, not --loss hinge\n"},
      {{"--r1", "0", "--penalty-every", "4"},
       "--penalty-every: only --r1, --r2 or --gradient-penalty above 0 reads it\n"},
      {{"--inferred-fakes"}, "--inferred-fakes: only --fresh-noise reads it\n"},
      {{"--d-norm", "none", "--no-d-norm-last"}, "--d-norm-last: only --d-norm batch reads it, not --d-norm none\n"},
      {{"--arch", "upconv", "--dropout", "0.3", "--no-dropout-last"},
       "--dropout: with --arch upconv only --dropout-last reads it\n"}};
  for (const auto& [arguments, expected] : unread) expect_refusal(arguments, "gan-train: error: " + expected);
  const TemporaryFolder folder;
  test::spill(folder / "c.toml", "arch = \"mlp\"\nd-norm = \"none\"\n");
  expect_refusal(
      {"--config", folder / "c.toml"},
      "--config: " + (folder / "c.toml").string() + ": line 2: --d-norm: only --arch dcgan reads it, not --arch mlp\n");
}

TEST(GanTrainRefusal, AControlCharacterInAPathIsRefused) {
  for (const char* flag : {"--data", "--out", "--resume", "--fork", "--config"}) {
    expect_refusal({flag, "a\nb"}, std::string(flag) + ": expected no control characters, got 'a\\nb'");
  }
}

TEST(GanTrainRefusal, RefusesAnUnknownKeyInAConfigFile) {
  const TemporaryFolder folder;
  test::spill(folder / "c.toml", "batch-size = 64\nlearning-rate = 3\n");
  expect_refusal({"--config", folder / "c.toml"}, "learning-rate");
  expect_refusal({"--config", folder / "none.toml"}, "none.toml: no such file");
  expect_refusal({"--config", folder.path()}, "expected a file, got a folder");
}

TEST(GanTrainRefusal, RefusesASwitchThatIsNeitherOnNorOff) {
  const TemporaryFolder folder;
  test::spill(folder / "c.toml", "joined-batch = maybe\n");
  expect_refusal({"--config", folder / "c.toml"}, "line 1: expected a number, true, false or a text in quotes");
  expect_refusal({"--joined-batch=maybe"}, "--joined-batch: expected true or false, or no value, got 'maybe'");
  expect_refusal({"--mirror", "--no-joined-batch=7x"},
                 "--no-joined-batch: expected true or false, or no value, got '7x'");
}

TEST(GanTrainRefusal, RefusesAnEmptyPath) {
  expect_refusal({"--resume", ""}, "--resume: expected a path, got nothing");
  expect_refusal({"--data", "stacked-mnist:"}, "--data: expected a path, got nothing");
  expect_refusal({"--out", "", "--data", test::mnist_tiny()}, "--out: expected a path, got nothing");
}

TEST(GanTrainRefusal, RefusesAFolderItCannotUse) {
  const TemporaryFolder folder;
  test::spill(folder / "file", "");
  expect_refusal({"--data", test::mnist_tiny(), "--out", folder / "file"}, "--out: ");
  expect_refusal({"--data", test::mnist_tiny(), "--out", "/proc/run"}, "--out: /proc/run");
  expect_refusal({"--data", test::mnist_tiny(), "--out", folder.path()}, "the folder is not empty");
}

TEST(GanTrainRefusal, RefusesToResumeWhereThereIsNothing) {
  const TemporaryFolder folder;
  expect_refusal({"--resume", folder / "none"}, "--resume: ");
  expect_refusal({"--resume", folder.path()}, "no run in this folder");
  expect_refusal({"--fork", folder / "none"}, "--fork: " + (folder / "none").string() + ": no such folder");
  expect_refusal({"--fork", folder.path()}, "--fork: " + folder.path().string() + ": no run in this folder");
  test::spill(folder / "g.pt", "");
  expect_refusal({"--fork", folder / "g.pt"}, "--fork: " + (folder / "g.pt").string() + ": not a zip file");
  expect_refusal({"--resume", folder / "g.pt"}, "expected a run's folder, got a file");
}

TEST(GanTrainRefusal, AFileOfOnesOwnNamedLockIsNotTouched) {
  const TemporaryFolder folder;
  fs::create_directory(folder / "run");
  test::spill(folder / "run/lock", "my notes\n");
  expect_refusal({"--data", test::mnist_tiny(), "--out", folder / "run"}, "the folder is not empty");
  EXPECT_EQ(test::slurp(folder / "run/lock"), "my notes\n");
}

}  // namespace
}  // namespace gan
