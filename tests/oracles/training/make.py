"""Writes the fixtures of this folder (README.md has the format): /usr/bin/python3 tests/oracles/training/make.py"""
import pathlib
import sys

import numpy as np
import torch

FOLDER = pathlib.Path(__file__).parent
sys.path.append(str(FOLDER.parent / "hvp"))

from arrays import encode, encode_named, float32, write  # noqa: E402
from network import activation, dense, forward, shapes  # noqa: E402

FEATURES, CLASSES, BATCH, STEPS = 6, 3, 8, 10
LAYERS = [dense("dense1", 8), activation("tanh"), dense("logits", CLASSES)]

SGD, ADAM = torch.optim.SGD, torch.optim.Adam
OPTIMIZERS = {
    "sgd": (SGD, {"lr": 0.25}, {"type": "sgd", "learningRate": 0.25}),
    "momentum": (
        SGD,
        {"lr": 0.125, "momentum": 0.9},
        {"type": "momentum", "learningRate": 0.125, "momentum": 0.9},
    ),
    "nesterov": (
        SGD,
        {"lr": 0.125, "momentum": 0.9, "nesterov": True},
        {"type": "nesterov", "learningRate": 0.125, "momentum": 0.9},
    ),
    "adam": (
        ADAM,
        {"lr": 0.0625, "betas": (0.9, 0.999), "eps": 1e-7},
        {"type": "adam", "learningRate": 0.0625, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-7},
    ),
}


def train(make, settings, weights, batches):
    """Loss before and weights after each step."""
    leaves = {name: torch.tensor(array).requires_grad_() for name, array in weights.items()}
    optimizer = make(leaves.values(), **settings)
    steps = []
    for inputs, labels in batches:
        logits = forward({"layers": LAYERS}, leaves, torch.tensor(inputs), {})
        loss = torch.nn.functional.cross_entropy(logits, torch.tensor(labels))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        after = {name: leaf.detach().clone() for name, leaf in leaves.items()}
        steps.append({"loss": loss.item(), "weights": encode_named(after)})
    return steps


def main():
    rng = np.random.default_rng(11)
    weight_shapes, _, _ = shapes(LAYERS, (FEATURES,))
    weights = {name: float32(0.5 * rng.normal(size=shape)) for name, shape in weight_shapes.items()}
    batches = [
        (float32(rng.normal(size=(BATCH, FEATURES))), rng.integers(0, CLASSES, BATCH)) for _ in range(STEPS)
    ]
    for name, (make, settings, described) in OPTIMIZERS.items():
        write(
            FOLDER / f"{name}.json",
            {
                "name": name,
                "optimizer": described,
                "layers": LAYERS,
                "weights": encode_named(weights),
                "batches": [{"inputs": encode(x), "labels": y.tolist()} for x, y in batches],
                "steps": train(make, settings, weights, batches),
            },
        )


main()
