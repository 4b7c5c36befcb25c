"""The metrics of the comparison against scikit-learn and PyTorch, at once and batch by batch."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.metrics import accuracy_score, jaccard_score, r2_score

from compare.metrics import METRICS

Array = np.ndarray[Any, Any]


def measure(name: str, outputs: Array, target: Array, batch_size: int = 10**6) -> float:
    metric = METRICS[name]()
    for start in range(0, len(target), batch_size):
        metric.update(outputs[start : start + batch_size], target[start : start + batch_size])
    return metric.value()


def scores_and_classes(*shape: int, classes: int) -> tuple[Array, Array]:
    """Draws scores (N, C, ...) that are right more often than not, and targets (N, ...)."""
    random = np.random.default_rng(0)
    target = random.integers(0, classes, shape)
    scores = random.normal(size=(shape[0], classes, *shape[1:])).astype(np.float32)
    np.put_along_axis(scores, target[:, np.newaxis], random.normal(1.5, 1), 1)
    return scores, target


def prices() -> tuple[Array, Array]:
    random = np.random.default_rng(0)
    target = random.normal(2, 1, (83, 1)).astype(np.float32)
    return target + random.normal(0, 0.5, (83, 1)).astype(np.float32), target


def answered(scores: Array, target: Array) -> float:
    probabilities = torch.tensor(scores).softmax(1).numpy()
    rows = zip(probabilities, target, strict=True)
    return sum(row[wanted] == row.max() >= 0.5 for row, wanted in rows) / len(target)


def bits(scores: Array, target: Array) -> float:
    loss = torch.nn.functional.cross_entropy(torch.tensor(scores).double(), torch.tensor(target))
    return loss.item() / math.log(2)


CASES: dict[str, tuple[str, tuple[Array, Array], Callable[[Array, Array], float]]] = {
    "accuracy": (
        "accuracy",
        scores_and_classes(83, classes=10),
        lambda scores, target: accuracy_score(target, scores.argmax(1)),
    ),
    "accuracy of pixels": (
        "accuracy",
        scores_and_classes(23, 5, 7, classes=3),
        lambda scores, target: accuracy_score(target.ravel(), scores.argmax(1).ravel()),
    ),
    "answered": ("answered", scores_and_classes(83, classes=4), answered),
    "R2": ("r2", prices(), lambda outputs, target: r2_score(target, outputs)),
    "mean IoU": (
        "mean_iou",
        scores_and_classes(23, 5, 7, classes=3),
        lambda scores, target: jaccard_score(
            target.ravel(), scores.argmax(1).ravel(), average="macro"
        ),
    ),
    "bits": ("bits_per_character", scores_and_classes(23, 9, classes=30), bits),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("batch_size", [10**6, 8, 1])
def test_metric(case: str, batch_size: int) -> None:
    """Batches of 8 leave a smaller last one, which must not weigh as much as the others."""
    name, data, reference = CASES[case]
    value = measure(name, *data, batch_size)
    assert type(value) is float
    # Float32 scores; the sums are taken in float64.
    assert value == pytest.approx(reference(*data), rel=1e-6)
    assert 0 < value < (1 if METRICS[name].higher_is_better else np.inf)


def test_every_metric_has_a_case() -> None:
    assert {name for name, _, _ in CASES.values()} == set(METRICS)


def test_an_answer_needs_half_of_the_probability() -> None:
    for probability, expected in ((0.4, 0), (0.49, 0), (0.51, 1), (0.9, 1)):
        rest = (1 - probability) / 3
        scores = np.log(np.array([[probability, rest, rest, rest]], np.float32))
        assert measure("answered", scores, np.array([0])) == expected
        assert measure("answered", scores, np.array([1])) == 0
        assert measure("accuracy", scores, np.array([0])) == 1
    assert measure("answered", np.zeros((1, 2), np.float32), np.array([0])) == 1


def test_r2_of_the_mean_and_of_worse() -> None:
    target = np.array([[1.0], [2.0], [3.0]], np.float32)
    assert measure("r2", np.full_like(target, 2), target) == 0
    assert measure("r2", target[::-1], target) == r2_score(target, target[::-1]) == -3
    assert measure("r2", target, target) == 1


@pytest.mark.parametrize("batch_size", [83, 8])
def test_r2_far_from_zero(batch_size: int) -> None:
    outputs, target = (array.astype(np.float64) * 1e-3 + 1e7 for array in prices())
    expected = r2_score(target, outputs)
    # At 1e7, the targets themselves are rounded to 2e-9, which is 2e-6 of their spread.
    assert measure("r2", outputs, target, batch_size) == pytest.approx(expected, rel=1e-5)


def test_r2_of_equal_targets_is_undefined() -> None:
    target = np.full((7, 1), 0.1, np.float32)
    assert math.isnan(measure("r2", target, target, 2))
    assert math.isnan(measure("r2", target + 1, target, 2))


def test_a_class_that_does_not_occur_has_no_iou() -> None:
    background = np.zeros((2, 2, 3, 3), np.float32)
    background[:, 0] = 1
    nowhere = np.zeros((2, 3, 3), np.int64)
    assert measure("mean_iou", background, nowhere) == 1
    assert measure("mean_iou", background, 1 - nowhere) == 0
    half = nowhere.copy()
    half[0] = 1
    assert measure("mean_iou", background, half) == 1 / 4  # A half for class 0, nothing for 1.


def test_iou_is_over_all_pixels_and_not_a_mean_over_images() -> None:
    target = np.zeros((2, 1, 4), np.int64)
    target[0], target[1, 0, 0] = 1, 1
    called = np.zeros_like(target)
    called[0] = 1
    scores = np.stack([1 - called, called], 1).astype(np.float32)
    assert measure("mean_iou", scores, target, 1) == pytest.approx((4 / 5 + 3 / 4) / 2)


def test_bits_of_a_uniform_guess_and_of_large_scores() -> None:
    target = np.zeros((1, 3), np.int64)
    uniform = measure("bits_per_character", np.full((1, 64, 3), 7, np.float32), target)
    assert uniform == pytest.approx(6, rel=1e-7)  # The logarithms are float32.
    scores = np.zeros((1, 2, 3), np.float32)
    scores[:, 0] = 1e4
    assert measure("bits_per_character", scores, target) == 0
    wrong = measure("bits_per_character", scores, 1 - target)
    assert wrong == pytest.approx(1e4 / math.log(2))


def test_how_values_are_written() -> None:
    assert METRICS["accuracy"].format(0.91234) == "91.23%"
    assert METRICS["r2"].format(0.61234) == "0.6123"
    assert METRICS["bits_per_character"].format(float("nan")) == "nan"
