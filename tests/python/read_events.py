"""Reads event files with TensorBoard's own reader.

  read_events.py FOLDER     prints a line of JSON: {"scalars": {tag: [[step, value], ...]}, "images": {tag: [[step, w, h]]}}
"""

import json
import struct
import sys

from tensorboard.backend.event_processing import event_accumulator, tag_types

events = event_accumulator.EventAccumulator(
    sys.argv[1], size_guidance={tag_types.IMAGES: 0, tag_types.TENSORS: 0, tag_types.SCALARS: 0})
events.Reload()
tags = events.Tags()


def size(png):
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    return list(struct.unpack(">II", png[16:24]))


images = {}
for tag in tags["images"]:
    images[tag] = [[image.step, image.width, image.height] for image in events.Images(tag)]
    assert all(size(image.encoded_image_string) == [image.width, image.height] for image in events.Images(tag))
scalars = {tag: [[event.step, event.value] for event in events.Scalars(tag)] for tag in tags["scalars"]}
print(json.dumps({"scalars": scalars, "images": images}))
