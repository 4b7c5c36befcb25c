"""Special functions of mathematics: ``minitorch.special.bessel_j0(x)``, ...

Mirrors torch/special/__init__.py. This file is a table of contents: each function stands, with its
derivative, in the file of native/ that is named here.
"""

from minitorch.native.bessel_functions import (
    airy_ai,
    bessel_j0,
    bessel_j1,
    bessel_y0,
    bessel_y1,
    i0,
    i0e,
    i1,
    i1e,
    modified_bessel_i0,
    modified_bessel_i1,
    modified_bessel_k0,
    modified_bessel_k1,
    scaled_modified_bessel_k0,
    scaled_modified_bessel_k1,
    spherical_bessel_j0,
)
from minitorch.native.error_functions import erf, erfc, erfcx, erfinv, log_ndtr, ndtr, ndtri
from minitorch.native.exponential import (
    entr,
    exp2,
    expm1,
    log1p,
    logit,
    sigmoid,
    xlog1py,
    xlogy,
)
from minitorch.native.gamma_functions import (
    digamma,
    igamma,
    igammac,
    lgamma,
    mvlgamma,
    polygamma,
    zeta,
)
from minitorch.native.orthogonal_polynomials import (
    chebyshev_polynomial_t,
    chebyshev_polynomial_u,
    chebyshev_polynomial_v,
    chebyshev_polynomial_w,
    hermite_polynomial_h,
    hermite_polynomial_he,
    laguerre_polynomial_l,
    legendre_polynomial_p,
    shifted_chebyshev_polynomial_t,
    shifted_chebyshev_polynomial_u,
    shifted_chebyshev_polynomial_v,
    shifted_chebyshev_polynomial_w,
)
from minitorch.native.reduce_ops import logsumexp
from minitorch.native.rounding import round
from minitorch.native.softmax import log_softmax, softmax
from minitorch.native.trigonometry import sinc

expit = sigmoid
gammaln, psi, multigammaln = lgamma, digamma, mvlgamma
gammainc, gammaincc = igamma, igammac

# fmt: off
__all__ = [
    # exponentials and entropy
    "exp2", "expm1", "log1p", "logsumexp", "softmax", "log_softmax",
    "expit", "logit", "entr", "xlogy", "xlog1py", "sinc", "round",
    # the error function and the normal distribution
    "erf", "erfc", "erfcx", "erfinv", "ndtr", "ndtri", "log_ndtr",
    # gamma and zeta
    "gammaln", "digamma", "psi", "polygamma", "multigammaln", "gammainc", "gammaincc", "zeta",
    # Bessel and Airy
    "i0", "i0e", "i1", "i1e", "bessel_j0", "bessel_j1", "bessel_y0", "bessel_y1",
    "modified_bessel_i0", "modified_bessel_i1", "modified_bessel_k0", "modified_bessel_k1",
    "scaled_modified_bessel_k0", "scaled_modified_bessel_k1", "spherical_bessel_j0", "airy_ai",
    # polynomials
    "chebyshev_polynomial_t", "chebyshev_polynomial_u", "chebyshev_polynomial_v",
    "chebyshev_polynomial_w", "shifted_chebyshev_polynomial_t", "shifted_chebyshev_polynomial_u",
    "shifted_chebyshev_polynomial_v", "shifted_chebyshev_polynomial_w",
    "hermite_polynomial_h", "hermite_polynomial_he", "laguerre_polynomial_l",
    "legendre_polynomial_p",
]
# fmt: on
