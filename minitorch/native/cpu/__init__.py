"""Tuned kernels. They compute what the plain ones compute, faster, and are harder to read.

Each stands behind the stub of a plain kernel, which the operation's own file shows, and which
serves whatever the tuned one does not cover. Without this folder, or with
``MINITORCH_CPU_TUNING=0``, minitorch works as well, slower.

- `attention`: a head at a time, products and softmax in the caches
- `comparisons`: where, clamp, the gradient of abs
- `convolution`: Winograd's and direct convolutions, without columns
- `copies`: of transposed arrays
- `denormals`: numbers near zero as zeros
- `embedding`: rows of a table
- `indexing`: gather, scatter_add, index_add
- `joining`: cat
- `linear`: small linear layers
- `max_pool`: of windows of two by two
- `multi_tensor`: the optimizers' loops, over all parameters in one call
- `normalization`: batch normalisation
- `pointwise`: losses of regression
- `products`, `vector_products`: large ones, split over threads; `matrix_products`, `panels`,
  `transposes`: what one thread computes
- `recurrent`: recurrent layers through time
- `reductions`: sum, mean, norm, var, logsumexp
- `scans`: cumsum
- `sorting`: sort, topk
- `ufuncs`: NumPy's own loops on all threads

Mirrors aten/src/ATen/native/cpu/ and aten/src/ATen/native/mkldnn/.
"""

from __future__ import annotations

from minitorch.native.cpu import attention as attention
from minitorch.native.cpu import comparisons as comparisons
from minitorch.native.cpu import convolution as convolution
from minitorch.native.cpu import copies as copies
from minitorch.native.cpu import denormals as denormals
from minitorch.native.cpu import embedding as embedding
from minitorch.native.cpu import indexing as indexing
from minitorch.native.cpu import joining as joining
from minitorch.native.cpu import linear as linear
from minitorch.native.cpu import max_pool as max_pool
from minitorch.native.cpu import multi_tensor as multi_tensor
from minitorch.native.cpu import normalization as normalization
from minitorch.native.cpu import pointwise as pointwise
from minitorch.native.cpu import products as products
from minitorch.native.cpu import recurrent as recurrent
from minitorch.native.cpu import reductions as reductions
from minitorch.native.cpu import scans as scans
from minitorch.native.cpu import sorting as sorting
from minitorch.native.cpu import ufuncs as ufuncs
from minitorch.native.cpu import vector_products as vector_products
