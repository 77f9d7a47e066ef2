#!/usr/bin/env python3
"""Makes a small data set from MNIST: python3 scripts/make_mnist_tiny.py SRC DST

Reads MNIST's four IDX files in SRC and writes gzipped ones to DST, with the first 100 training and the first 20 test
digits of each class, in file order. The same input gives the same images and labels.
"""

import gzip
import struct
import sys
from pathlib import Path

IMAGES_MAGIC = 0x0803
LABELS_MAGIC = 0x0801
PARTS = {"train": 100, "t10k": 20}


def read_images(path):
    data = path.read_bytes()
    magic, count, rows, columns = struct.unpack(">4I", data[:16].ljust(16, b"\0"))
    if magic != IMAGES_MAGIC or len(data) != 16 + count * rows * columns:
        sys.exit(f"{path} is not an IDX file of images")
    size = rows * columns
    images = [data[16 + i * size : 16 + (i + 1) * size] for i in range(count)]
    return images, rows, columns


def read_labels(path):
    data = path.read_bytes()
    magic, count = struct.unpack(">2I", data[:8].ljust(8, b"\0"))
    if magic != LABELS_MAGIC or len(data) != 8 + count:
        sys.exit(f"{path} is not an IDX file of labels")
    return data[8:]


def first_of_each_class(labels, per_class):
    taken = dict.fromkeys(labels, 0)
    chosen = []
    for index, label in enumerate(labels):
        if taken[label] < per_class:
            taken[label] += 1
            chosen.append(index)
    return chosen


def write_gzip(path, data):
    # No name and no time in the header, so that the bytes do not depend on the time.
    with path.open("wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as packed:
        packed.write(data)


def cut(source, target, part, per_class):
    images, rows, columns = read_images(source / f"{part}-images-idx3-ubyte")
    labels = read_labels(source / f"{part}-labels-idx1-ubyte")
    if len(images) != len(labels):
        sys.exit(f"{source} has {len(images)} {part} images and {len(labels)} labels")
    chosen = first_of_each_class(labels, per_class)
    header = struct.pack(">4I", IMAGES_MAGIC, len(chosen), rows, columns)
    write_gzip(target / f"{part}-images-idx3-ubyte.gz", header + b"".join(images[i] for i in chosen))
    header = struct.pack(">2I", LABELS_MAGIC, len(chosen))
    write_gzip(target / f"{part}-labels-idx1-ubyte.gz", header + bytes(labels[i] for i in chosen))
    print(f"{target}: {len(chosen)} digits of {part}")


def main():
    if len(sys.argv) != 3:
        print("Usage: make_mnist_tiny.py SRC DST", file=sys.stderr)
        sys.exit(2)
    source, target = Path(sys.argv[1]), Path(sys.argv[2])
    try:
        target.mkdir(parents=True, exist_ok=True)
        for part, per_class in PARTS.items():
            cut(source, target, part, per_class)
    except OSError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
