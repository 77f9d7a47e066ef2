"""Reads MNIST's files, and writes images so. Without NumPy and torch: each contender imports only what it needs."""

import gzip
import struct
from pathlib import Path

from command_line import Fault


def read_file(folder, name):
    """The bytes of a file of MNIST, plain or gzipped."""
    plain, packed = (Path(folder) / f"{name}{end}" for end in ("", ".gz"))
    try:
        return bytearray(plain.read_bytes() if plain.exists() else gzip.decompress(packed.read_bytes()))
    except OSError as error:
        raise Fault(f"--data: {packed if not plain.exists() else plain}: {error.strerror or error}") from error


def read_bytes(folder):
    """The training images of a folder with MNIST's file names: their bytes, and [N, H, W]."""
    data = read_file(folder, "train-images-idx3-ubyte")
    magic, number, height, width = struct.unpack(">4I", data[:16])
    if magic != 0x803 or len(data) != 16 + number * height * width:
        raise Fault(f"--data: {folder}: not an IDX file of images")
    return memoryview(data)[16:], (number, height, width)


def read_classes(folder):
    """The bytes of the labels of these images."""
    data = read_file(folder, "train-labels-idx1-ubyte")
    magic, number = struct.unpack(">2I", data[:8])
    if magic != 0x801 or len(data) != 8 + number:
        raise Fault(f"--data: {folder}: not an IDX file of labels")
    return memoryview(data)[8:]


def write_bytes(path, pixels, shape):
    """Images [N, H, W] as bytes."""
    Path(path).write_bytes(struct.pack(">4I", 0x803, *shape) + pixels)
