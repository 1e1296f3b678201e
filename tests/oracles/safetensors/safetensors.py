"""A second, independent reader and writer of safetensors, with the standard library alone.

    python3 safetensors.py write FILE   writes the tensors below
    python3 safetensors.py read FILE    prints dtype, shape and values of every tensor as JSON,
                                        and whether the digest in __metadata__ holds
"""

import hashlib
import json
import struct
import sys

FORMATS = {"F32": "f", "F64": "d", "I32": "i", "U32": "I", "I64": "q"}
TENSORS = [
    ("weights", "F32", [2, 3], [0.5, -1.25, 3.0, 1e-3, -0.0, 65504.0]),
    ("moments", "F64", [2], [3.141592653589793, -1e-300]),
    ("labels", "I32", [3], [-1, 0, 2147483647]),
    ("random", "U32", [2, 2], [0, 1, 2147483648, 4294967295]),
    ("step", "I64", [], [9007199254740993]),
    ("empty", "F32", [0, 4], []),
]


def write(path):
    header, data = {"__metadata__": {"format": "pt", "note": "é"}}, b""
    for name, dtype, shape, values in TENSORS:
        packed = struct.pack(f"<{len(values)}{FORMATS[dtype]}", *values)
        offsets = [len(data), len(data) + len(packed)]
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": offsets}
        data += packed
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def read(path):
    with open(path, "rb") as file:
        content = file.read()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    data = content[8 + length :]
    metadata = header.pop("__metadata__")
    digest = metadata.pop("basin.sha256").encode()
    restored = content[: 8 + length].replace(digest, b"0" * 64) + data
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        dtype = entry["dtype"]
        assert (8 + length + begin) % struct.calcsize(FORMATS[dtype]) == 0, "not aligned"
        count = (end - begin) // struct.calcsize(FORMATS[dtype])
        values = struct.unpack(f"<{count}{FORMATS[dtype]}", data[begin:end])
        tensors[name] = {"dtype": dtype, "shape": entry["shape"], "values": [str(v) for v in values]}
    holds = hashlib.sha256(restored).hexdigest().encode() == digest
    print(json.dumps({"metadata": metadata, "digest": holds, "tensors": tensors}))


if __name__ == "__main__":
    {"write": write, "read": read}[sys.argv[1]](sys.argv[2])
