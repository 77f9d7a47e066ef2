"""Batches of MNIST's images as tensors."""

import torch
from idx import read_bytes
from order import Order


def read_images(folder):
    """The training images of a folder with MNIST's file names: uint8 [N, 1, H, W]."""
    data, (number, height, width) = read_bytes(folder)
    return torch.frombuffer(data, dtype=torch.uint8).view(number, 1, height, width)


class Batches:
    """Draws the images that gan-train draws from the same state of its generator."""

    def __init__(self, images, options):
        self.images, self.generator = images, torch.Generator().manual_seed(0)
        self.order = Order(
            len(images), options,
            integers=lambda count, size: torch.randint(count, (size,), generator=self.generator),
            permutation=lambda count: torch.randperm(count, generator=self.generator),
        )  # fmt: skip

    def load(self, state):
        self.generator.set_state(state["generator"])
        self.order.indices, self.order.position = state["order"], state["position"]

    def next(self):
        return self.images.index_select(0, self.next_indices()).float().div_(127.5).sub_(1)

    def next_indices(self):
        return torch.as_tensor(self.order.next())
