"""Arrays in JSON: {"shape": [...], "data": base64 of little-endian float64}."""
import base64
import json

import numpy as np


def encode(array):
    array = np.ascontiguousarray(array, dtype="<f8")
    return {"shape": list(array.shape), "data": base64.b64encode(array.tobytes()).decode()}


def encode_named(arrays):
    return [{"name": name, **encode(array)} for name, array in arrays.items()]


def float32(array):
    """Rounded to float32, so that a float32 program starts from exactly the same numbers."""
    return np.asarray(array, dtype=np.float32).astype(np.float64)


def write(path, content):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(content, file, separators=(",", ":"))
        file.write("\n")
