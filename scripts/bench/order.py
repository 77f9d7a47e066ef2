"""Which images the batches have. Without NumPy and torch: each contender brings its own random numbers."""


class Order:
    """Draws indices as gan-train does: each image once per epoch, shuffled or in file order, or with replacement.

    `integers(count, size=...)` draws so many of 0 to count - 1, `permutation(count)` shuffles them."""

    def __init__(self, count, options, integers, permutation):
        self.count, self.size, self.sampling = count, options["batch-size"], options["sampling"]
        self.integers, self.permutation = integers, permutation
        self.indices, self.position = [], 0

    def next(self):
        if self.sampling == "replacement":
            return self.integers(self.count, size=self.size)
        if self.position + self.size > len(self.indices):
            self.indices = range(self.count) if self.sampling == "sequential" else self.permutation(self.count)
            self.position = 0
        self.position += self.size
        return self.indices[self.position - self.size : self.position]
