"""Runs ONNX files with onnxruntime and compares what they give with what our programs gave.

  onnx_beside_us.py FOLDER     X.onnx has inputs in X.in.NAME.npy and our outputs in X.out.NAME.npy
"""

import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

TYPES = {"tensor(float)": np.float32, "tensor(int64)": np.int64}


def array(path, name):
    return np.load(f"{path.with_suffix('')}.{name}.npy")


folder = Path(sys.argv[1])
for path in sorted(folder.glob("*.onnx")):
    onnx.checker.check_model(onnx.load(path), full_check=True)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    inputs = {i.name: array(path, f"in.{i.name}").astype(TYPES[i.type]) for i in session.get_inputs()}
    names = [output.name for output in session.get_outputs()]
    for name, theirs, said in zip(names, session.run(names, inputs), session.get_outputs()):
        ours = array(path, f"out.{name}")
        assert theirs.shape == ours.shape, (path.name, name, theirs.shape, ours.shape)
        assert said.shape == ["N", *ours.shape[1:]], (path.name, name, said.shape)
        assert np.isfinite(ours).all() and ours.std() > 0, (path.name, name)
        print(f"{path.stem} {name} differs by {np.abs(theirs - ours).max()}")
