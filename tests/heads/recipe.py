#!/usr/bin/env python3
"""The minima that a test of shared/softmax/src/problem.rs expects, by scikit-learn.

    pip install numpy scikit-learn && python3 tests/heads/recipe.py
"""

import numpy
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler


def noise(count):
    state, numbers = 1, []
    for _ in range(count):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        numbers.append(numpy.float32(state >> 40) / numpy.float32(1 << 23) - numpy.float32(1))
    return numpy.array(numbers, numpy.float32)


def minimum(n, d, weights, l2, unit=False):
    classes = len(weights)
    x = noise(n * d).reshape(n, d)
    y = numpy.arange(n) % classes
    features = numpy.arange(d)
    x[features % classes == y[:, None]] += numpy.float32(0.5)
    x = x * (features + 1).astype(numpy.float32) + numpy.float32(3)
    x = x.astype(numpy.float64)
    if unit:
        # Rows of length one, and one scale for all features.
        x /= numpy.linalg.norm(x, axis=1, keepdims=True)
        x -= x.mean(0)
        x /= numpy.sqrt((x**2).mean())
    else:
        x = StandardScaler().fit_transform(x)
    v = numpy.array(weights)[y]
    # It minimises C sum v loss + |W|^2 / 2, and with two labels has one row, the difference of both.
    rows = 2 if classes == 2 else 1
    model = LogisticRegression(C=rows / (l2 * v.sum()), tol=1e-10, max_iter=100000)
    model.fit(x, y, sample_weight=v)
    logits = model.decision_function(x)
    if classes == 2:
        logits = numpy.stack([-logits / 2, logits / 2], 1)
    own = logits[numpy.arange(n), y] - numpy.logaddexp.reduce(logits, 1)
    return -(v * own).sum() / v.sum() + l2 / 2 * (model.coef_**2).sum() / rows


for case in [
    (300, 20, [1, 1], 0.1),
    (300, 20, [1.5, 0.5], 0.01),
    (400, 12, [1, 1, 1, 1, 1], 0.03),
    (60, 90, [1, 1, 1], 0.3),
    (200, 10, [0.5, 1, 2], 0.001),
    (300, 20, [1.5, 0.5], 0.01, True),
    (60, 90, [1, 1, 1], 0.3, True),
]:
    print(case, f"{minimum(*case):.9f}")
