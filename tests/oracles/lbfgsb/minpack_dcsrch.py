"""Writes minpack_dcsrch.json: the steps that MINPACK-2's dcsrch (through SciPy) asks for.

    /usr/bin/python3 tests/oracles/lbfgsb/minpack_dcsrch.py

Functions 1 to 3 of Moré & Thuente (1994), section 5, the third with other constants; tolerances are
those of L-BFGS-B: ftol 1e-3, gtol 0.9, xtol 0.1.
"""

import json
import os

import numpy as np
import scipy
from scipy.optimize import _minpack2 as minpack2

FUNCTIONS = {
    'rational': lambda t: (-t / (t * t + 2), (t * t - 2) / (t * t + 2) ** 2),
    'quintic': lambda t: ((t + 0.004) ** 5 - 2 * (t + 0.004) ** 4,
                          5 * (t + 0.004) ** 4 - 8 * (t + 0.004) ** 3),
    'ripples': lambda t: ((t - 1) ** 2 + 0.05 * np.sin(20 * t), 2 * (t - 1) + np.cos(20 * t)),
    'steep': lambda t: (np.cosh(3 * (t - 1)) - 2 * t, 3 * np.sinh(3 * (t - 1)) - 2),
}


def search(f, initial, most):
    isave = np.zeros(2, dtype=np.intc)
    dsave = np.zeros(13)
    task = b'START'
    step = initial
    value, slope = f(0.0)
    steps = []
    while len(steps) < 20:
        step, value, slope, task = minpack2.dcsrch(step, value, slope, 1e-3, 0.9, 0.1, task, 0.0, most,
                                                   isave, dsave)
        if not task.startswith(b'FG'):
            return steps, True
        steps.append(float(step))
        value, slope = f(step)
    return steps, False


cases = []
for name, f in FUNCTIONS.items():
    for initial, most in [(1e-3, 1e10), (0.1, 1e10), (1.0, 1e10), (1.0, 1.3), (10.0, 1e10), (100.0, 1e10)]:
        if name == 'steep' and initial > 10:
            continue
        steps, accepted = search(f, initial, most)
        cases.append(dict(function=name, initial=initial, most=most, steps=steps, accepted=accepted))
        print(name, initial, most, accepted, steps)

out = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'minpack_dcsrch.json')
with open(out, 'w') as file:
    json.dump({'scipy': scipy.__version__, 'cases': cases}, file, indent=1)
