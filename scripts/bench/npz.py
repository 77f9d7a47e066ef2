"""Pictures of random pixels in NumPy's archive format (numpy.lib.format), without NumPy."""

import ast
import random
import struct
import zipfile

NAME = "x_train.npy"


def write_pictures(path, shape):
    """Random bytes [N, C, H, W]."""
    number, *image = shape
    size = image[0] * image[1] * image[2]
    header = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {tuple(shape)}}}".encode()
    padded = header.ljust(-(len(header) + 11) % 64 + len(header)) + b"\n"
    pixels = random.Random(0).randbytes(number * size)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(NAME, b"\x93NUMPY\x01\x00" + struct.pack("<H", len(padded)) + padded + pixels)


def read_pictures(path):
    """The bytes of what `write_pictures` wrote, and their shape."""
    with zipfile.ZipFile(path) as archive:
        data = bytearray(archive.read(NAME))
    end = 10 + struct.unpack("<H", data[8:10])[0]
    return memoryview(data)[end:], ast.literal_eval(data[10:end].decode())["shape"]
