"""What the programs of this folder share in reading their arguments."""

import argparse


class Parser(argparse.ArgumentParser):
    """Says in one line what is wrong, as gan-train does, and ends with 2."""

    def error(self, message):
        self.exit(2, f"{self.prog}: error: {message}\n")


def count(least):
    def parse(text):
        if not text.isdecimal() or int(text) < least:
            raise argparse.ArgumentTypeError(f"expected a whole number from {least}, got '{text}'")
        return int(text)

    return parse
