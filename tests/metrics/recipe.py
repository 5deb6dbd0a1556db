#!/usr/bin/env python3
"""Predictions, and the figures that scikit-learn and scipy give for them: what shared/hd/src/eval/golden.rs expects.

    pip install numpy scikit-learn && python3 tests/metrics/recipe.py

It writes golden.json beside itself. The probabilities are few and round, so that many of them are equal, and some are
exactly 0 or 1.
"""

import json
import random
from pathlib import Path

import numpy
from scipy.stats import binomtest
from sklearn import metrics


def probabilities(chance, labels):
    """A row of 64ths, which are exact in binary, that sums to 1; one in four is certain."""
    if chance.random() < 0.25:
        row = [0] * labels
        row[chance.randrange(labels)] = 64
        return row
    cuts = sorted(chance.choice(range(0, 65, 4)) for _ in range(labels - 1))
    return [b - a for a, b in zip([0, *cuts], [*cuts, 64])]


def curves(truth, scores):
    """ROC AUC and average precision of each label; None where scikit-learn has none."""
    for label in range(scores.shape[1]):
        has = truth == label
        yield {
            "roc_auc": metrics.roc_auc_score(has, scores[:, label]) if 0 < has.sum() < len(has) else None,
            "average_precision": metrics.average_precision_score(has, scores[:, label]) if has.any() else None,
        }


def none_if_undefined(values):
    return [None if numpy.isnan(value) else float(value) for value in values]


def figures(truth, scores, labels):
    answers = scores.argmax(axis=1)
    numbers = list(range(labels))
    # Of equal scores the label with the smaller number comes first here, and the one with the larger there.
    top = {
        k: metrics.top_k_accuracy_score(labels - 1 - truth, scores[:, ::-1], k=k, labels=numbers)
        for k in (1, 2, 3, 5)
        if k < labels and labels > 2
    }
    each = metrics.precision_recall_fscore_support(truth, answers, labels=numbers, zero_division=numpy.nan)
    averages = {
        name: [float(v) for v in metrics.precision_recall_fscore_support(truth, answers, average=name, zero_division=0)[:3]]
        for name in ("macro", "weighted")
    }
    return {
        "accuracy": metrics.accuracy_score(truth, answers),
        "cross_entropy": metrics.log_loss(truth, scores, labels=numbers),
        # Written out for all labels, since scikit-learn's halves it for two.
        "brier": float(((scores - numpy.eye(labels)[truth]) ** 2).sum(axis=1).mean()),
        "confusion": metrics.confusion_matrix(truth, answers, labels=numbers).tolist(),
        "precision": none_if_undefined(each[0]),
        "recall": none_if_undefined(each[1]),
        "f1": none_if_undefined(each[2]),
        **averages,
        "top_k": top,
        "curves": list(curves(truth, scores)),
    }


def case(name, labels, images, seed, truths=None):
    chance = random.Random(seed)
    rows = [probabilities(chance, labels) for _ in range(images)]
    truths = truths or list(range(labels))
    # Half of the answers are right, more or less, and no label is missing by chance.
    truth = [
        truths[i] if i < len(truths) else (row.index(max(row)) if chance.random() < 0.4 else chance.choice(truths))
        for i, row in enumerate(rows)
    ]
    truth = [label if label in truths else truths[0] for label in truth]
    scores = numpy.array(rows) / 64
    return {
        "name": name,
        "labels": labels,
        "truth": truth,
        "sixty_fourths": rows,
        "expected": figures(numpy.array(truth), scores, labels),
    }


golden = {
    "cases": [
        case("two labels", 2, 60, 1),
        case("five labels", 5, 80, 2),
        case("a label that no image has", 4, 50, 3, [0, 1, 3]),
        case("images of one label only", 3, 20, 4, [1]),
        case("one image", 2, 1, 5, [1]),
    ],
    "mcnemar": [
        [a, b, binomtest(min(a, b), a + b, 0.5).pvalue if a + b else 1.0]
        for a, b in [(0, 0), (0, 1), (5, 5), (2, 9), (12, 3), (40, 71), (300, 400)]
    ],
}

place = Path(__file__).parent / "golden.json"
lines = [json.dumps(one) for one in golden["cases"]]
text = '{"cases": [\n' + ",\n".join(lines) + '\n],\n"mcnemar": ' + json.dumps(golden["mcnemar"]) + "}\n"
place.write_text(text)
