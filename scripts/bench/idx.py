"""Reads MNIST's files, and writes images so. Without NumPy and torch: each contender imports only what it needs."""

import gzip
import struct
from pathlib import Path

from command_line import Fault


def read_bytes(folder):
    """The training images of a folder with MNIST's file names, plain or gzipped: their bytes, and [N, H, W]."""
    plain, packed = (Path(folder) / f"train-images-idx3-ubyte{end}" for end in ("", ".gz"))
    try:
        data = bytearray(plain.read_bytes() if plain.exists() else gzip.decompress(packed.read_bytes()))
    except OSError as error:
        raise Fault(f"--data: {packed if not plain.exists() else plain}: {error.strerror or error}") from error
    magic, number, height, width = struct.unpack(">4I", data[:16])
    if magic != 0x803 or len(data) != 16 + number * height * width:
        raise Fault(f"--data: {folder}: not an IDX file of images")
    return memoryview(data)[16:], (number, height, width)


def write_bytes(path, pixels, shape):
    """Images [N, H, W] as bytes."""
    Path(path).write_bytes(struct.pack(">4I", 0x803, *shape) + pixels)
