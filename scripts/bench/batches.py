"""Batches of MNIST's images, drawn as gan-train draws them."""

import torch
from idx import read_bytes


def read_images(folder):
    """The training images of a folder with MNIST's file names: uint8 [N, 1, H, W]."""
    data, (number, height, width) = read_bytes(folder)
    return torch.frombuffer(data, dtype=torch.uint8).view(number, 1, height, width)


class Batches:
    """Draws batches as gan-train does: each image once per epoch, shuffled or in file order, or with replacement."""

    def __init__(self, images, options):
        self.images, self.size, self.sampling = images, options["batch-size"], options["sampling"]
        self.generator = torch.Generator().manual_seed(0)
        self.order, self.position = torch.empty(0, dtype=torch.long), 0

    def load(self, state):
        self.generator.set_state(state["generator"])
        self.order, self.position = state["order"], state["position"]

    def next(self):
        return self.images.index_select(0, self.next_indices()).float().div_(127.5).sub_(1)

    def next_indices(self):
        if self.sampling == "replacement":
            return torch.randint(len(self.images), (self.size,), generator=self.generator)
        if self.position + self.size > len(self.order):
            self.order, self.position = self.next_order(), 0
        self.position += self.size
        return self.order[self.position - self.size : self.position]

    def next_order(self):
        if self.sampling == "sequential":
            return torch.arange(len(self.images))
        return torch.randperm(len(self.images), generator=self.generator)
