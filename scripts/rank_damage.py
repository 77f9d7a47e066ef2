#!/usr/bin/env python3
"""Compares two judges of the same data: the labelled classifier, and the one that needs no labels.

  scripts/rank_damage.py data/mnist          # about 40 minutes on 2 cores; needs NumPy
  scripts/rank_damage.py data/faces          # PNG files of one size, a sub-folder a class; needs Pillow, too

Damages real test images in ways whose harm is known, draws samples of a run after 1, 3 and 10 minutes, and has gan-eval
judge all of them twice: by a classifier of the labels beside the test images, and by the classifier of groups of like
images that gan-eval trains where there are neither labels nor test images. Prints both distances, as multiples of what
real images get, and Spearman's rank correlation of the two columns. Of pictures a third, chosen at random, are the test
images, and the classifier of the labels is trained on the others.
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


def read_idx(folder, name):
    path = next(p for p in (folder / name, folder / (name + ".gz")) if p.exists())
    data = (gzip.open if path.suffix == ".gz" else open)(path, "rb").read()
    sizes = [int.from_bytes(data[4 + 4 * i : 8 + 4 * i], "big") for i in range(data[3])]
    return np.frombuffer(data, np.uint8, offset=4 + 4 * data[3]).reshape(sizes)


def read_idx_data(folder):
    """Training images, test images, labels of the test images."""
    names = ("train-images-idx3-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
    return tuple(read_idx(folder, name) for name in names)


def pack_pictures(folder, file):
    """Writes them to a .npz as Keras has it."""
    from PIL import Image

    classes = sorted(path for path in folder.iterdir() if path.is_dir())
    paths = [(picture, label) for label, path in enumerate(classes) for picture in sorted(path.glob("*.png"))]
    images = np.stack([np.asarray(Image.open(picture).convert("RGB")) for picture, _ in paths])
    labels = np.array([label for _, label in paths], np.uint8)
    test, train = np.split(np.random.default_rng(2).permutation(len(images)), [len(images) // 3])
    np.savez(file, x_train=images[train], y_train=labels[train], x_test=images[test], y_test=labels[test])
    return images[train], images[test], labels[test]


def to_bytes(images):
    return np.clip(np.round(images), 0, 255).astype(np.uint8)


def blurred(images, sigma):
    reach = int(3 * sigma + 1)
    weights = np.exp(-((np.arange(-reach, reach + 1) / sigma) ** 2) / 2)
    weights /= weights.sum()
    images = images.astype(np.float32)
    for axis in (1, 2):
        edges = [(reach, reach) if a == axis else (0, 0) for a in range(images.ndim)]
        padded = np.pad(images, edges, mode="edge")
        images = sum(w * np.take(padded, range(i, i + images.shape[axis]), axis) for i, w in enumerate(weights))
    return to_bytes(images)


def damaged(images, labels):
    """(what, images) of each kind of damage, in random order; half as many images as are given, of each kind."""
    random = np.random.default_rng(1)
    count = len(images) // 2

    def some(among=None):
        chosen = np.arange(len(images)) if among is None else np.flatnonzero(among)
        return images[random.permutation(chosen)[:count]]

    yield "real images", some()
    for sigma in (0.05, 0.1, 0.2, 0.4):
        real = some()
        yield f"noise {sigma}", to_bytes(real + 255 * sigma * random.standard_normal(real.shape))
    for sigma in (0.5, 0.8, 1.2, 2.0):
        yield f"blur {sigma}", blurred(some(), sigma)
    for lost in (1, 3, 5):
        yield f"{lost} of {labels.max() + 1} classes dropped", some(labels >= lost)
    for share in (0.01, 0.05, 0.2):
        few = some()[: int(share * count)]
        yield f"copies of {share:.0%}", few[random.integers(len(few), size=count)]
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


def samples_of_a_run(build, data, count, folder):
    """(what, file) after each length of training."""
    for minutes in (1, 3, 10):
        start = ["--resume", folder / "run"] if minutes > 1 else ["--data", data, "--out", folder / "run"]
        run(build, "gan-train", *start, "--max-minutes", minutes, "--epochs", 1000, "--eval-every", 0, "--quiet")
        file = folder / f"{minutes}-minutes.npy"
        run(build, "gan-sample", folder / "run", "--count", count, "--out", file)
        yield f"{minutes} minute{'s' * (minutes > 1)} of training", file


def distance(build, samples, count, *judge):
    report = json.loads(run(build, "gan-eval", "--samples", samples, "--count", count, "--json", *judge))
    return next(score["value"] for name, score in report["scores"].items() if name.endswith("_fd"))


def ranks(values):
    return np.argsort(np.argsort(values))


def main():
    parser = argparse.ArgumentParser(usage="scripts/rank_damage.py DATA [--build DIR]")
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release")
    arguments = parser.parse_args()
    build, data = arguments.build.resolve(), arguments.data.resolve()
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        if (data / "t10k-labels-idx1-ubyte").exists() or (data / "t10k-labels-idx1-ubyte.gz").exists():
            train, test, labels = read_idx_data(data)
        else:
            pictures, data = data, folder / "labelled.npz"
            train, test, labels = pack_pictures(pictures, data)
            run(build, "gan-eval", "--train-classifier", "--data", data)
        bare = folder / f"{data.stem}-bare.npy"
        np.save(bare, train)
        run(build, "gan-eval", "--train-classifier", "--data", bare)
        kinds, count = [], len(test) // 2
        for what, samples in damaged(test, labels):
            kinds.append((what, folder / f"{len(kinds)}.npy"))
            np.save(kinds[-1][1], samples)
        kinds += samples_of_a_run(build, data, count, folder)
        found = np.array([[distance(build, file, count, "--data", judge) for judge in (data, bare)] for _, file in kinds])
    print(f"{'':32}{'labelled':>12}{'without':>12}")
    for (what, _), (labelled, without) in zip(kinds, found / found[0]):
        print(f"{what:32}{labelled:12.2f}{without:12.2f}")
    correlation = np.corrcoef(ranks(found[:, 0]), ranks(found[:, 1]))[0, 1]
    print(f"rank correlation {correlation:.3f}, of {len(kinds)} kinds of samples")


if __name__ == "__main__":
    main()
