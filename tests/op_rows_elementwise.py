"""Rows of element-wise operations beyond the arithmetic of op_rows.py, and of special functions."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.opinfo import Draw, OpInfo, binary, draw, integers, positive, sample, unary


def within(low: float, high: float) -> Any:
    """Draws from one interval."""

    def make(*shape: int) -> Draw:
        return Draw(shape, low, high)

    return make


unit = within(0.05, 0.95)
above_one = within(1.1, 3.0)
inside = within(-0.9, 0.9)


def special(name: str, make: Any = draw, **options: Any) -> OpInfo:
    """A row of a function of ``torch.special``, which is no method."""
    return unary(f"special.{name}", make, method=False, **options)


ties = np.array([[0.5, 2.0, 2.0], [1.0, 1.0, -1.0]])

HYPERBOLIC = [
    unary("tan", within(-1.2, 1.2), inplace="tan_"),
    unary("asin", inside, inplace="asin_"),
    unary("acos", inside, inplace="acos_"),
    unary("atan", inplace="atan_"),
    unary("sinh", inplace="sinh_"),
    unary("cosh", inplace="cosh_"),
    unary("asinh"),
    unary("acosh", above_one),
    unary("atanh", inside),
    unary("sinc", inplace="sinc_"),
    unary("deg2rad", inplace="deg2rad_"),
    unary("rad2deg", inplace="rad2deg_"),
    binary("atan2", right=positive, inplace="atan2_"),
    binary("hypot", inplace="hypot_"),
]
EXPONENTIAL = [
    unary("expm1", inplace="expm1_"),
    unary("exp2", inplace="exp2_"),
    unary("log2", positive, inplace="log2_"),
    unary("log10", positive, inplace="log10_"),
    unary("log1p", positive, inplace="log1p_"),
    unary("logit", unit, inplace="logit_"),
    OpInfo("logit", [sample(draw(3, 4), 0.2)], inplace="logit_"),
    binary("logaddexp"),
    binary("logaddexp2"),
    binary("xlogy", right=positive, inplace="xlogy_"),
    OpInfo("xlogy", [sample(draw(3), 2.5), sample(positive(3), 0.5)], inplace="xlogy_"),
    OpInfo("xlogy", [sample(positive(3))], op=lambda torch, y: torch.xlogy(2.5, y)),
    binary("special.xlog1py", right=positive, method=False),
    OpInfo("special.xlog1py", [sample(draw(3), 2.5)]),
    special("entr", positive),
]
ROUNDING = [
    unary("trunc", inplace="trunc_"),
    unary("frac", inplace="frac_"),
    unary("sign", inplace="sign_"),
    OpInfo("round", [sample(draw(4), decimals=2), sample(draw(4), decimals=0)], inplace="round_"),
    OpInfo("frexp", [sample(draw(3, 4))]),
    binary("ldexp", right=lambda *s: Draw(s, -2, 3), inplace="ldexp_"),
    OpInfo("ldexp", [sample(draw(3), integers(0, 4, 3))], inplace="ldexp_"),
    binary("copysign", inplace="copysign_"),
    OpInfo("copysign", [sample(draw(3, 4), -1.0), sample(draw(3), 2)], inplace="copysign_"),
    OpInfo("copysign", [sample(np.array([0.0, -0.0, 1.5]), draw(3))], inplace="copysign_"),
    binary("nextafter", inplace="nextafter_"),
    binary("heaviside", differentiable=False),
    unary("signbit", differentiable=False),
]
CHOICE = [
    binary("fmax"),
    binary("fmin"),
    *[
        OpInfo(name, [sample(ties, np.array([0.5, 1.0, 2.0]))])
        for name in ("maximum", "minimum", "fmax", "fmin")
    ],
    OpInfo(
        "clamp_min",
        [sample(draw(3, 4), 0.2), sample(draw(3, 4), draw(4))],
        inplace="clamp_min_",
        method=True,
    ),
    OpInfo(
        "clamp_max",
        [sample(draw(3, 4), 0.2), sample(draw(3, 4), draw(4))],
        inplace="clamp_max_",
        method=True,
    ),
    OpInfo(
        "nan_to_num",
        [
            sample(np.array([[1.5, np.nan], [np.inf, -np.inf]])),
            sample(np.array([np.nan, np.inf, -np.inf, 0.5]), 1.0, 2.0, -3.0),
        ],
        method=True,
        inplace="nan_to_num_",
    ),
    unary("isposinf", differentiable=False),
    unary("isneginf", differentiable=False),
    binary("isclose", differentiable=False),
    unary("positive", differentiable=False),
]
POWERS = [
    OpInfo(
        "pow of a number",
        [sample(base, draw(3)) for base in (0.0, -1.5, 2.5)]
        + [sample(0.0, np.array([0.0, 1.0, 2.0]))],
        op=lambda torch, base, x: torch.pow(base, x),
    ),
    OpInfo(
        "pow of a complex number",
        [sample(1.5 + 0.5j, draw(3))],
        op=lambda torch, base, x: torch.view_as_real(torch.pow(base, x)),
        composite=True,
    ),
    *[
        OpInfo(
            f"complex sgn, {where}",
            [sample(real, imag)],
            op=lambda torch, x, y: torch.view_as_real(torch.sgn(torch.complex(x, y))),
            composite=True,
            second_derivative=where != "at 0",  # torch's is NaN
        )
        for where, real, imag in (
            ("not at 0", draw(3), draw(3)),
            ("at 0", np.array([0.0, 1.0, 0.0]), np.array([0.0, 0.5, -2.0])),
        )
    ],
    unary("square", inplace="square_"),
    OpInfo(
        "float_power",
        [sample(positive(3), 2.5), sample(positive(3, 4), draw(4)), sample(positive(3), 2)],
        method=True,
    ),
    OpInfo("float_power", [sample(draw(3))], op=lambda torch, x: torch.float_power(2.5, x)),
    OpInfo("rsub", [sample(draw(2, 3), draw(3), alpha=2.0), sample(draw(3), 2.5, alpha=0.5)]),
]
COMPARED_IN_PLACE = [
    OpInfo(
        name,
        [sample(draw(3, 4), draw(4)), sample(draw(3, 4), 0.5)],
        op=lambda torch, x, y, name=name: getattr(x.clone(), f"{name}_")(y),
    )
    for name in ("eq", "ne", "lt", "le", "gt", "ge")
]
BITS = [
    OpInfo(
        name,
        [sample(integers(-9, 9, 3, 4), integers(0, 6, 4)), sample(integers(-9, 9, 5), 3)],
        method=True,
        differentiable=False,
    )
    for name in (
        "bitwise_and",
        "bitwise_or",
        "bitwise_xor",
        "bitwise_left_shift",
        "bitwise_right_shift",
    )
] + [
    OpInfo(
        name, [sample(integers(-9, 9, 3, 4), integers(-9, 9, 4))], method=True, differentiable=False
    )
    for name in ("gcd", "lcm")
]
GAMMA = [
    unary("lgamma", positive, inplace="lgamma_"),
    unary("digamma", positive, inplace="digamma_"),
    OpInfo("mvlgamma", [sample(within(2, 5)(3, 4), 3)], method=True, inplace="mvlgamma_"),
    OpInfo(
        "polygamma",
        [sample(n, positive(3, 4)) for n in (0, 1, 2, 3)],
        op=lambda torch, n, x: torch.polygamma(n, x),
    ),
    OpInfo(
        "igamma",
        [sample(np.array([0.5, 1.5, 2.5]), positive(3))],
        op=lambda torch, a, x: torch.igamma(a.detach(), x),
    ),
    OpInfo(
        "igammac",
        [sample(np.array([0.5, 1.5, 2.5]), positive(3))],
        op=lambda torch, a, x: torch.igammac(a.detach(), x),
    ),
    OpInfo(
        "special.zeta",
        [sample(np.array([1.5, 2.5, 4.0]), positive(3))],
        op=lambda torch, s, q: torch.special.zeta(s.detach(), q),
    ),
    OpInfo("special.zeta", [sample(positive(3))], op=lambda torch, q: torch.special.zeta(2.5, q)),
]
ERROR = [
    unary("erfc", inplace="erfc_"),
    unary("erfinv", inside, inplace="erfinv_"),
    special("erfcx"),
    special("ndtr", composite=True),
    special("ndtri", unit),
    special("log_ndtr"),
]
BESSEL = [
    unary("i0", inplace="i0_"),
    special("i0e"),
    special("i1"),
    special("i1e"),
    *[
        special(name, positive, differentiable=False)
        for name in (
            "airy_ai",
            "bessel_j0",
            "bessel_j1",
            "bessel_y0",
            "bessel_y1",
            "modified_bessel_i0",
            "modified_bessel_i1",
            "modified_bessel_k0",
            "modified_bessel_k1",
            "scaled_modified_bessel_k0",
            "scaled_modified_bessel_k1",
            "spherical_bessel_j0",
        )
    ],
]
POLYNOMIALS = [
    OpInfo(
        f"special.{name}",
        [
            sample(draw(3, 4), integers(-1, 12, 4)),
            sample(np.array([-1.0, 0.0, 0.3, 1.0]), 5),
            sample(0.5, integers(0, 9, 6)),
        ],
        op=lambda torch, x, n, name=name: getattr(torch.special, name)(x, n),
        differentiable=False,
    )
    for name in (
        "chebyshev_polynomial_t",
        "chebyshev_polynomial_u",
        "chebyshev_polynomial_v",
        "chebyshev_polynomial_w",
        "shifted_chebyshev_polynomial_t",
        "shifted_chebyshev_polynomial_u",
        "shifted_chebyshev_polynomial_v",
        "shifted_chebyshev_polynomial_w",
        "hermite_polynomial_h",
        "hermite_polynomial_he",
        "laguerre_polynomial_l",
        "legendre_polynomial_p",
    )
]

ELEMENTWISE_OPS = [
    *HYPERBOLIC,
    *EXPONENTIAL,
    *ROUNDING,
    *CHOICE,
    *POWERS,
    *COMPARED_IN_PLACE,
    *BITS,
    *GAMMA,
    *ERROR,
    *BESSEL,
    *POLYNOMIALS,
]
