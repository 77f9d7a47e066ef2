#!/usr/bin/env python3
"""Trains with several lists of flags and says whose digits are nearest to MNIST's.

  scripts/try_recipes.py --steps 5000 start= slow='--lr 5e-4' smooth='--label-smoothing 0.1'

A stopgap for choosing the default recipe until gan-eval exists. Each NAME='FLAGS' is one run
of gan-train for each seed, in OUT/NAME-SEED; a finished run is not made again. A run is judged
by 10,000 samples and a small classifier of digits, trained once and kept in OUT/classifier.pt:

  fd          Frechet distance between the classifier's 64 features of the samples and of the
              10,000 test images: smaller is better. It is not FID, which has another network,
              and it compares only runs judged by the same classifier.pt.
  confidence  mean over the samples of the classifier's largest probability, in percent
  smallest,   shares of the rarest and of the most frequent class, in percent
  largest

The row "floor" has the same for the first 10,000 training images: no generator needs to be
better. It flatters them a little, as the classifier was trained on them. Flags that say how
long to train (--steps, --epochs, --max-minutes) replace the length given for all.
"""

import argparse
import json
import re
import shlex
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

warnings.filterwarnings("ignore", message="Failed to initialize NumPy")

import torch  # noqa: E402  (the filter above must come first)
from torch import nn  # noqa: E402

COUNT = 10000
FIRST_SEED = 1000000
FEATURES = 64
EPOCHS = 3
BATCH = 128
LEAST_ACCURACY = 0.985
LENGTHS = ("--steps", "--epochs", "--max-minutes")
NOTE = "tried.json"
COLUMNS = ("setting", "seed", "steps", "images/s", "fd", "confidence", "smallest", "largest")


def read_idx(path):
    try:
        data = bytearray(path.read_bytes())
    except OSError as error:
        sys.exit(f"{path}: {error.strerror}")
    sizes = [int.from_bytes(data[4 + 4 * i : 8 + 4 * i], "big") for i in range(data[3])]
    return torch.frombuffer(data, dtype=torch.uint8, offset=4 + 4 * len(sizes)).view(sizes)


def read_images(path):
    return read_idx(path).float().div(255).unsqueeze(1)


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(32 * 7 * 7, FEATURES), nn.ReLU(),
        )  # fmt: skip
        self.scores = nn.Linear(FEATURES, 10)

    def forward(self, images):
        return self.scores(self.features(images))


def train_classifier(images, labels):
    torch.manual_seed(0)
    classifier = Classifier()
    optimizer = torch.optim.Adam(classifier.parameters(), lr=2e-3)
    steps = EPOCHS * -(-len(images) // BATCH)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1, 0.02, total_iters=steps)
    for _ in range(EPOCHS):
        for chosen in torch.randperm(len(images)).split(BATCH):
            optimizer.zero_grad()
            nn.functional.cross_entropy(classifier(images[chosen]), labels[chosen]).backward()
            optimizer.step()
            schedule.step()
    return classifier


@torch.no_grad()
def look(classifier, images):
    """The classifier's features and probabilities of all images, in float64."""
    features = torch.cat([classifier.features(part) for part in images.split(1000)])
    return features.double(), classifier.scores(features).double().softmax(1)


def get_classifier(path, data):
    classifier = Classifier()
    if path.exists():
        classifier.load_state_dict(torch.load(path, weights_only=True))
        return classifier.eval()
    print(f"Training the classifier into {path}", file=sys.stderr)
    labels = read_idx(data / "train-labels-idx1-ubyte").long()
    classifier = train_classifier(read_images(data / "train-images-idx3-ubyte"), labels).eval()
    _, probabilities = look(classifier, read_images(data / "t10k-images-idx3-ubyte"))
    wanted = read_idx(data / "t10k-labels-idx1-ubyte").long()
    accuracy = (probabilities.argmax(1) == wanted).double().mean().item()
    print(f"It knows {100 * accuracy:.2f} % of the test digits", file=sys.stderr)
    if accuracy < LEAST_ACCURACY:
        sys.exit(f"That is less than {100 * LEAST_ACCURACY} %: it is no judge")
    torch.save(classifier.state_dict(), path)
    return classifier


def square_root(matrix):
    values, vectors = torch.linalg.eigh(matrix)
    # Rounding makes tiny eigenvalues negative.
    return vectors * values.clamp(min=0).sqrt() @ vectors.T


def frechet_distance(a, b):
    cov_a, cov_b = a.T.cov(), b.T.cov()
    root = square_root(cov_a)
    # Has the eigenvalues of cov_a * cov_b, but is symmetric, as eigh wants it.
    product = root @ cov_b @ root
    shared = torch.linalg.eigvalsh((product + product.T) / 2).clamp(min=0).sqrt().sum()
    means = (a.mean(0) - b.mean(0)).square().sum()
    return (means + cov_a.trace() + cov_b.trace() - 2 * shared).item()


def judge(classifier, images, wanted):
    features, probabilities = look(classifier, images)
    shares = probabilities.argmax(1).bincount(minlength=10) / len(images)
    return {
        "fd": frechet_distance(features, wanted),
        "confidence": 100 * probabilities.max(1).values.mean().item(),
        "smallest": 100 * shares.min().item(),
        "largest": 100 * shares.max().item(),
    }


def length_flags(options, flags):
    if any(flag.split("=")[0] in LENGTHS for flag in flags):
        return []
    if options.steps:
        return ["--steps", str(options.steps)]
    # The recipe's number of epochs must not end the run before its time.
    return ["--epochs", "100000", "--max-minutes", str(options.minutes)]


def is_finished(folder, flags):
    note = folder / NOTE
    if not note.exists() or not (folder / "g.pt").exists():
        return False
    if json.loads(note.read_text()) != flags:
        sys.exit(f"{folder} was made with other flags or another length: take another name")
    return True


def train(options, folder, flags):
    flags = flags + length_flags(options, flags)
    if is_finished(folder, flags):
        return
    if folder.exists():
        # Nothing but an unfinished run may be deleted.
        if any(folder.iterdir()) and not (folder / "options.toml").exists():
            sys.exit(f"{folder} is not a run of gan-train")
        shutil.rmtree(folder)
    seed = folder.name.rpartition("-")[2]
    command = [options.train, "--data", options.data, "--out", folder, "--quiet", "--seed", seed]
    run(command + ["--threads", str(options.threads)] + flags)
    (folder / NOTE).write_text(json.dumps(flags) + "\n")


def run(command):
    print("+", shlex.join(map(str, command)), file=sys.stderr)
    code = subprocess.run(command, stdout=subprocess.DEVNULL).returncode
    if code:
        sys.exit(f"{command[0]} ended with {code}")


def draw_samples(options, folder):
    path = folder / f"judged-{options.weights}.idx"
    generator = folder / "g.pt"
    if not path.exists() or path.stat().st_mtime < generator.stat().st_mtime:
        command = [options.sample, "--checkpoint", generator, "--weights", options.weights]
        command += ["--format", "idx", "--count", str(COUNT), "--seed", str(FIRST_SEED)]
        run(command + ["--threads", str(options.threads), "--out", path])
    return read_images(path)


def try_one(options, classifier, wanted, name, flags, seed):
    folder = options.out / f"{name}-{seed}"
    train(options, folder, flags)
    last = json.loads((folder / "metrics.jsonl").read_text().splitlines()[-1])
    row = {"setting": name, "seed": seed, "steps": last["step"]}
    row["images/s"] = last["images_seen"] / last["seconds"]
    return row | judge(classifier, draw_samples(options, folder), wanted)


def as_text(column, value):
    if not isinstance(value, float):
        return str(value)
    return f"{value:.0f}" if column == "images/s" else f"{value:.2f}"


def print_table(rows):
    lines = [[as_text(column, row.get(column, "")) for column in COLUMNS] for row in rows]
    lines.insert(0, list(COLUMNS))
    width = [max(len(line[i]) for line in lines) for i in range(len(COLUMNS))]
    for line in lines:
        cells = [cell.rjust(width[i]) for i, cell in enumerate(line)]
        print("  ".join([line[0].ljust(width[0])] + cells[1:]))


def setting(text):
    name, equals, flags = text.partition("=")
    if not equals or not re.fullmatch(r"[A-Za-z0-9][\w.+-]*", name):
        raise argparse.ArgumentTypeError(f"'{text}' is not NAME='FLAGS'")
    return name, shlex.split(flags)


def parse():
    about, _, _ = __doc__.partition("\n")
    parser = argparse.ArgumentParser(description=about, epilog="The file's head says more.")
    parser.add_argument("settings", metavar="NAME='FLAGS'", nargs="+", type=setting)
    parser.add_argument("--data", type=Path, default=Path("data/mnist"))
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--minutes", type=float, default=5, help="of each run (5)")
    length.add_argument("--steps", type=int, help="of each run, instead of minutes")
    parser.add_argument("--seeds", default="0", help="such as 0,1 (0)")
    parser.add_argument("--threads", type=int, default=0, help="0: one a core")
    parser.add_argument("--weights", choices=("ema", "raw"), default="ema", help="judged (ema)")
    parser.add_argument("--out", type=Path, default=Path("runs/tries"))
    parser.add_argument("--train", default="build/release/gan-train")
    parser.add_argument("--sample", default="build/release/gan-sample")
    return parser.parse_args()


def main():
    options = parse()
    if options.threads:
        torch.set_num_threads(options.threads)
    options.out.mkdir(parents=True, exist_ok=True)
    classifier = get_classifier(options.out / "classifier.pt", options.data)
    wanted, _ = look(classifier, read_images(options.data / "t10k-images-idx3-ubyte"))
    real = read_images(options.data / "train-images-idx3-ubyte")[:COUNT]
    rows = [{"setting": "floor"} | judge(classifier, real, wanted)]
    for seed in options.seeds.split(","):
        for name, flags in options.settings:
            rows.append(try_one(options, classifier, wanted, name, flags, seed))
    print_table(sorted(rows, key=lambda row: row["fd"]))


if __name__ == "__main__":
    main()
