"""The rows of complex numbers, Fourier transforms and window functions.

The tables draw real arrays, so complex operands are joined from two of them, and complex results are
compared as pairs of real numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.opinfo import OpInfo, binary, draw, positive, sample


def on_complex(name: str, **options: Any) -> OpInfo:
    """A row for ``torch.name`` of one complex tensor, made of two real ones."""

    def op(torch: Any, re: Any, im: Any) -> Any:
        return pairs(torch, getattr(torch, name)(torch.complex(re, im)))

    samples = [sample(draw(2, 3), draw(2, 3)), sample(draw(), draw())]
    return OpInfo(name, samples, op=op, **options)


def on_complex_pair(name: str, *shapes: tuple[int, ...], **options: Any) -> OpInfo:
    """A row for ``torch.name`` of two complex tensors."""

    def op(torch: Any, a: Any, b: Any, c: Any, d: Any) -> Any:
        return pairs(torch, getattr(torch, name)(torch.complex(a, b), torch.complex(c, d)))

    first, second = shapes or ((3, 4), (4,))
    samples = [sample(draw(*first), draw(*first), positive(*second), draw(*second))]
    return OpInfo(name, samples, op=op, **options)


def pairs(torch: Any, result: Any) -> Any:
    return torch.view_as_real(result.resolve_conj()) if result.is_complex() else result


def transform(name: str, *calls: dict[str, Any], spectrum: bool | None) -> OpInfo:
    """A row for ``torch.fft.name``, once for each set of keyword arguments.

    Args:
        spectrum: whether the input is complex; None: it is real and complex.
    """

    def op(torch: Any, re: Any, im: Any = None, **kwargs: Any) -> Any:
        input = re if im is None else torch.complex(re, im)
        return pairs(torch, getattr(torch.fft, name)(input, **kwargs))

    shape = (2, 4, 5)
    samples = []
    for call in calls:
        if spectrum is not True:
            samples.append(sample(draw(*shape), **call))
        if spectrum is not False:
            samples.append(sample(draw(*shape), draw(*shape), **call))
    return OpInfo(f"fft.{name}", samples, op=op, composite=True)


ONE_DIMENSION: list[dict[str, Any]] = [
    {},
    {"n": 4, "norm": "ortho"},
    {"n": 7, "norm": "forward"},
    {"dim": 1, "norm": "backward"},
    {"dim": -3, "n": 3},
]
SEVERAL: list[dict[str, Any]] = [
    {},
    {"dim": (0, 2), "norm": "ortho"},
    {"s": (3, 6), "norm": "forward"},
    {"s": (3, -1), "dim": (1, 0)},
    {"dim": 1},
]
TWO: list[dict[str, Any]] = [{}, {"s": (5, 4), "norm": "ortho"}, {"dim": (2, 0), "norm": "forward"}]


def stft_of(torch: Any, input: Any, window: Any = None, **kwargs: Any) -> Any:
    return torch.view_as_real(torch.stft(input, window=window, return_complex=True, **kwargs))


def istft_of(torch: Any, re: Any, im: Any, window: Any = None, **kwargs: Any) -> Any:
    return pairs(torch, torch.istft(torch.complex(re, im), window=window, **kwargs))


def part(name: str) -> Callable[..., Any]:
    return lambda torch, re, im: getattr(torch.complex(re, im), name)


COMPLEX = [
    *[on_complex(name) for name in ("abs", "angle", "sgn", "conj", "conj_physical", "neg")],
    *[on_complex(name) for name in ("exp", "log", "sin", "cos", "tanh", "square", "sum", "mean")],
    *[on_complex(name, composite=True) for name in ("sqrt", "reciprocal", "sinh", "cosh", "prod")],
    *[on_complex_pair(name) for name in ("add", "sub", "mul", "div", "pow")],
    on_complex_pair("mm", (2, 3), (3, 4)),
    on_complex_pair("mv", (2, 3), (3,)),
    on_complex_pair("bmm", (2, 2, 3), (2, 3, 2)),
    on_complex_pair("matmul", (2, 2, 3), (3, 4)),
    on_complex_pair("dot", (3,), (3,)),
    binary("complex", method=False, op=lambda torch, x, y: torch.complex(x, y).real),
    binary("polar", left=positive, method=False, op=lambda torch, x, y: torch.polar(x, y).imag),
    OpInfo("angle", [sample(draw(3, 4)), sample(draw())], method=True),
    OpInfo("sgn", [sample(draw(3, 4)), sample(draw())], method=True, inplace="sgn_"),
    OpInfo("real", [sample(draw(2, 3), draw(2, 3)), sample(draw(), draw())], op=part("real")),
    OpInfo("imag", [sample(draw(2, 3), draw(2, 3)), sample(draw(), draw())], op=part("imag")),
    OpInfo(
        "H",
        [sample(draw(2, 3), draw(2, 3))],
        op=lambda torch, x, y: pairs(torch, torch.complex(x, y).H),
    ),
    OpInfo("mH", [sample(draw(2, 2, 3))], op=lambda torch, x: x.mH),
    OpInfo(
        "mul", [sample(draw(3), draw(4, 3))], op=lambda torch, x, y: (x * torch.complex(y, y)).abs()
    ),
    OpInfo("mul", [sample(draw(3))], op=lambda torch, x: (x * (1 - 2j)).imag),
    OpInfo("cfloat", [sample(draw(2, 3))], op=lambda torch, x: (x.cfloat() * 1j).imag),
]
TRANSFORMS = [
    *[transform(name, *ONE_DIMENSION, spectrum=None) for name in ("fft", "ifft", "irfft", "hfft")],
    *[transform(name, *ONE_DIMENSION, spectrum=False) for name in ("rfft", "ihfft")],
    *[transform(name, *SEVERAL, spectrum=None) for name in ("fftn", "ifftn", "irfftn", "hfftn")],
    *[transform(name, *SEVERAL, spectrum=False) for name in ("rfftn", "ihfftn")],
    *[transform(name, *TWO, spectrum=None) for name in ("fft2", "ifft2", "irfft2", "hfft2")],
    *[transform(name, *TWO, spectrum=False) for name in ("rfft2", "ihfft2")],
    *[
        OpInfo(
            f"fft.{name}",
            [sample(draw(5)), sample(draw(3, 4), dim=-1), sample(draw(3, 4), dim=(0, 1))],
        )
        for name in ("fftshift", "ifftshift")
    ],
    OpInfo(
        "stft",
        [
            sample(draw(20), positive(8), n_fft=8),
            sample(draw(2, 20), n_fft=6, center=False, normalized=True),
            sample(draw(20), positive(5), n_fft=8, hop_length=3, win_length=5, onesided=False),
            sample(
                draw(20), positive(4), n_fft=8, win_length=4, center=False, align_to_window=True
            ),
        ],
        op=stft_of,
    ),
    OpInfo(
        "istft",
        [
            sample(draw(5, 6), draw(5, 6), positive(8), n_fft=8),
            sample(draw(2, 4, 6), draw(2, 4, 6), n_fft=6, center=False, normalized=True),
            sample(
                draw(5, 6), draw(5, 6), positive(5), n_fft=8, hop_length=1, win_length=5, length=7
            ),
            sample(draw(8, 6), draw(8, 6), positive(8), n_fft=8, return_complex=True),
            sample(draw(8, 6), draw(8, 6), n_fft=8, onesided=False, length=11),
        ],
        op=istft_of,
        composite=True,
    ),
]
SPECTRAL_OPS = [*COMPLEX, *TRANSFORMS]
