"""How the inputs of an operation are made, at three sizes.

- tiny: at most about 50 numbers. Computing takes nothing: the time is what the library costs.
- medium: about 16 thousand numbers (64 KiB). They fit a core's own cache, and most libraries do not
  yet split the work over threads.
- large: 1 to 2 million numbers (4 to 8 MiB). Memory, vector instructions and threads decide.

The size is that of the largest input, or of the output where that is larger. A layer of a fixed
number of channels has it by its batch: 1 image is medium, 16 are large.

An input is an array, the same for every library. Floating arrays take part in differentiation,
unless they are ``Constant``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

SIZES = ("tiny", "medium", "large")

Array = npt.NDArray[Any]
Shape = tuple[int, ...]
Shapes = Mapping[str, Shape]
"""By size. An operation that names no tiny shape, say, is not measured at that size."""


@dataclass(frozen=True)
class Constant:
    """A floating input that gets no gradient."""

    array: Array


@dataclass(frozen=True)
class Inputs:
    """The inputs of an operation: ``draw(random, *shapes of the size)``.

    Args:
        shapes: of each input, by size, as ``draw`` wants them.
    """

    shapes: Mapping[str, tuple[Any, ...]]
    draw: Callable[..., tuple[Array | Constant, ...]]

    def at(self, size: str, seed: int) -> tuple[Array | Constant, ...]:
        """Returns the arrays of one size, the same for the same seed."""
        return self.draw(np.random.default_rng(seed), *self.shapes[size])


def normal(random: np.random.Generator, *shapes: Shape) -> tuple[Array, ...]:
    """Returns normal numbers."""
    return tuple([random.standard_normal(shape, np.float32) for shape in shapes])


def weights(random: np.random.Generator, shape: Shape) -> Array:
    """Returns numbers that keep the size of what they are multiplied with: products of long rows
    stay near 1, where libraries can be compared.
    """
    fan_in = max(int(np.prod(shape[1:])), 1)
    return random.standard_normal(shape, np.float32) / np.float32(fan_in**0.5)


def each(shapes: Shapes, draw: Callable[..., tuple[Array | Constant, ...]] = normal) -> Inputs:
    """Returns inputs of one shape, handed to ``draw`` as it is."""
    return Inputs({size: (shape,) for size, shape in shapes.items()}, draw)


# --------------------------------------------------------------------------- matrices

MATRIX: Shapes = {"tiny": (4, 4), "medium": (64, 256), "large": (1024, 1024)}
IMAGES: Shapes = {"tiny": (1, 2, 4, 4), "medium": (4, 16, 16, 16), "large": (32, 64, 28, 28)}

one = each(MATRIX)
two = each(MATRIX, lambda random, shape: normal(random, shape, shape))
with_row = each(MATRIX, lambda random, shape: normal(random, shape, shape[-1:]))
with_column = each(MATRIX, lambda random, shape: normal(random, shape, (shape[0], 1)))
images = each(IMAGES)


def _positive(random: np.random.Generator, shape: Shape) -> tuple[Array, ...]:
    return (random.uniform(0.1, 3, shape).astype(np.float32),)


def _positive_divisor(random: np.random.Generator, shape: Shape) -> tuple[Array, ...]:
    return (*normal(random, shape), *_positive(random, shape))


def _chosen(random: np.random.Generator, shape: Shape) -> tuple[Array, ...]:
    return (random.random(shape) < 0.5, *normal(random, shape, shape))


def _targets(random: np.random.Generator, shape: Shape) -> tuple[Array | Constant, ...]:
    return (*normal(random, shape), Constant(*normal(random, shape)))


def _probabilities(random: np.random.Generator, shape: Shape) -> tuple[Array | Constant, ...]:
    return (*normal(random, shape), Constant(random.random(shape, np.float32)))


def _classes(random: np.random.Generator, shape: Shape) -> tuple[Array, ...]:
    return (*normal(random, shape), random.integers(0, shape[1], shape[0]))


def _with_scale(random: np.random.Generator, shape: Shape) -> tuple[Array, ...]:
    return normal(random, shape, shape[1:2], shape[1:2])


positive = each(MATRIX, _positive)
dividend_and_divisor = each(MATRIX, _positive_divisor)
chosen = each(MATRIX, _chosen)  # a condition, and two matrices to choose from
with_target = each(MATRIX, _targets)
with_probability = each(MATRIX, _probabilities)
with_class = each(MATRIX, _classes)
with_scale = each(MATRIX, _with_scale)  # a scale and a shift for each column
images_with_scale = each(IMAGES, _with_scale)  # ... for each channel


# --------------------------------------------------------------------------- indices


def _rows(random: np.random.Generator, shape: Shape) -> tuple[Array, ...]:
    return (*normal(random, shape), random.integers(0, shape[0], shape[0]))


def _places(random: np.random.Generator, shape: Shape) -> tuple[Array, ...]:
    return (*normal(random, shape), random.integers(0, shape[1], shape))


def _places_and_values(random: np.random.Generator, shape: Shape) -> tuple[Array, ...]:
    return (*_places(random, shape), *normal(random, shape))


def _tokens(random: np.random.Generator, table: Shape, text: Shape) -> tuple[Array, ...]:
    return (*normal(random, table), random.integers(0, table[0], text))


with_rows = each(MATRIX, _rows)  # the numbers of as many rows as there are
with_places = each(MATRIX, _places)  # a column for each element
with_places_and_values = each(MATRIX, _places_and_values)
tokens = Inputs(
    {
        "tiny": ((10, 4), (2, 2)),
        "medium": ((1000, 64), (16, 16)),
        "large": ((20000, 100), (64, 200)),
    },
    _tokens,
)


# --------------------------------------------------------------------------- products


def products(tiny: tuple[Shape, ...], medium: tuple[Shape, ...], large: Any) -> Inputs:
    """Returns the factors of a product; the second and later ones keep it near 1."""

    def draw(random: np.random.Generator, first: Shape, *others: Shape) -> tuple[Array, ...]:
        return (*normal(random, first), *[weights(random, shape) for shape in others])

    return Inputs({"tiny": tiny, "medium": medium, "large": large}, draw)


square = products(((4, 4), (4, 4)), ((128, 128), (128, 128)), ((1024, 1024), (1024, 1024)))
tall = products(((4, 2), (2, 4)), ((1024, 16), (16, 16)), ((65536, 16), (16, 16)))
batched = products(
    ((2, 3, 3), (2, 3, 3)), ((16, 32, 32), (16, 32, 32)), ((64, 128, 128), (64, 128, 128))
)
linear = products(
    ((2, 4), (3, 4), (3,)), ((64, 256), (128, 256), (128,)), ((512, 2048), (512, 2048), (512,))
)
matrix_and_vector = products(((4, 4), (4,)), ((64, 256), (256,)), ((1024, 1024), (1024,)))
heads = Inputs(
    {"tiny": ((1, 1, 4, 4),), "medium": ((2, 2, 64, 64),), "large": ((8, 8, 256, 64),)},
    lambda random, shape: normal(random, shape, shape, shape),
)


# --------------------------------------------------------------------------- layers


def filters(
    channels_in: int,
    channels_out: int,
    side: int,
    kernel: int = 3,
    *,
    groups: int = 1,
    transposed: bool = False,
    tiny: bool = True,
) -> Inputs:
    """Returns images, the filters of a convolution, and its bias.

    Args:
        side: of the square images.
        kernel: side of the filters.
        transposed: the filters stand as a transposed convolution wants them.
        tiny: whether there is a tiny layer like this: the same kernel on one image of 4 x 4.
    """

    def shapes(batch: int, n_in: int, n_out: int, side: int, groups: int) -> tuple[Shape, ...]:
        pair = (n_in, n_out // groups) if transposed else (n_out, n_in // groups)
        return (batch, n_in, side, side), (*pair, kernel, kernel), (n_out,)

    def draw(random: np.random.Generator, *shapes: Shape) -> tuple[Array, ...]:
        first, second, third = shapes
        return (*normal(random, first), weights(random, second), *normal(random, third))

    by_size = {
        "medium": shapes(1, channels_in, channels_out, side, groups),
        "large": shapes(16, channels_in, channels_out, side, groups),
    }
    if tiny:
        few = min(channels_in, 2)
        by_size = {"tiny": shapes(1, few, 2, 4, few if groups > 1 else 1), **by_size}
    return Inputs(by_size, draw)


def sequences(tiny: Shape, medium: Shape, large: Shape) -> Inputs:
    """Returns a batch of sequences; shape (length, batch, width)."""
    return each({"tiny": tiny, "medium": medium, "large": large})


sequence = sequences((3, 1, 4), (16, 16, 64), (64, 64, 256))
