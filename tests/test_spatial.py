"""What rows of test_ops.py cannot say of pooling, other sizes, grids, windows and borders: mistakes,
other dtypes, random numbers, places that are hard to round.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import minitorch
from tests.parity import assert_raises_alike, assert_same

X1, X2, X3 = (2, 3, 8), (2, 3, 8, 8), (2, 3, 8, 8, 8)


def zeros(lib: Any, *shape: int, dtype: str = "float32") -> Any:
    return lib.zeros(*shape, dtype=getattr(lib, dtype))


def values(lib: Any, *shape: int, dtype: str = "float32", seed: int = 0) -> Any:
    numbers = np.random.default_rng(seed).standard_normal(shape) * 4
    return lib.from_numpy(numbers.astype(dtype))


def call(name: str, shape: tuple[int, ...], *args: Any, dtype: str = "float32", **how: Any) -> Any:
    """A call of a function of nn.functional on zeros."""

    def run(lib: Any) -> Any:
        return getattr(lib.nn.functional, name)(zeros(lib, *shape, dtype=dtype), *args, **how)

    return run


def unpool(
    name: str, shape: tuple[int, ...], *args: Any, place: int = 0, index: Any = None, **how: Any
) -> Any:
    def run(lib: Any) -> Any:
        indices = zeros(lib, *(index or shape), dtype="int64") + place
        return getattr(lib.nn.functional, name)(zeros(lib, *shape), indices, *args, **how)

    return run


def fractional(samples: tuple[int, ...], dtype: str = "float32") -> Any:
    return lambda lib: lib.nn.functional.fractional_max_pool2d(
        zeros(lib, *X2), 2, 3, _random_samples=zeros(lib, *samples, dtype=dtype)
    )


def grid(input: tuple[int, ...], grid: tuple[int, ...], *args: Any, dtype: str = "float32") -> Any:
    return lambda lib: lib.nn.functional.grid_sample(
        zeros(lib, *input, dtype=dtype), zeros(lib, *grid), *args, align_corners=False
    )


MISTAKES: list[Callable[[Any], Any]] = [
    # ----- pooling
    call("max_pool3d", (8, 8, 8), 2),
    call("max_pool3d", X3, 2, padding=2),
    call("max_pool3d", X3, 10),
    call("max_pool3d", X3, 0),
    call("max_pool3d", X3, 2, -1),
    call("max_pool3d", X3, 2, dilation=0),
    call("max_pool3d", (2, 0, 8, 8, 8), 2),
    call("max_pool3d", X3, (2, 2)),
    call("max_pool3d", X3, 2, (2, 2)),
    call("max_pool3d", X3, 2, padding=(1, 1)),
    call("max_pool3d", X3, 2, dilation=(1, 1)),
    call("max_pool3d", X3, 2, dtype="bool"),
    call("max_pool2d", X2, 2, (1, 1, 1)),
    call("max_pool2d", X2, 2, dilation=(1, 1, 1)),
    call("max_pool1d", (0, 10), 2),
    call("avg_pool3d", (8, 8, 8), 2),
    call("avg_pool3d", X3, 2, padding=2),
    call("avg_pool3d", X3, 2, padding=-1),
    call("avg_pool3d", X3, 2, divisor_override=0),
    call("avg_pool3d", X3, 10),
    call("avg_pool3d", X3, (2, 2)),
    call("avg_pool3d", X3, 2, (2, 2)),
    call("avg_pool3d", (2, 0, 8, 8, 8), 2),
    call("avg_pool3d", X3, 2, dtype="int32"),
    call("avg_pool3d", X3, 2, dtype="bool"),
    call("adaptive_avg_pool3d", (8, 8, 8), 2),
    call("adaptive_avg_pool3d", (2, 8, 8), (2, 2, 2)),
    call("adaptive_avg_pool3d", X3, -1),
    call("adaptive_avg_pool3d", X3, (1, 2)),
    call("adaptive_avg_pool3d", (2, 0, 8, 8, 8), 2),
    call("adaptive_avg_pool3d", X3, 2, dtype="int64"),
    call("adaptive_max_pool3d", (8, 8, 8), 2),
    call("adaptive_max_pool3d", X3, -1),
    call("adaptive_max_pool3d", X3, (1, 2)),
    call("adaptive_max_pool3d", (2, 3, 0, 8, 8), 2),
    call("adaptive_max_pool3d", X3, 2, dtype="int64"),
    call("adaptive_max_pool2d", X2, -1),
    call("adaptive_max_pool1d", X1, -1),
    call("adaptive_avg_pool1d", X1, -1),
    call("fractional_max_pool2d", (8, 8), 2, 3),
    call("fractional_max_pool2d", X2, 2),
    call("fractional_max_pool2d", X2, 7, 4),
    call("fractional_max_pool2d", X2, 2, output_ratio=(0.5, 0.5, 0.5)),
    call("fractional_max_pool2d", (2, 0, 8, 8), 2, 3),
    call("fractional_max_pool2d", X2, (2, 2, 2), 3),
    call("fractional_max_pool2d", X2, 2, (3, 3, 3)),
    call("fractional_max_pool3d", (8, 8, 8), 2, 3),
    call("fractional_max_pool3d", X3, 2),
    call("fractional_max_pool3d", X3, 7, 4),
    call("fractional_max_pool3d", (2, 0, 8, 8, 8), 2, 3),
    fractional((2, 3, 3)),
    fractional((1, 3, 2)),
    fractional((2, 3, 2), "float64"),
    unpool("max_unpool2d", (2, 3, 4, 4), 2, place=99),
    unpool("max_unpool2d", (2, 3, 4, 4), 2, place=-1),
    unpool("max_unpool2d", (2, 3, 4, 4), 2, index=(2, 3, 4, 3)),
    unpool("max_unpool2d", (4, 4), 2),
    unpool("max_unpool2d", (2, 3, 4, 4), 2, output_size=(20, 20)),
    unpool("max_unpool2d", (2, 3, 4, 4), 2, output_size=(8,)),
    unpool("max_unpool2d", (2, 0, 4, 4), 2),
    unpool("max_unpool3d", (2, 3, 4, 4, 4), 2, place=9999),
    unpool("max_unpool3d", (2, 3, 4, 4, 4), 2, 0),
    unpool("max_unpool3d", (3, 4, 4), 2),
    unpool("max_unpool3d", (2, 3, 4, 4, 4), 2, padding=9),
    unpool("max_unpool1d", (4,), 2),
    # ----- windows as columns, channels as pixels
    call("unfold", (4, 4), 2),
    call("unfold", X3, 2),
    call("unfold", X2, 9),
    call("unfold", X2, 0),
    call("unfold", X2, 2, stride=0),
    call("unfold", X2, 2, dilation=0),
    call("unfold", X2, 2, padding=-1),
    call("unfold", (2, 0, 8, 8), 2),
    call("unfold", X2, (2, 2, 2)),
    call("unfold", X2, 2, dtype="int64"),
    call("fold", (4,), (4, 4), 2),
    call("fold", (1, 7, 9), (4, 4), 2),
    call("fold", (1, 8, 8), (4, 4), 2),
    call("fold", (1, 0, 9), (4, 4), 2),
    call("fold", (1, 8, 9), (4, 4), 0),
    call("fold", (1, 8, 9), (4, 4), 2, padding=-1),
    call("fold", (1, 8, 9), (4, 4, 4), 2),
    call("fold", (1, 8, 9), (0, 4), 2),
    call("fold", (1, 8, 9), (1, 1), 2),
    call("fold", (1, 8, 9), (4, 4), 2, dtype="int64"),
    call("pixel_shuffle", (4, 4), 2),
    call("pixel_shuffle", (3, 4, 4), 2),
    call("pixel_shuffle", (4, 4, 4), 0),
    call("pixel_unshuffle", (4, 4), 2),
    call("pixel_unshuffle", (3, 5, 4), 2),
    call("pixel_unshuffle", (3, 4, 5), 2),
    call("pixel_unshuffle", (3, 4, 4), -1),
    call("channel_shuffle", (4, 4), 2),
    call("channel_shuffle", (1, 3, 4), 2),
    call("channel_shuffle", (1, 4, 4), 0),
    # ----- other sizes
    call("interpolate", X2),
    call("interpolate", X2, 4, 2.0),
    call("interpolate", X2, (4,)),
    call("interpolate", X2, (4.0, 4.0)),
    call("interpolate", X2, scale_factor=(2.0,)),
    call("interpolate", X2, 0),
    call("interpolate", (2, 0, 8, 8), 4),
    call("interpolate", (2, 3, 0, 8), 4),
    call("interpolate", X2, 4, mode="nearest", align_corners=True),
    call("interpolate", X2, 4, recompute_scale_factor=True),
    call("interpolate", X1, 4, antialias=True),
    call("interpolate", X2, 4, mode="nearest", antialias=True),
    call("interpolate", X2, 4, mode="lanczos"),
    call("interpolate", X2, 4, mode="lanczos", antialias=True, align_corners=True),
    call("interpolate", X1, 4, mode="bilinear"),
    call("interpolate", X1, 4, mode="trilinear"),
    call("interpolate", X2, 4, mode="linear"),
    call("interpolate", X2, 4, mode="trilinear"),
    call("interpolate", X3, 4, mode="linear"),
    call("interpolate", X3, 4, mode="bilinear"),
    call("interpolate", X3, 4, mode="bicubic"),
    call("interpolate", X2, 4, mode="foo"),
    call("interpolate", (3,), 4),
    # ----- grids
    grid(X2, (3, 2, 2, 2)),
    grid(X2, (2, 2, 2, 3)),
    grid((2, 3, 0, 8), (2, 2, 2, 2)),
    grid(X3, (2, 2, 2, 2)),
    grid(X3, (2, 2, 2, 2, 3), "bicubic"),
    grid(X2, (2, 2, 2, 2), "cubic"),
    grid(X2, (2, 2, 2, 2), "nearest", "ones"),
    grid(X2, (2, 2, 2, 2), dtype="float64"),
    call("affine_grid", (2, 2, 3), (2, 3, 4), False),
    call("affine_grid", (2, 3, 3), (2, 3, 4, 4), False),
    call("affine_grid", (2, 2, 3), (2, 3, 4, 4, 4), False),
    call("affine_grid", (2, 2, 3), (2, 3, 0, 4), False),
    call("affine_grid", (2, 2, 3), (2, 3, 4, 4), False, dtype="int64"),
    # ----- borders
    call("pad", X2, (1,)),
    call("pad", X1, (1,) * 8),
    call("pad", X1, (-9, 0), "replicate"),
    call("pad", X1, (8, 0), "reflect"),
    call("pad", X1, (9, 0), "circular"),
    call("pad", X1, (1, 1), "foo"),
    call("pad", X1, (1, 1), "reflect", 1.0),
    call("pad", X2, (1, 1), "reflect"),
    call("pad", X3, (1,) * 8, "replicate"),
    call("pad", (2, 3, 0), (1, 1), "replicate"),
    call("pad", X1, (1, 1), "reflect", dtype="bool"),
    lambda lib: lib.constant_pad_nd(zeros(lib, 3), (1, 1, 1)),
    lambda lib: lib.constant_pad_nd(zeros(lib, 3), (1, 1, 1, 1)),
    lambda lib: lib.nn.FractionalMaxPool2d(2),
    lambda lib: lib.nn.FractionalMaxPool2d(2, 3, 0.5),
    lambda lib: lib.nn.FractionalMaxPool2d(2, output_ratio=1.5),
    lambda lib: lib.nn.FractionalMaxPool3d(0, 3),
    lambda lib: lib.nn.CircularPad1d(1)(zeros(lib, 3)),
]

IN_OTHER_WORDS = [
    call("interpolate", X2, 4, dtype="int64"),
    call("interpolate", X2, 4, mode="bilinear", dtype="int64"),
    call("pad", X1, (-9, 0)),
]


@pytest.mark.parametrize("i", range(len(MISTAKES)))
def test_mistakes_are_refused_as_in_torch(i: int) -> None:
    assert_raises_alike(MISTAKES[i])


@pytest.mark.parametrize("i", range(len(IN_OTHER_WORDS)))
def test_mistakes_are_refused_in_other_words(i: int) -> None:
    assert_raises_alike(IN_OTHER_WORDS[i], words=False)


FLOAT16 = [
    lambda lib, x: lib.nn.functional.max_pool3d(x, 2, return_indices=True),
    lambda lib, x: lib.nn.functional.avg_pool3d(x, 2),
    lambda lib, x: lib.nn.functional.pad(x[0], (1, 2), "constant", 3.0),
    lambda lib, x: lib.nn.functional.pad(x[0], (1, 2, 1, 0), "replicate"),
    lambda lib, x: lib.nn.functional.pad(x[0], (1, 2, 1, 0), "circular"),
    lambda lib, x: lib.nn.functional.unfold(x[0], 2, padding=1),
    lambda lib, x: lib.nn.functional.interpolate(x, scale_factor=1.5),
    lambda lib, x: lib.pixel_shuffle(x, 2),
]


@pytest.mark.parametrize("function", FLOAT16)
def test_float16(function: Callable[[Any, Any], Any]) -> None:
    assert_same(lambda lib: function(lib, values(lib, 2, 4, 4, 6, 4, dtype="float16")))


INTEGERS = [
    lambda lib, x: lib.nn.functional.max_pool3d(x, 2, return_indices=True),
    lambda lib, x: lib.nn.functional.avg_pool3d(x, 2),
    lambda lib, x: lib.nn.functional.avg_pool3d(x, 2, divisor_override=-3),
    lambda lib, x: lib.constant_pad_nd(x, (1, -2), 7),
    lambda lib, x: lib.constant_pad_nd(x, (1, 0), 1.5),
    lambda lib, x: lib.nn.functional.pad(x[0], (1, 2, 0, 3), "reflect"),
    lambda lib, x: lib.channel_shuffle(x, 2),
    lambda lib, x: lib.conv3d(x, x[:, :, :2, :2, :2]),
]


@pytest.mark.parametrize("function", INTEGERS)
def test_integers(function: Callable[[Any, Any], Any]) -> None:
    assert_same(lambda lib: function(lib, values(lib, 2, 4, 4, 6, 4, dtype="int64")))


def test_bytes_are_enlarged() -> None:
    assert_same(
        lambda lib: lib.nn.functional.interpolate(
            lib.arange(12).to(lib.uint8).reshape(1, 1, 3, 4), (5, 9)
        )
    )


@pytest.mark.parametrize("antialias", [False, True])
@pytest.mark.parametrize("mode", ["bilinear", "bicubic", "lanczos"])
def test_bytes_are_blended_in_fixed_point(mode: str, antialias: bool) -> None:
    if mode == "lanczos" and not antialias:
        pytest.skip("only with anti-aliasing")
    rng = np.random.default_rng(5)
    for _ in range(10):
        *size, height, width = rng.integers(2, 30, 4).tolist()
        image = rng.integers(0, 256, (2, 3, *size)).astype("uint8")
        assert_same(
            lambda lib, image=image, size=(height, width): lib.nn.functional.interpolate(
                lib.from_numpy(image), size, mode=mode, antialias=antialias
            )
        )


@pytest.mark.parametrize("ndim", [2, 3])
@pytest.mark.parametrize("batch", [(3,), ()])
def test_fractional_windows_come_from_the_seed(ndim: int, batch: tuple[int, ...]) -> None:
    def pooled(lib: Any) -> Any:
        lib.manual_seed(5)
        function = getattr(lib.nn.functional, f"fractional_max_pool{ndim}d")
        input = values(lib, *batch, 2, *(11, 9, 10)[:ndim], dtype="float64")
        out = function(input, 2, output_ratio=(0.7,) * ndim, return_indices=True)
        return *out, lib.rand(2)

    assert_same(pooled)


def test_indices_of_maxima_in_volumes() -> None:
    x = np.random.default_rng(0).integers(0, 3, (2, 2, 5, 6, 7)).astype("float32")  # many ties
    x[0, 0, 2:4, 1:3] = np.nan
    x[0, 1] = -np.inf
    for how in ({}, {"stride": 1, "padding": 1}, {"dilation": 2}, {"ceil_mode": True}):
        assert_same(
            lambda lib, how=how: lib.nn.functional.max_pool3d(
                lib.from_numpy(x), 3, return_indices=True, **how
            )
        )


@pytest.mark.parametrize("mode", ["nearest", "nearest-exact", "linear"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_places_are_rounded_as_in_torch(mode: str, dtype: str) -> None:
    """Long sequences: a place off by one unit of float32 reads another element."""
    rng = np.random.default_rng(3)
    for _ in range(40):
        size, count = (int(n) for n in rng.integers(1, 700, 2))
        scale = count / size * 1.0001
        for how in ({"size": count}, {"scale_factor": scale} if int(size * scale) else {"size": 1}):
            assert_same(
                lambda lib, how=how, size=size: lib.nn.functional.interpolate(
                    values(lib, 1, 1, size, dtype=dtype), mode=mode, **how
                ),
                exact=False,
            )


@pytest.mark.parametrize("mode", ["bilinear", "nearest", "bicubic"])
@pytest.mark.parametrize("padding", ["zeros", "border", "reflection"])
def test_grids_reach_far_beyond_the_image(mode: str, padding: str) -> None:
    points = np.array([9, -9, 1e5, 1, -1, -3e7, 0, 1, 2.5, -1], "float64").reshape(1, 1, 5, 2)
    for align in (False, True):
        assert_same(
            lambda lib, align=align: lib.nn.functional.grid_sample(
                values(lib, 1, 3, 5, 8, dtype="float64"),
                lib.from_numpy(points),
                mode,
                padding,
                align,
            ),
            exact=False,
        )


def test_a_grid_of_nan_is_safe() -> None:
    """torch itself reads wherever the bits of the NaN lead it."""
    grid = minitorch.full((1, 1, 2, 2), float("nan"))
    for padding in ("border", "reflection"):
        out = minitorch.nn.functional.grid_sample(
            minitorch.ones(1, 1, 3, 3), grid, padding_mode=padding, align_corners=False
        )
        assert out.tolist() == [[[[1.0, 1.0]]]]


def test_output_padding_of_a_stride_or_more() -> None:
    """With a dilation, rows may be asked for that no window reaches: they hold the bias."""

    def grown(lib: Any) -> Any:
        leaves = [values(lib, 2, 2, 4, 4), values(lib, 2, 2, 4, 5), values(lib, 4)]
        leaves = [leaf.requires_grad_() for leaf in leaves]
        how = {"stride": (3, 2), "padding": (1, 2), "output_padding": (2, 3), "dilation": 4}
        out = lib.nn.functional.conv_transpose2d(*leaves, groups=2, **how)
        (out * out).sum().backward()
        return out.detach(), *[leaf.grad for leaf in leaves]

    assert_same(grown, exact=False)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_output_padding_of_a_stride_or_more_in_half_precision(dtype: str) -> None:
    """torch leaves this to a kernel that rounds every sum."""

    def grown(lib: Any) -> Any:
        kind = getattr(lib, dtype)
        operands = [values(lib, *shape).to(kind) for shape in ((2, 2, 4, 4), (2, 2, 4, 5), (4,))]
        how = {"stride": (3, 2), "padding": (1, 2), "output_padding": (2, 3), "dilation": 4}
        return lib.nn.functional.conv_transpose2d(*operands, groups=2, **how).float()

    assert_same(grown)


def test_deprecated_names() -> None:
    for name in ("upsample", "upsample_nearest", "upsample_bilinear"):
        with pytest.warns(UserWarning, match="deprecated"):
            ours = getattr(minitorch.nn.functional, name)(values(minitorch, 1, 1, 3, 3), 5)
        with pytest.warns(UserWarning, match="deprecated"):
            theirs = getattr(torch.nn.functional, name)(values(torch, 1, 1, 3, 3), 5)
        torch.testing.assert_close(torch.from_numpy(ours.numpy()), theirs)


def test_out_of_pooling() -> None:
    for name, shape in (("avg_pool2d", X2), ("avg_pool3d", X3)):
        out = minitorch.empty(0)
        function = getattr(minitorch.nn.functional, name)
        assert function(minitorch.ones(*shape), 2, out=out) is out
        assert out.tolist() == function(minitorch.ones(*shape), 2).tolist()
