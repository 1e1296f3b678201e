"""PyTorch's times for F1 (784, 5 x (dense 512, batch norm, ReLU), 10): one JSON line on standard output.

The caller's environment chooses the processor's kernels (OPENBLAS_CORETYPE, ATEN_CPU_CAPABILITY; README.md).
"""
import argparse
import json
import os
import pathlib
import statistics
import time


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--what", choices=("epoch", "gradient", "hvp", "hvp-retained"), required=True)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--threads", type=int, default=1, help="of torch's own loops")
    parser.add_argument("--blas-threads", type=int, help="of OpenBLAS, default: --threads")
    parser.add_argument("--repeat", type=int, default=5, help="timed runs, after an untimed one (none before epochs)")
    parser.add_argument("--data", type=pathlib.Path, help="folder with MNIST's train-*-ubyte files, default: random")
    options = parser.parse_args()
    options.blas_threads = options.blas_threads or options.threads
    return options


options = arguments()
# Both libraries read these once, when numpy and torch load them. OpenMP's threads would otherwise
# spin on the cores that OpenBLAS's own threads need.
os.environ["OPENBLAS_NUM_THREADS"] = str(options.blas_threads)
os.environ["OMP_NUM_THREADS"] = str(options.threads)
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import numpy as np  # noqa: E402
import torch  # noqa: E402

HIDDEN, CLASSES, FEATURES = 512, 10, 784
LEARNING_RATE = 1e-3


def network():
    layers, width = [], FEATURES
    for _ in range(5):
        layers += [torch.nn.Linear(width, HIDDEN), torch.nn.BatchNorm1d(HIDDEN, eps=1e-3), torch.nn.ReLU()]
        width = HIDDEN
    return torch.nn.Sequential(*layers, torch.nn.Linear(width, CLASSES)).train()


def read_idx(path):
    content = path.read_bytes()
    dimensions = content[3]
    shape = np.frombuffer(content, ">u4", dimensions, 4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * dimensions).reshape(shape)


def samples(folder):
    """All training images scaled to [0, 1] and their labels; random ones where no folder is given."""
    if folder is None:
        return torch.rand(60000, FEATURES), torch.randint(CLASSES, (60000,))
    images = read_idx(folder / "train-images-idx3-ubyte").reshape(-1, FEATURES)
    labels = read_idx(folder / "train-labels-idx1-ubyte")
    return torch.from_numpy(images.astype(np.float32) / 255), torch.from_numpy(labels.astype(np.int64))


def epoch(model, inputs, labels, batch):
    """Every sample once in a fresh order, Adam; the last batch may be smaller."""
    optimizer = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE, eps=1e-7)

    def once():
        for indices in torch.randperm(len(inputs)).split(batch):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(model(inputs[indices]), labels[indices]).backward()
            optimizer.step()

    return once


def gradient(model, inputs, labels):
    weights = list(model.parameters())
    return lambda: torch.autograd.grad(torch.nn.functional.cross_entropy(model(inputs), labels), weights)


def slopes(model, inputs, labels, weights):
    loss = torch.nn.functional.cross_entropy(model(inputs), labels)
    return torch.autograd.grad(loss, weights, create_graph=True)


def hessian_vector(model, inputs, labels):
    """Everything anew: forward, backward, and backward again."""
    weights = list(model.parameters())
    vector = [torch.randn_like(w) for w in weights]
    return lambda: torch.autograd.grad(slopes(model, inputs, labels, weights), weights, vector)


def hessian_vector_retained(model, inputs, labels):
    """The product alone, on a graph built once."""
    weights = list(model.parameters())
    vector = [torch.randn_like(w) for w in weights]
    first = slopes(model, inputs, labels, weights)
    return lambda: torch.autograd.grad(first, weights, vector, retain_graph=True)


def main():
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    model = network()
    inputs, labels = samples(options.data)
    if options.what == "epoch":
        work = epoch(model, inputs, labels, options.batch)
    else:
        make = {"gradient": gradient, "hvp": hessian_vector, "hvp-retained": hessian_vector_retained}[options.what]
        work = make(model, inputs[: options.batch], labels[: options.batch])
        work()

    times = []
    for _ in range(options.repeat):
        start = time.perf_counter()
        work()
        times.append(1000 * (time.perf_counter() - start))
    report = {
        "what": options.what,
        "batch": options.batch,
        "threads": options.threads,
        "blas_threads": options.blas_threads,
        "coretype": os.environ.get("OPENBLAS_CORETYPE"),
        "capability": os.environ.get("ATEN_CPU_CAPABILITY"),
        "torch": torch.__version__,
        "data": "random" if options.data is None else "mnist",
        "times_ms": [round(t, 3) for t in times],
        "median_ms": round(statistics.median(times), 3),
        "min_ms": round(min(times), 3),
    }
    print(json.dumps(report))


main()
