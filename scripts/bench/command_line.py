"""Parses the arguments of the programs in this folder."""

import argparse


class Fault(Exception):
    """Wrong arguments or files."""


class Parser(argparse.ArgumentParser):
    """Reports an error in one line and exits with 2, as gan-train does."""

    def error(self, message):
        self.exit(2, f"{self.prog}: error: {message}\n")


def count(least):
    def parse(text):
        if not text.isdecimal() or int(text) < least:
            raise argparse.ArgumentTypeError(f"expected a whole number of at least {least}, got '{text}'")
        return int(text)

    return parse
