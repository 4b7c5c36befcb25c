"""Rows of the operations on images and volumes: pooling in three dimensions, unpooling, other sizes,
grids, windows as columns, borders.
"""

from __future__ import annotations

from typing import Any

from tests.opinfo import Draw, OpInfo, Sample, draw, positive, sample

_VOLUME = draw(2, 2, 5, 6, 7)


def unit(*shape: int) -> Draw:
    """Numbers between 0 and 1."""
    return Draw(shape, 0.05, 0.95)


_MAX_POOL3D = [
    sample(_VOLUME, 2),
    sample(draw(2, 5, 6, 7), 3),
    sample(_VOLUME, 3, 1, 1),
    sample(_VOLUME, (3, 2, 1), (1, 2, 3), (1, 0, 0), ceil_mode=True),
    sample(_VOLUME, 2, 2, 1, 2),
    sample(draw(0, 2, 4, 4, 4), 2),
]

_AVG_POOL3D = [
    sample(_VOLUME, 2),
    sample(draw(2, 5, 6, 7), 3),
    sample(_VOLUME, 3, 2, 1),
    sample(_VOLUME, 3, 2, 1, count_include_pad=False),
    sample(_VOLUME, (3, 2, 1), (1, 2, 3), (1, 1, 0), ceil_mode=True),
    sample(_VOLUME, 2, divisor_override=-3),
    sample(draw(0, 2, 4, 4, 4), 2),
]


def _unpool(dims: int) -> list[Sample]:
    """Pooled first, so that the indices are right; windows do not overlap."""
    return [
        sample(draw(2, 3, *(8, 10, 6)[:dims]), dims, (2,)),
        sample(draw(3, *(8, 11, 5)[:dims]), dims, (2, 3)),
        sample(draw(2, 3, *(9, 7, 5)[:dims]), dims, (2, 2), output_size=(9, 7, 5)[:dims]),
    ]


def _pool_and_unpool(torch: Any, x: Any, dims: int, window: tuple[Any, ...], **options: Any) -> Any:
    functional = torch.nn.functional
    pooled, indices = getattr(functional, f"max_pool{dims}d")(x, *window, return_indices=True)
    return getattr(functional, f"max_unpool{dims}d")(pooled, indices, *window, **options)


def _fractional(torch: Any, x: Any, samples: Any, *args: Any, **options: Any) -> Any:
    function = getattr(torch.nn.functional, f"fractional_max_pool{samples.shape[-1]}d")
    return function(x, *args, **options, _random_samples=samples.detach())


_SIZES = {
    1: [((5,), {"size": 8}), ((9,), {"size": (4,)}), ((7,), {"scale_factor": 1.7})],
    2: [
        ((5, 6), {"size": (8, 3)}),
        ((5, 6), {"scale_factor": 2}),
        ((7, 5), {"scale_factor": (0.6, 1.7)}),
        ((4, 4), {"size": 1}),
        ((5, 6), {"size": (5, 9)}),
    ],
    3: [((3, 4, 5), {"size": (5, 4, 2)}), ((4, 3, 3), {"scale_factor": 1.5})],
}


def _interpolate(mode: str, *dims: int, corners: bool = False) -> list[Sample]:
    samples = []
    for d in dims:
        for size, how in _SIZES[d]:
            samples.append(sample(draw(2, 3, *size), **how, mode=mode))
            if corners:
                samples.append(sample(draw(2, 3, *size), **how, mode=mode, align_corners=True))
        options = {"mode": mode, "recompute_scale_factor": True}
        samples.append(sample(draw(1, 2, *[7] * d), scale_factor=0.6, **options))
    return samples


def _antialiased(mode: str) -> list[Sample]:
    # An output of one column is left out: there torch repeats a row where it should go on.
    sizes = [(8, 3), (3, 4), (5, 6), (2, 2), (1, 9)]
    corners = [False] if mode == "lanczos" else [False, True]
    return [
        sample(draw(2, 3, 5, 6), size, mode=mode, antialias=True, align_corners=align)
        for size in sizes
        for align in corners
    ] + [sample(draw(1, 2, 9, 8), scale_factor=0.45, mode=mode, antialias=True)]


def _grid(mode: str) -> list[Sample]:
    volumes = [] if mode == "bicubic" else [(draw(2, 2, 3, 4, 5), draw(2, 2, 3, 2, 3))]
    return [
        sample(image, grid, mode, padding, align)
        for image, grid in [(draw(2, 3, 4, 5), draw(2, 3, 2, 2)), *volumes]
        for padding in ("zeros", "border", "reflection")
        for align in (False, True)
    ] + [sample(draw(0, 3, 4, 5), draw(0, 3, 2, 2), mode, align_corners=False)]


def _pads(mode: str) -> list[Sample]:
    return [
        sample(draw(2, 3, 5), (2, 4), mode),
        sample(draw(3, 5), (1, 0), mode),
        sample(draw(2, 3, 5, 4), (1, 2, 3, 0), mode),
        sample(draw(3, 5, 4), (1, -2, -1, 3), mode),
        sample(draw(2, 3, 5, 4, 3), (1, 2, 3, 0, 2, 1), mode),
        sample(draw(0, 3, 5), (2, 1), mode),
    ]


_FOLD = [
    sample(draw(2, 12, 12), (4, 5), 2),
    sample(draw(12, 12), (4, 5), 2),
    sample(draw(2, 18, 30), (6, 7), (3, 2), (1, 2), (1, 0), (1, 1)),
    sample(draw(1, 8, 4), 5, 2, stride=3),
    sample(draw(0, 4, 9), 4, 2),
]

SPATIAL_OPS = [
    OpInfo("nn.functional.max_pool3d", _MAX_POOL3D),
    OpInfo("nn.functional.max_pool3d_with_indices", _MAX_POOL3D),
    OpInfo("nn.functional.avg_pool3d", _AVG_POOL3D),
    OpInfo(
        "nn.functional.adaptive_avg_pool3d",
        [
            sample(_VOLUME, 3),
            sample(draw(2, 5, 6, 7), (2, None, 9)),
            sample(_VOLUME, 1),
            sample(draw(0, 2, 4, 4, 4), 2),
        ],
    ),
    OpInfo(
        "nn.functional.adaptive_max_pool3d",
        [sample(_VOLUME, 3), sample(draw(2, 5, 6, 7), (2, None, 9)), sample(_VOLUME, 1)],
    ),
    OpInfo("nn.functional.adaptive_max_pool3d_with_indices", [sample(_VOLUME, 3)]),
    OpInfo(
        "nn.functional.lp_pool1d",
        [sample(positive(2, 3, 9), 2, 3), sample(positive(3, 9), 3.5, 2, 1, True)]
        + [sample(draw(2, 3, 9), p, 3) for p in (float("inf"), -float("inf"))],
    ),
    OpInfo(
        "nn.functional.lp_pool2d",
        [sample(positive(2, 3, 9, 8), 2, 3), sample(positive(3, 9, 8), 1.5, (3, 2), 1)],
    ),
    OpInfo("nn.functional.lp_pool3d", [sample(positive(2, 2, 5, 6, 7), 3.0, 2, (1, 2, 3))]),
    *[
        OpInfo(f"nn.functional.max_unpool{dims}d", _unpool(dims), op=_pool_and_unpool)
        for dims in (1, 2, 3)
    ],
    OpInfo(
        "nn.functional.fractional_max_pool",
        [
            sample(draw(2, 3, 9, 8), unit(2, 3, 2), 2, 4),
            sample(draw(3, 9, 8), unit(1, 3, 2), (3, 2), (4, 5)),
            sample(draw(2, 3, 9, 8), unit(2, 3, 2), 2, output_ratio=(0.5, 0.7)),
            sample(draw(2, 3, 9, 8), unit(2, 3, 2), 2, 4, return_indices=True),
            sample(draw(2, 2, 7, 6, 5), unit(2, 2, 3), 2, (3, 4, 2)),
            sample(draw(2, 7, 6, 5), unit(1, 2, 3), (3, 1, 2), output_ratio=0.5),
            sample(draw(2, 2, 7, 6, 5), unit(2, 2, 3), 2, 1, return_indices=True),
        ],
        op=_fractional,
    ),
    *[
        OpInfo(f"nn.functional.interpolate, {mode}", samples, op=call)
        for mode, samples in (
            ("nearest", _interpolate("nearest", 1, 2, 3)),
            ("nearest-exact", _interpolate("nearest-exact", 1, 2, 3)),
            ("linear", _interpolate("linear", 1, corners=True)),
            ("bilinear", _interpolate("bilinear", 2, corners=True)),
            ("trilinear", _interpolate("trilinear", 3, corners=True)),
            ("bicubic", _interpolate("bicubic", 2, corners=True)),
            ("area", _interpolate("area", 1, 2, 3)),
            ("bilinear, antialias", _antialiased("bilinear")),
            ("bicubic, antialias", _antialiased("bicubic")),
            ("lanczos, antialias", _antialiased("lanczos")),
        )
        for call in [lambda torch, *args, **how: torch.nn.functional.interpolate(*args, **how)]
    ],
    *[
        OpInfo(
            f"nn.functional.grid_sample, {mode}",
            _grid(mode),
            op=lambda torch, *args, **how: torch.nn.functional.grid_sample(*args, **how),
        )
        for mode in ("bilinear", "nearest", "bicubic")
    ],
    OpInfo("grid_sampler", [sample(draw(2, 3, 4, 5), draw(2, 3, 2, 2), 0, 1, True)]),
    OpInfo(
        "nn.functional.affine_grid",
        [
            sample(draw(2, 2, 3), (2, 3, 4, 5), False),
            sample(draw(2, 2, 3), (2, 3, 4, 5), True),
            sample(draw(2, 3, 4), (2, 3, 4, 2, 3), False),
            sample(draw(1, 3, 4), (1, 1, 1, 2, 3), align_corners=True),
        ],
    ),
    OpInfo(
        "nn.functional.unfold",
        [
            sample(draw(2, 3, 5, 6), 2),
            sample(draw(3, 5, 6), (3, 2)),
            sample(draw(2, 3, 5, 6), (3, 2), (1, 2), (1, 0), (2, 1)),
            sample(draw(0, 3, 5, 6), 2),
        ],
    ),
    OpInfo("nn.functional.fold", _FOLD),
    OpInfo(
        "pixel_shuffle",
        [sample(draw(2, 8, 3, 4), 2), sample(draw(9, 2, 1), 3)],
    ),
    OpInfo(
        "pixel_unshuffle",
        [sample(draw(2, 2, 6, 4), 2), sample(draw(1, 6, 3), 3)],
    ),
    OpInfo(
        "channel_shuffle",
        [sample(draw(2, 6, 3), 3), sample(draw(2, 6, 3, 2), 2), sample(draw(0, 4, 3), 2)],
    ),
    OpInfo(
        "constant_pad_nd",
        [
            sample(draw(3, 4), (1, 2)),
            sample(draw(3, 4), (1, 2, 0, 3), 1.5),
            sample(draw(2, 3, 4), (-1, 2, 1, -1)),
            sample(draw(3), ()),
            sample(draw(0, 4), (1, 1)),
        ],
    ),
    *[
        OpInfo(
            f"nn.functional.pad, {mode}",
            _pads(mode),
            op=lambda torch, *args: torch.nn.functional.pad(*args),
            composite=mode == "circular",
        )
        for mode in ("reflect", "replicate", "circular")
    ],
]
