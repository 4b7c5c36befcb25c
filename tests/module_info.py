"""What a row of the tables of layers is: how a layer is built, and with which inputs it is called."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

import minitorch

# --------------------------------------------------------------------------- inputs

MakeInput = Callable[[np.random.Generator, str], np.ndarray]


def floats(*shape: int) -> MakeInput:
    return lambda rng, dtype: rng.standard_normal(shape).astype(dtype)


def probabilities(*shape: int) -> MakeInput:
    return lambda rng, dtype: rng.uniform(0.05, 0.95, shape).astype(dtype)


def log_probabilities(*shape: int) -> MakeInput:
    def make(rng: np.random.Generator, dtype: str) -> np.ndarray:
        x = rng.uniform(0.1, 1, shape)
        return np.log(x / x.sum(1, keepdims=True)).astype(dtype)

    return make


def signs(*shape: int) -> MakeInput:
    return lambda rng, dtype: rng.choice([-1.0, 1.0], shape).astype(dtype)


def integers(below: int, *shape: int) -> MakeInput:
    return lambda rng, dtype: rng.integers(0, below, shape)


def places(*shape: int, stride: int) -> MakeInput:
    """Indices of maxima that stand ``stride`` apart in every plane or volume."""
    return lambda rng, dtype: np.broadcast_to(np.arange(shape[-1]) * stride, shape).copy()


# --------------------------------------------------------------------------- the table


@dataclass(frozen=True)
class ModuleInfo:
    """A layer: how it is built, with which inputs it is called.

    Attributes:
        build: takes torch.nn or minitorch.nn, returns the module.
        inputs: one maker of an array per argument of ``forward``.
        differentiable: how many of the inputs get gradients (targets do not).
        twice: whether torch has a second derivative.
    """

    name: str
    build: Callable[[Any], Any]
    inputs: tuple[MakeInput, ...]
    differentiable: int
    twice: bool


def row(
    name: str,
    build: Callable[[Any], Any],
    *inputs: MakeInput,
    differentiable: int = 1,
    twice: bool = True,
) -> ModuleInfo:
    return ModuleInfo(name, build, inputs, differentiable, twice)


def library_of(nn: Any) -> Any:
    return torch if nn is torch.nn else minitorch
