#!/usr/bin/env python3
"""Compares two judges of the same data: the labelled classifier, and the one that needs no labels.

  scripts/rank_damage.py data/mnist          # about 40 minutes on 2 cores; needs NumPy

Damages real test images in ways whose harm is known, draws samples of a run after 1, 3 and 10 minutes, and has gan-eval
judge all of them twice: by DATA/classifier.pt beside the test images, and by the classifier of groups of like images
that gan-eval trains where there are neither labels nor test images. Prints both distances, as multiples of what real
images get, and Spearman's rank correlation of the two columns.
"""

import argparse
import gzip
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parent.parent
COUNT = 5000  # images of each kind


def read_idx(folder, name):
    path = next(p for p in (folder / name, folder / (name + ".gz")) if p.exists())
    data = (gzip.open if path.suffix == ".gz" else open)(path, "rb").read()
    sizes = [int.from_bytes(data[4 + 4 * i : 8 + 4 * i], "big") for i in range(data[3])]
    return np.frombuffer(data, np.uint8, offset=4 + 4 * data[3]).reshape(sizes)


def to_bytes(images):
    return np.clip(np.round(images), 0, 255).astype(np.uint8)


def blurred(images, sigma):
    reach = int(3 * sigma + 1)
    weights = np.exp(-((np.arange(-reach, reach + 1) / sigma) ** 2) / 2)
    weights /= weights.sum()
    images = images.astype(np.float32)
    for axis in (1, 2):
        edges = [(reach, reach) if a == axis else (0, 0) for a in range(3)]
        padded = np.pad(images, edges, mode="edge")
        images = sum(w * np.take(padded, range(i, i + images.shape[axis]), axis) for i, w in enumerate(weights))
    return to_bytes(images)


def damaged(images, labels):
    """(what, images) of each kind of damage, in random order."""
    random = np.random.default_rng(1)

    def some(among=None):
        chosen = np.arange(len(images)) if among is None else np.flatnonzero(among)
        return images[random.permutation(chosen)[:COUNT]]

    yield "real images", some()
    for sigma in (0.05, 0.1, 0.2, 0.4):
        real = some()
        yield f"noise {sigma}", to_bytes(real + 255 * sigma * random.standard_normal(real.shape))
    for sigma in (0.5, 0.8, 1.2, 2.0):
        yield f"blur {sigma}", blurred(some(), sigma)
    for lost in (1, 3, 5):
        yield f"{lost} of {labels.max() + 1} classes dropped", some(labels >= lost)
    for share in (0.01, 0.05, 0.2):
        few = some()[: int(share * COUNT)]
        yield f"copies of {share:.0%}", few[random.integers(len(few), size=COUNT)]
    for pixels in (1, 2, 4):
        yield f"shifted by {pixels}", np.roll(some(), pixels, axis=2)
    for share in (0.1, 0.3, 0.5):
        yield f"{share:.0%} of another image", to_bytes((1 - share) * some() + share * some())
    halves = some().copy()
    halves[:, : halves.shape[1] // 2] = some()[:, : halves.shape[1] // 2]
    yield "upper half of another image", halves


def run(build, program, *arguments):
    done = subprocess.run([build / program, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{program} {' '.join(map(str, arguments))}\n{done.stderr}")
    return done.stdout


def samples_of_a_run(build, data, folder):
    """(what, file) after each length of training."""
    for minutes in (1, 3, 10):
        start = ["--resume", folder / "run"] if minutes > 1 else ["--data", data, "--out", folder / "run"]
        run(build, "gan-train", *start, "--max-minutes", minutes, "--epochs", 1000, "--eval-every", 0, "--quiet")
        file = folder / f"{minutes}-minutes.npy"
        run(build, "gan-sample", folder / "run", "--count", COUNT, "--out", file)
        yield f"{minutes} minute{'s' * (minutes > 1)} of training", file


def distance(build, samples, *judge):
    report = json.loads(run(build, "gan-eval", "--samples", samples, "--count", COUNT, "--json", *judge))
    return next(score["value"] for name, score in report["scores"].items() if name.endswith("_fd"))


def ranks(values):
    return np.argsort(np.argsort(values))


def main():
    parser = argparse.ArgumentParser(usage="scripts/rank_damage.py DATA [--build DIR]")
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release")
    arguments = parser.parse_args()
    build, data = arguments.build.resolve(), arguments.data.resolve()
    images, labels = read_idx(data, "t10k-images-idx3-ubyte"), read_idx(data, "t10k-labels-idx1-ubyte")
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        bare = folder / f"{data.name}.npy"
        np.save(bare, read_idx(data, "train-images-idx3-ubyte"))
        run(build, "gan-eval", "--train-classifier", "--data", bare)
        kinds = []
        for what, samples in damaged(images, labels):
            kinds.append((what, folder / f"{len(kinds)}.npy"))
            np.save(kinds[-1][1], samples)
        kinds += samples_of_a_run(build, data, folder)
        found = np.array([[distance(build, file, "--data", judge) for judge in (data, bare)] for _, file in kinds])
    print(f"{'':32}{'labelled':>12}{'without':>12}")
    for (what, _), (labelled, without) in zip(kinds, found / found[0]):
        print(f"{what:32}{labelled:12.2f}{without:12.2f}")
    correlation = np.corrcoef(ranks(found[:, 0]), ranks(found[:, 1]))[0, 1]
    print(f"rank correlation {correlation:.3f}, of {len(kinds)} kinds of samples")


if __name__ == "__main__":
    main()
