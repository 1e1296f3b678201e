"""Writes scipy_keskar.json: Metric 2.1 of a small float64 network, maximised by SciPy's L-BFGS-B.

    /usr/bin/python3 tests/oracles/keskar/scipy_keskar.py

Network: tanh layer and softmax cross-entropy, weights in the order W1 (inputs x hidden), b1, W2
(hidden x classes), b2, each row by row. The gradient is PyTorch's, in float64. `short` is the maximum
after 10 iterations from the centre with ftol = gtol = 0, `long` the one after at most 3000. The
subspace `A` is drawn as src/sharpness/subspace.ts documents it (xoshiro128** and the polar method,
written a second time here), with columns as drawn and of length 1; its pseudo-inverse comes from an SVD.
"""

import json
import math
import os

import numpy as np
import scipy
import torch
from scipy.optimize import minimize

INPUTS, HIDDEN, CLASSES, SAMPLES, COLUMNS = 5, 8, 3, 40, 6
rng = np.random.default_rng(7)
x = np.round(rng.normal(size=(SAMPLES, INPUTS)), 4)
y = rng.integers(CLASSES, size=SAMPLES)
shapes = [(INPUTS, HIDDEN), (HIDDEN,), (HIDDEN, CLASSES), (CLASSES,)]
n = sum(int(np.prod(s)) for s in shapes)
xt, yt = torch.tensor(x), torch.tensor(y)


def loss(w):
    t = torch.tensor(w, requires_grad=True)
    parts, at = [], 0
    for shape in shapes:
        size = int(np.prod(shape))
        parts.append(t[at:at + size].reshape(shape))
        at += size
    hidden = torch.tanh(xt @ parts[0] + parts[1])
    value = torch.nn.functional.cross_entropy(hidden @ parts[2] + parts[3], yt)
    value.backward()
    return float(value), t.grad.numpy().copy()


def train(steps):
    w = 0.5 * np.random.default_rng(1).normal(size=n)
    for _ in range(steps):
        w -= 0.5 * loss(w)[1]
    return np.round(w, 6)


def normals(seed, name, count):
    """`count` normal numbers of the project's random stream `name`."""
    mask = 0xFFFFFFFF

    def mix(v):
        v = ((v ^ (v >> 16)) * 0x21F0AAAD) & mask
        v = ((v ^ (v >> 15)) * 0x735A2D97) & mask
        return v ^ (v >> 15)

    state = 0x9E3779B9 ^ seed
    for letter in name:
        state = mix(state ^ ord(letter))
    words = []
    for _ in range(4):
        state = (state + 0x9E3779B9) & mask
        words.append(mix(state))
    a, b, c, d = words
    d |= 1
    rotate = lambda v, k: ((v << k) | (v >> (32 - k))) & mask

    def uniform():
        nonlocal a, b, c, d
        result = (rotate((b * 5) & mask, 7) * 9) & mask
        t = (b << 9) & mask
        c ^= a
        d ^= b
        b ^= c
        a ^= d
        c ^= t
        d = rotate(d, 11)
        return result / 2**32

    out = []
    while len(out) < count:
        u, v = 2 * uniform() - 1, 2 * uniform() - 1
        s = u * u + v * v
        if 0 < s < 1:
            factor = math.sqrt(-2 * math.log(s) / s)
            out += [u * factor, v * factor]
    return np.array(out[:count])


def sharpness(w, epsilon, a, maxiter):
    coordinates = w if a is None else np.linalg.pinv(a) @ w
    bound = epsilon * (np.abs(coordinates) + 1)

    def negative(z):
        value, gradient = loss(w + (z if a is None else a @ z))
        return -value, -(gradient if a is None else a.T @ gradient)

    result = minimize(negative, np.zeros(len(bound)), jac=True, bounds=list(zip(-bound, bound)),
                      method='L-BFGS-B',
                      options=dict(maxcor=10, maxiter=maxiter, maxfun=100000, ftol=0, gtol=0))
    start = loss(w)[0]
    return dict(maximum=-float(result.fun), value=100 * (-float(result.fun) - start) / (1 + start),
                iterations=int(result.nit), evaluations=int(result.nfev), message=result.message)


SEED = 3
drawn = normals(SEED, 'subspace 0', n * COLUMNS).reshape(n, COLUMNS).astype(np.float32).astype(float)
spaces = {'full': None, 'none': drawn, 'unit': drawn / np.linalg.norm(drawn, axis=0)}
models = []
for name, steps in [('half trained', 60), ('trained', 3000)]:
    w = train(steps)
    value, gradient = loss(w)
    model = dict(name=name, weights=w.tolist(), loss=value, gradient=gradient.tolist(), cases=[])
    for epsilon in [5e-4, 1e-3, 1e-2, 0.1]:
        for space, explicit in spaces.items():
            case = dict(epsilon=epsilon, space=space, short=sharpness(w, epsilon, explicit, 10),
                        long=sharpness(w, epsilon, explicit, 3000))
            model['cases'].append(case)
            print(name, epsilon, space, value, case['short'], case['long'])
    models.append(model)

out = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'scipy_keskar.json')
with open(out, 'w') as f:
    json.dump(dict(scipy=scipy.__version__, torch=torch.__version__, hidden=HIDDEN, classes=CLASSES,
                   inputs=x.tolist(), labels=y.tolist(), columns=COLUMNS, seed=SEED, models=models), f, indent=1)
