"""``minitorch.linalg``: the functions of linear algebra under one name.

Mirrors torch/linalg/__init__.py. The functions live in native/.
"""

from __future__ import annotations

from minitorch.native.batch_linear_algebra_cholesky import cholesky_ex as cholesky_ex
from minitorch.native.batch_linear_algebra_cholesky import linalg_cholesky as cholesky
from minitorch.native.batch_linear_algebra_cholesky import solve_triangular as solve_triangular
from minitorch.native.batch_linear_algebra_det import det as det
from minitorch.native.batch_linear_algebra_det import linalg_slogdet as slogdet
from minitorch.native.batch_linear_algebra_ldl import ldl_factor as ldl_factor
from minitorch.native.batch_linear_algebra_ldl import ldl_factor_ex as ldl_factor_ex
from minitorch.native.batch_linear_algebra_ldl import ldl_solve as ldl_solve
from minitorch.native.batch_linear_algebra_lstsq import lstsq as lstsq
from minitorch.native.batch_linear_algebra_lu import linalg_lu as lu
from minitorch.native.batch_linear_algebra_lu import linalg_lu_solve as lu_solve
from minitorch.native.batch_linear_algebra_lu import lu_factor as lu_factor
from minitorch.native.batch_linear_algebra_lu import lu_factor_ex as lu_factor_ex
from minitorch.native.batch_linear_algebra_qr import householder_product as householder_product
from minitorch.native.batch_linear_algebra_qr import linalg_qr as qr
from minitorch.native.batch_linear_algebra_solve import inv as inv
from minitorch.native.batch_linear_algebra_solve import inv_ex as inv_ex
from minitorch.native.batch_linear_algebra_solve import solve as solve
from minitorch.native.batch_linear_algebra_solve import solve_ex as solve_ex
from minitorch.native.batch_linear_algebra_spectral import eig as eig
from minitorch.native.batch_linear_algebra_spectral import eigh as eigh
from minitorch.native.batch_linear_algebra_spectral import eigvals as eigvals
from minitorch.native.batch_linear_algebra_spectral import eigvalsh as eigvalsh
from minitorch.native.batch_linear_algebra_spectral import linalg_svd as svd
from minitorch.native.batch_linear_algebra_spectral import svdvals as svdvals
from minitorch.native.cross import linalg_cross as cross
from minitorch.native.diagonal import linalg_diagonal as diagonal
from minitorch.native.linear_algebra import matmul as matmul
from minitorch.native.linear_algebra_utils import _LinAlgError as LinAlgError
from minitorch.native.matrix_exp import matrix_exp as matrix_exp
from minitorch.native.matrix_functions import linalg_vander as vander
from minitorch.native.matrix_functions import matrix_power as matrix_power
from minitorch.native.matrix_functions import multi_dot as multi_dot
from minitorch.native.matrix_functions import tensorinv as tensorinv
from minitorch.native.matrix_functions import tensorsolve as tensorsolve
from minitorch.native.norms import cond as cond
from minitorch.native.norms import linalg_norm as norm
from minitorch.native.norms import matrix_norm as matrix_norm
from minitorch.native.norms import vector_norm as vector_norm
from minitorch.native.pseudo_inverse import matrix_rank as matrix_rank
from minitorch.native.pseudo_inverse import pinv as pinv
from minitorch.native.tensor_products import vecdot as vecdot

__all__ = [
    "norm", "vector_norm", "matrix_norm", "diagonal", "det", "slogdet", "cond", "matrix_rank",
    "cholesky", "qr", "lu", "lu_factor", "eig", "eigvals", "eigh", "eigvalsh", "svd", "svdvals",
    "solve", "solve_triangular", "lu_solve", "lstsq", "inv", "pinv",
    "matrix_exp", "matrix_power", "cross", "matmul", "vecdot", "multi_dot", "householder_product",
    "tensorinv", "tensorsolve", "vander",
    "cholesky_ex", "inv_ex", "solve_ex", "lu_factor_ex", "ldl_factor", "ldl_factor_ex", "ldl_solve",
    "LinAlgError",
]  # fmt: skip
