"""Writes scipy_lbfgsb.json: SciPy's L-BFGS-B on bound-constrained problems, iteration by iteration.

    /usr/bin/python3 tests/oracles/lbfgsb/scipy_lbfgsb.py

An iteration of SciPy is an accepted line search: its callback runs once for each, so `trace[k]` is f
after k iterations and `trace[0]` is f at the start. An infinite bound is written as null.
`after10` is the value with maxiter = 10, the rest is from a run with the tolerances below.
"""

import json
import os

import numpy as np
import scipy
from scipy.optimize import minimize


def rosenbrock(x):
    a, b = x[:-1], x[1:]
    value = np.sum(100 * (b - a**2) ** 2 + (1 - a) ** 2)
    gradient = np.zeros_like(x)
    gradient[:-1] += -400 * a * (b - a**2) - 2 * (1 - a)
    gradient[1:] += 200 * (b - a**2)
    return value, gradient


def chain(x):
    """The problem of the published driver, of Rosenbrock's kind but with a quarter weight at the start."""
    value = 0.25 * (x[0] - 1) ** 2 + np.sum((x[1:] - x[:-1] ** 2) ** 2)
    gradient = np.zeros_like(x)
    t = x[1:] - x[:-1] ** 2
    gradient[0] = 0.5 * (x[0] - 1)
    gradient[1:] += 2 * t
    gradient[:-1] -= 4 * t * x[:-1]
    return 4 * value, 4 * gradient


def quadratic(x):
    """Hilbert matrix plus 0.1 I, linear term sin(3 i)."""
    n = len(x)
    i = np.arange(n)
    a = 1.0 / (i[:, None] + i[None, :] + 1) + 0.1 * np.eye(n)
    b = np.sin(3 * i)
    return 0.5 * x @ a @ x - b @ x, a @ x - b


def scaled(x):
    """Diagonal quadratic with curvatures 1e-3 … 1e5 and minimum at x_i = i - 3."""
    i = np.arange(len(x))
    d = 10.0 ** (i - 3)
    return 0.5 * np.sum(d * (x - (i - 3)) ** 2), d * (x - (i - 3))


def hills(x):
    """Not convex: sum cos(x_i) + 0.05 (sum x_i)^2 + 0.01 i x_i^2."""
    i = np.arange(len(x))
    s = np.sum(x)
    value = np.sum(np.cos(x)) + 0.05 * s**2 + np.sum(0.01 * i * x**2)
    return value, -np.sin(x) + 0.1 * s + 0.02 * i * x


FUNCTIONS = dict(rosenbrock=rosenbrock, chain=chain, quadratic=quadratic, scaled=scaled, hills=hills)
inf = np.inf


def case(name, function, start, lower, upper):
    n = len(start)
    full = lambda v: [float(v)] * n if np.isscalar(v) else [float(u) for u in v]
    return dict(name=name, function=function, start=full(start), lower=full(lower), upper=full(upper))


odd = np.arange(25) % 2 == 0
CASES = [
    case('Rosenbrock, 2-D, minimum inside the box', 'rosenbrock', [-1.2, 1], -2, 2),
    case('Rosenbrock, 2-D, minimum cut off', 'rosenbrock', [-1.2, 1], [-2, -2], [0.6, 2]),
    case('Rosenbrock, 10-D, box cuts the valley', 'rosenbrock', [-1, 1] * 5, -1.5, [0.9, 2] * 5),
    case('Rosenbrock, 10-D, no bounds', 'rosenbrock', [-1.2, 1] * 5, -inf, inf),
    case('published driver, 25-D', 'chain', [3] * 25, np.where(odd, 1, -100), 100),
    case('quadratic, active bounds', 'quadratic', [0.2] * 20, -0.5, [0.4, 1.5] * 10),
    case('quadratic, one-sided bounds', 'quadratic', [0.2] * 12, [0, -inf, -inf] * 4, [inf, 0.5, inf] * 4),
    case('badly scaled', 'scaled', [0.5] * 9, -1, 2.5),
    case('badly scaled, no bounds', 'scaled', [0.5] * 9, -inf, inf),
    case('start on bounds', 'rosenbrock', [-1.5, 2, 0.5, -1.5, 2, 0.5], -1.5, [2, 2, 0.5] * 2),
    case('start in a corner that is the minimum', 'quadratic', [0, 0.1], [0, -1], [1, 0.1]),
    case('start at a stationary point', 'rosenbrock', [1] * 4, -2, 2),
    case('start outside the box', 'rosenbrock', [5, -7, 5], -2, 1.5),
    case('fixed variables', 'rosenbrock', [-1, 0.5, 1, 0.25, -1], [-2, 0.5, -2, 0.25, -2], [2, 0.5, 2, 0.25, 2]),
    case('not convex, box', 'hills', 0.3 * np.sin(np.arange(30)), -4, 4),
    case('not convex, small box', 'hills', 0.3 * np.sin(np.arange(30)), -0.5, [0.7, 0.4, 0.6] * 10),
]


def run(spec, **options):
    function = FUNCTIONS[spec['function']]
    trace = []
    bounds = [(None if l == -inf else l, None if u == inf else u) for l, u in zip(spec['lower'], spec['upper'])]
    start = np.clip(spec['start'], spec['lower'], spec['upper'])
    trace.append(float(function(start)[0]))
    result = minimize(function, spec['start'], jac=True, bounds=bounds, method='L-BFGS-B',
                      callback=lambda x: trace.append(float(function(x)[0])),
                      options=dict(maxcor=10, maxfun=100000, **options))
    return result, trace


def finite(values):
    return [v if np.isfinite(v) else None for v in values]


problems = []
for spec in CASES:
    result, trace = run(spec, maxiter=2000, ftol=1e-14, gtol=1e-9)
    short, _ = run(spec, maxiter=10, ftol=0, gtol=0)
    problems.append({**spec, 'lower': finite(spec['lower']), 'upper': finite(spec['upper']),
                     'x': result.x.tolist(), 'value': float(result.fun), 'after10': float(short.fun),
                     'iterations': int(result.nit), 'evaluations': int(result.nfev),
                     'message': result.message, 'trace': trace[:13]})

out = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'scipy_lbfgsb.json')
with open(out, 'w') as f:
    json.dump({'scipy': scipy.__version__, 'numpy': np.__version__, 'ftol': 1e-14, 'gtol': 1e-9,
               'problems': problems}, f, indent=1)
for p in problems:
    print(f"{p['name']:45s} {p['value']:.10g} {p['iterations']:4d} {p['evaluations']:4d} {p['message']}")
