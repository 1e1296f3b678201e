"""Layers as plain data, run by torch operations in TensorFlow's layouts and padding."""
import math

import torch
import torch.nn.functional as F

BATCH_NORM_EPSILON = 1e-3
KINKED = ("relu", "leakyRelu", "elu")  # elu's second derivative jumps at 0

ACTIVATIONS = {
    "relu": torch.relu,
    "leakyRelu": lambda z: F.leaky_relu(z, 0.2),
    "elu": F.elu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "softplus": lambda z: torch.logaddexp(z, torch.zeros_like(z)),
    "swish": lambda z: z * torch.sigmoid(z),
    "gelu": lambda z: 0.5 * z * (1 + torch.erf(z / math.sqrt(2))),
    "geluTanh": lambda z: 0.5 * z * (1 + torch.tanh(math.sqrt(2 / math.pi) * (z + 0.044715 * z**3))),
}


def dense(name, units):
    return {"type": "dense", "name": name, "units": units}


def conv(name, filters, size, stride=1, padding="same"):
    return {"type": "conv", "name": name, "filters": filters, "size": size, "stride": stride, "padding": padding}


def max_pool(size, stride, padding="valid"):
    return {"type": "maxPool", "size": size, "stride": stride, "padding": padding}


def average_pool(size, stride, padding="valid"):
    return {"type": "averagePool", "size": size, "stride": stride, "padding": padding}


def batch_norm(name):
    return {"type": "batchNorm", "name": name, "epsilon": BATCH_NORM_EPSILON}


def activation(function):
    layer = {"type": "activation", "function": function}
    return {**layer, "alpha": 0.2} if function == "leakyRelu" else layer


def dropout(name, rate):
    return {"type": "dropout", "name": name, "rate": rate}


FLATTEN = {"type": "flatten"}


def shapes(layers, shape):
    """Shapes of (weights, batch norm's state, dropout masks) by name, for inputs of one sample's `shape`."""
    weights, state, masks = {}, {}, {}
    for layer in layers:
        kind, name = layer["type"], layer.get("name")
        if kind == "dense":
            weights[f"{name}/kernel"] = (shape[0], layer["units"])
            weights[f"{name}/bias"] = (layer["units"],)
            shape = (layer["units"],)
        elif kind == "conv":
            size, filters = layer["size"], layer["filters"]
            weights[f"{name}/kernel"] = (size, size, shape[2], filters)
            weights[f"{name}/bias"] = (filters,)
            shape = (*(_out(n, layer) for n in shape[:2]), filters)
        elif kind in ("maxPool", "averagePool"):
            shape = (*(_out(n, layer) for n in shape[:2]), shape[2])
        elif kind == "batchNorm":
            weights[f"{name}/scale"] = weights[f"{name}/shift"] = shape[-1:]
            state[f"{name}/mean"] = state[f"{name}/variance"] = shape[-1:]
        elif kind == "flatten":
            shape = (math.prod(shape),)
        elif kind == "dropout":
            masks[name] = shape
    return weights, state, masks


def forward(case, weights, inputs, constants, margins=None):
    """Logits. `constants` holds state and masks; relative distances to ties are appended to `margins`."""
    h = inputs
    for layer in case["layers"]:
        kind, name = layer["type"], layer.get("name")
        if kind == "dense":
            h = h @ weights[f"{name}/kernel"] + weights[f"{name}/bias"]
        elif kind == "conv":
            kernel = weights[f"{name}/kernel"].permute(3, 2, 0, 1)
            h = F.conv2d(_padded(h, layer, 0.0), kernel, weights[f"{name}/bias"], layer["stride"]).permute(0, 2, 3, 1)
        elif kind == "maxPool":
            padded = _padded(h, layer, -math.inf)
            if margins is not None:
                margins.append(_pool_margin(padded, h, layer))
            h = F.max_pool2d(padded, layer["size"], layer["stride"]).permute(0, 2, 3, 1)
        elif kind == "averagePool":
            total, count = (
                F.avg_pool2d(_padded(t, layer, 0.0), layer["size"], layer["stride"], divisor_override=1)
                for t in (h, torch.ones_like(h))
            )
            h = (total / count).permute(0, 2, 3, 1)
        elif kind == "batchNorm":
            h = _batch_norm(case["batchNorm"], layer, h, weights, constants)
        elif kind == "activation":
            if margins is not None and layer["function"] in KINKED:
                margins.append((h.abs().min() / _scale(h)).item())
            h = ACTIVATIONS[layer["function"]](h)
        elif kind == "flatten":
            h = h.reshape(h.shape[0], -1)
        elif kind == "dropout":
            h = h * constants[name]
    return h


def _batch_norm(mode, layer, h, weights, constants):
    name = layer["name"]
    scale, shift = weights[f"{name}/scale"], weights[f"{name}/shift"]
    if mode["mode"] == "running":
        mean, variance = constants[f"{name}/mean"], constants[f"{name}/variance"]
        return (h - mean) / torch.sqrt(variance + layer["epsilon"]) * scale + shift
    chunks = []
    for chunk in h.split(mode["chunk"]):
        axes = tuple(range(h.dim() - 1))
        centred = chunk - chunk.mean(axes)
        chunks.append(centred / torch.sqrt((centred**2).mean(axes) + layer["epsilon"]) * scale + shift)
    return torch.cat(chunks)


def _out(n, layer):
    if layer["padding"] == "same":
        return -(-n // layer["stride"])
    return (n - layer["size"]) // layer["stride"] + 1


def _padded(h, layer, value):
    """NHWC to NCHW, padded as TensorFlow does: the odd row or column goes to the bottom or right."""
    pads = []
    for n in (h.shape[2], h.shape[1]):
        total = max((_out(n, layer) - 1) * layer["stride"] + layer["size"] - n, 0)
        total = total if layer["padding"] == "same" else 0
        pads += [total // 2, total - total // 2]
    return F.pad(h.permute(0, 3, 1, 2), pads, value=value)


def _scale(h):
    return h.pow(2).mean().sqrt()


def _pool_margin(padded, h, layer):
    """Smallest lead of a window's maximum. Windows of relu's zeros tie without harm: no derivative passes."""
    windows = padded.unfold(2, layer["size"], layer["stride"]).unfold(3, layer["size"], layer["stride"])
    first, second = windows.flatten(4).topk(2).values.unbind(-1)
    lead = torch.where(first == 0, math.inf, first - second)
    return (lead.min() / _scale(h)).item()
