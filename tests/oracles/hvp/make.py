"""Writes the fixtures of this folder (README.md has the format): /usr/bin/python3 tests/oracles/hvp/make.py

Everything is computed in float64 from numbers that float32 represents exactly.
"""
import pathlib

import numpy as np
import torch

from arrays import encode, encode_named, float32, write
from network import FLATTEN, activation, average_pool, batch_norm, conv, dense, dropout, forward, max_pool, shapes

FOLDER = pathlib.Path(__file__).parent
MARGIN = 1e-3  # distance to every kink and tie, relative to the root mean square of the layer's values
FLOAT32_ERROR = 2e-6  # largest relative error of torch's own float32 products


def mlp(function, widths=(16, 16, 5)):
    *hidden, last = widths
    layers = []
    for i, units in enumerate(hidden, 1):
        layers += [dense(f"dense{i}", units), activation(function)]
    return [*layers, dense("logits", last)]


def normalised_mlp():
    layers = []
    for i in range(1, 6):
        layers += [dense(f"dense{i}", 10), batch_norm(f"norm{i}"), activation("relu")]
    return [*layers, dense("logits", 5)]


def classes(description, layers, inputs, **more):
    return {"description": description, "layers": layers, "loss": "softmaxCrossEntropy", "inputs": inputs, **more}


SMALL = (10, 8, 4)
CASES = {
    "mlp-relu": classes("20-16-16-5", mlp("relu"), (12, 20)),
    "mlp-tanh": classes("tanh", mlp("tanh", SMALL), (10, 8)),
    "mlp-sigmoid": classes("sigmoid", mlp("sigmoid", SMALL), (10, 8)),
    "mlp-softplus": classes("log(1 + exp(x))", mlp("softplus", SMALL), (10, 8)),
    "mlp-swish": classes("x sigmoid(x)", mlp("swish", SMALL), (10, 8)),
    "mlp-elu": classes("alpha 1", mlp("elu", SMALL), (10, 8)),
    "mlp-gelu": classes("exact form with erf", mlp("gelu", SMALL), (10, 8)),
    "mlp-gelu-tanh": classes("approximate form with tanh", mlp("geluTanh", SMALL), (10, 8)),
    "mlp-leaky-relu": classes("slope 0.2", mlp("leakyRelu", SMALL), (10, 8)),
    "mlp-batch-norm": classes(
        "F1 made narrow, statistics of all samples", normalised_mlp(), (12, 20), batchNorm={"mode": "batch", "chunk": 12}
    ),
    "mlp-batch-norm-running": classes(
        "F1 made narrow, given mean and variance", normalised_mlp(), (12, 20), batchNorm={"mode": "running"}
    ),
    "mlp-batch-norm-ghost": classes(
        "F1 made narrow, two normalisation chunks", normalised_mlp(), (12, 20), batchNorm={"mode": "batch", "chunk": 6}
    ),
    "mlp-dropout": classes(
        "given masks",
        [dense("dense1", 12), activation("tanh"), dropout("dropout1", 0.25), dense("dense2", 10), activation("relu"),
         dropout("dropout2", 0.5), dense("logits", 4)],
        (10, 8),
    ),
    "mlp-squared-error": {**classes("regression", mlp("tanh", (10, 8, 3)), (10, 6)), "loss": "squaredError"},
    "mlp-l2": classes("L2 regularisation of all weights", mlp("relu", SMALL), (10, 8), l2=0.05),
    "conv-max-pool": classes(
        "3x3 same, max pool 2x2 valid",
        [conv("conv1", 4, 3), activation("relu"), max_pool(2, 2), FLATTEN, dense("logits", 4)],
        (8, 8, 8, 2),
    ),
    "conv-max-pool-same": classes(
        "overlapping, asymmetrically padded max pool of values of both signs, then 3x3 valid with stride 2",
        [conv("conv1", 4, 5), max_pool(3, 2, "same"), activation("relu"), conv("conv2", 5, 3, 2, "valid"),
         activation("relu"), FLATTEN, dense("logits", 4)],
        (8, 10, 10, 2),
    ),
    "conv-strided-same": classes(
        "stride 2 same: kernel 3 on 9x8, kernel 4 on 5x4",
        [conv("conv1", 4, 3, 2), activation("relu"), conv("conv2", 5, 4, 2), activation("relu"), FLATTEN,
         dense("logits", 4)],
        (8, 9, 8, 2),
    ),
    "conv-average-pool": classes(
        "average pool 2x2 valid and 3x3 stride 2 same (padding is not counted)",
        [conv("conv1", 4, 3), activation("tanh"), average_pool(2, 2), conv("conv2", 5, 3), activation("relu"),
         average_pool(3, 2, "same"), FLATTEN, dense("logits", 4)],
        (8, 8, 8, 2),
    ),
    "conv-batch-norm": classes(
        "statistics over samples, rows and columns",
        [conv("conv1", 4, 3), batch_norm("norm1"), activation("relu"), max_pool(2, 2), FLATTEN, dense("logits", 4)],
        (8, 8, 8, 2),
        batchNorm={"mode": "batch", "chunk": 8},
    ),
}


def draw(case, rng):
    """Inputs, targets, sample weights, weights, direction, state and masks of a case."""
    samples, *sample_shape = case["inputs"]
    weight_shapes, state_shapes, mask_shapes = shapes(case["layers"], tuple(sample_shape))
    outputs = case["layers"][-1]["units"]

    def weight(name, shape):
        kind = name.split("/")[1]
        if kind == "kernel":
            return rng.normal(size=shape) * np.sqrt(2 / np.prod(shape[:-1]))
        return (kind == "scale") + 0.2 * rng.normal(size=shape)

    def state(name, shape):
        return rng.uniform(0.5, 2, shape) if name.endswith("variance") else 0.3 * rng.normal(size=shape)

    rates = {layer["name"]: layer["rate"] for layer in case["layers"] if layer["type"] == "dropout"}
    sample_weights = rng.uniform(0.25, 2, samples)
    sample_weights[[2, samples - 1]] = 0
    running = case.get("batchNorm", {}).get("mode") == "running"
    return {
        "inputs": float32(rng.normal(size=case["inputs"])),
        "labels": rng.integers(0, outputs, samples),
        "targets": float32(rng.normal(size=(samples, outputs))),
        "sampleWeights": float32(sample_weights),
        "weights": {name: float32(weight(name, shape)) for name, shape in weight_shapes.items()},
        "direction": {name: float32(rng.normal(size=shape)) for name, shape in weight_shapes.items()},
        "state": {name: float32(state(name, shape)) for name, shape in state_shapes.items()} if running else {},
        "masks": {
            name: float32((rng.random((samples, *shape)) >= rates[name]) / (1 - rates[name]))
            for name, shape in mask_shapes.items()
        },
    }


class Problem:
    """A drawn case in one floating-point type."""

    def __init__(self, case, data, dtype):
        self.case, self.data = case, data
        self.tensor = lambda array: torch.tensor(array, dtype=dtype)
        self.constants = {name: self.tensor(array) for name, array in {**data["state"], **data["masks"]}.items()}
        self.inputs = self.tensor(data["inputs"])
        self.l2 = case.get("l2", 0)

    def leaves(self, weights):
        return {name: self.tensor(array).requires_grad_() for name, array in weights.items()}

    def logits(self, leaves, margins=None):
        return forward(self.case, leaves, self.inputs, self.constants, margins)

    def losses(self, logits):
        if self.case["loss"] == "squaredError":
            return ((logits - self.tensor(self.data["targets"])) ** 2).mean(1)
        return torch.nn.functional.cross_entropy(logits, torch.tensor(self.data["labels"]), reduction="none")

    def mean(self, losses):
        weights = self.tensor(self.data["sampleWeights"])
        return (weights * losses).sum() / weights.sum()

    def loss(self, leaves):
        penalty = sum((leaf**2).sum() for leaf in leaves.values())
        return self.mean(self.losses(self.logits(leaves))) + self.l2 / 2 * penalty

    def gradient(self, leaves, create_graph=False):
        return torch.autograd.grad(self.loss(leaves), list(leaves.values()), create_graph=create_graph)

    def hessian_vector(self, leaves, direction):
        inner = dot(self.gradient(leaves, create_graph=True), direction)
        return torch.autograd.grad(inner, list(leaves.values()))

    def gauss_newton_vector(self, leaves, direction):
        variables = list(leaves.values())
        logits = self.logits(leaves)
        cotangent = torch.zeros_like(logits, requires_grad=True)
        pulled = torch.autograd.grad(logits, variables, cotangent, create_graph=True)
        (tangent,) = torch.autograd.grad(dot(pulled, direction), cotangent, retain_graph=True)
        output = logits.detach().requires_grad_()
        (slope,) = torch.autograd.grad(self.mean(self.losses(output)), output, create_graph=True)
        (curved,) = torch.autograd.grad((slope * tangent).sum(), output)
        product = torch.autograd.grad(logits, variables, curved)
        return [p + self.l2 * v for p, v in zip(product, direction)], tangent, curved


def dot(a, b):
    return sum((x * y).sum() for x, y in zip(a, b))


def flat(arrays):
    return np.concatenate([np.asarray(torch.as_tensor(a).detach(), dtype=np.float64).ravel() for a in arrays])


def relative(a, b):
    return np.linalg.norm(flat(a) - flat(b)) / np.linalg.norm(flat(b))


def solve(case, data):
    """The results of a case, or None where a tie is too near or float32 too coarse for a comparison."""
    problem = Problem(case, data, torch.float64)
    leaves = problem.leaves(data["weights"])
    direction = [torch.tensor(array) for array in data["direction"].values()]
    margins = []
    logits = problem.logits(leaves, margins)
    if min(margins, default=np.inf) < MARGIN:
        return None
    gradient = problem.gradient(leaves)
    product = problem.hessian_vector(leaves, direction)
    gauss_newton, tangent, curved = problem.gauss_newton_vector(leaves, direction)

    single = Problem(case, data, torch.float32)
    single_leaves = single.leaves(data["weights"])
    single_direction = [v.float() for v in direction]
    errors = (
        relative(single.gradient(single_leaves), gradient),
        relative(single.hessian_vector(single_leaves, single_direction), product),
        relative(single.gauss_newton_vector(single_leaves, single_direction)[0], gauss_newton),
    )
    if max(errors) > FLOAT32_ERROR:
        return None

    check(problem, data, gradient, product, gauss_newton, tangent, curved)
    losses = problem.losses(logits)
    return {
        "logits": encode(logits.detach()),
        "losses": encode(losses.detach()),
        "loss": problem.loss(leaves).item(),
        "gradient": encode_named(named(leaves, gradient)),
        "hessianVector": encode_named(named(leaves, product)),
        "gaussNewtonVector": encode_named(named(leaves, gauss_newton)),
        "eigenvalues": encode(eigenvalues(problem, leaves, direction, product)),
    }, min(margins, default=np.inf), max(errors)


def named(leaves, arrays):
    return dict(zip(leaves, (a.detach() for a in arrays)))


def check(problem, data, gradient, product, gauss_newton, tangent, curved):
    """Central differences in float64, along the direction and in single coordinates."""

    def at(direction, step):
        return problem.leaves({n: w + step * direction[n] for n, w in data["weights"].items()})

    def difference(function, direction, step=2e-6):
        ahead, behind = function(at(direction, step)), function(at(direction, -step))
        return [(a - b) / (2 * step) for a, b in zip(ahead, behind)]

    direction = data["direction"]
    assert relative(difference(problem.gradient, direction), product) < 1e-6
    assert relative(difference(lambda leaves: [problem.logits(leaves)], direction), [tangent]) < 1e-6
    penalty = problem.l2 * sum((v**2).sum() for v in direction.values())
    energy = dot(gauss_newton, [torch.tensor(v) for v in direction.values()]).item()
    assert abs(energy - (tangent * curved).sum().item() - penalty) < 1e-10 * abs(energy)

    rng = np.random.default_rng(0)
    for name, slope in zip(direction, gradient):
        index = tuple(rng.integers(0, n) for n in slope.shape)
        unit = {n: np.zeros_like(v) for n, v in direction.items()}
        unit[name][index] = 1
        (measured,) = difference(lambda leaves: [problem.loss(leaves)], unit)
        assert abs(measured.item() - slope[index].item()) < 1e-8, name


def eigenvalues(problem, leaves, direction, product):
    """Of the dense Hessian, ascending."""
    variables = list(leaves.values())
    slope = torch.cat([g.reshape(-1) for g in problem.gradient(leaves, create_graph=True)])
    rows = [flat(torch.autograd.grad(entry, variables, retain_graph=True)) for entry in slope]
    hessian = np.stack(rows)
    scale = np.abs(hessian).max()
    assert np.abs(hessian - hessian.T).max() < 1e-12 * scale
    assert np.linalg.norm(hessian @ flat(direction) - flat(product)) < 1e-11 * np.linalg.norm(flat(product))
    return np.linalg.eigvalsh(hessian)


def main():
    torch.set_num_threads(1)
    total = 0
    for number, (name, case) in enumerate(CASES.items()):
        for seed in range(1000):
            data = draw(case, np.random.default_rng([number, seed]))
            solved = solve(case, data)
            if solved:
                break
        results, margin, error = solved
        target = (
            {"targets": encode(data["targets"])}
            if case["loss"] == "squaredError"
            else {"labels": data["labels"].tolist()}
        )
        path = FOLDER / f"{name}.json"
        write(
            path,
            {
                "name": name,
                **case,
                "inputs": encode(data["inputs"]),
                **target,
                "sampleWeights": data["sampleWeights"].tolist(),
                **{key: encode_named(data[key]) for key in ("weights", "direction", "state", "masks")},
                "results": results,
            },
        )
        size = path.stat().st_size
        total += size
        count = sum(w.size for w in data["weights"].values())
        print(f"{name}: {count} weights, seed {seed}, margin {margin:.1e}, float32 {error:.1e}, {size // 1000} kB")
    print(f"{total // 1000} kB")


main()
