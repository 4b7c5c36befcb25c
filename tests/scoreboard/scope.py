"""Which entries of torch's tables are in scope, which families they belong to, and the rules that
some of them need. Every rule is counted in the published table.
"""

from __future__ import annotations

from typing import Any

import torch

DTYPES = (torch.float32, torch.float64, torch.int64, torch.bool)
OTHER_DTYPES = (
    torch.float16, torch.bfloat16, torch.int32, torch.int16, torch.int8, torch.uint8
)  # fmt: skip
OTHER_DTYPES_SAMPLES = 4

UNINITIALISED = {
    "empty", "empty_like", "empty_strided", "empty_permuted", "new_empty", "new_empty_strided",
    "resize_", "resize_as_",
}  # fmt: skip
"""Their elements are whatever the memory held: shape, strides and dtype are compared."""


UNSTABLE_SORTS = {"sort", "argsort"}
"""torch may return equal elements in any order, and does: its vectorised sort is unstable."""


def out_of_scope(op: Any) -> str | None:
    """Why an entry is not run, or None."""
    if op.name.startswith("jiterator"):
        return "CUDA's run-time compiler"
    if "sparse" in op.name:
        return "sparse tensors"
    if op.name.startswith("torch._scaled_mm"):
        return "float8"
    if "attention_forward" in op.name and op.name.startswith("torch.ops"):
        return "CUDA only"
    if not op.dtypes:
        return "CUDA only"
    if op.name == "chalf":
        return "complex32, which NumPy does not have"
    if op.name in ("slice", "max_pool2d_with_indices_backward"):
        return "no public name: only torch.ops.aten"
    if not set(op.dtypes) & {*DTYPES, torch.complex64, torch.complex128}:
        return "only dtypes that NumPy does not have"
    return None


def takes_dense_real(op: Any) -> bool:
    """Whether an entry takes one of the real dtypes of the scoreboard."""
    return bool(set(op.dtypes) & set(DTYPES))


FAMILIES: dict[str, str] = {
    "creation": """
        arange as_tensor empty empty_like empty_permuted empty_strided eye fill full full_like
        linspace logspace new_empty new_empty_strided new_full new_ones new_zeros ones ones_like
        scalar_tensor tensor tril_indices triu_indices zero_ zeros zeros_like complex polar clone
        item bool byte char short int long half bfloat16 float double cfloat cdouble chalf to
        resize_ resize_as_ contiguous""",
    "random": """
        bernoulli cauchy exponential geometric log_normal multinomial normal rand_like randint
        randint_like randn randn_like uniform""",
    "products": """
        __rmatmul__ addbmm addmm addmv addr baddbmm bmm chain_matmul dot einsum inner kron matmul mm
        mv outer tensordot vdot nn.functional.linear nn.functional.bilinear linalg.multi_dot
        linalg.vecdot""",
    "linear algebra": """
        cdist cholesky cholesky_inverse cholesky_solve corrcoef cov cross dist geqrf logdet lu
        lu_solve lu_unpack matrix_exp norm ormqr pca_lowrank pinverse qr renorm svd svd_lowrank
        trace triangular_solve""",
    "shape": """
        H T mH mT alias_copy as_strided as_strided_copy as_strided_scatter atleast_1d atleast_2d
        atleast_3d block_diag broadcast_shapes broadcast_tensors broadcast_to cartesian_prod cat
        chunk column_stack combinations diag diag_embed diagflat diagonal diagonal_copy
        diagonal_scatter dsplit dstack expand expand_as expand_copy flatten flip fliplr flipud hsplit
        hstack meshgrid movedim narrow narrow_copy permute permute_copy ravel repeat
        repeat_interleave reshape reshape_as roll rot90 select select_scatter slice slice_scatter
        split split_with_sizes split_with_sizes_copy squeeze squeeze_copy stack sum_to_size t t_copy
        tensor_split tile transpose transpose_copy tril triu unbind unbind_copy unflatten unfold
        unfold_copy unravel_index unsafe_chunk unsafe_split unsqueeze unsqueeze_copy view view_as
        view_copy vsplit vstack _chunk_cat""",
    "indexing": """
        __getitem__ _unsafe_masked_index _unsafe_masked_index_put_accumulate argwhere gather
        index_add index_copy index_fill index_put index_reduce index_select masked_fill
        masked_scatter masked_select nonzero nonzero_static put scatter scatter_add scatter_reduce
        take take_along_dim where""",
    "sorting and counting": """
        argsort bincount bucketize histc histogram histogramdd isin kthvalue msort searchsorted sort
        topk unique unique_consecutive""",
    "reductions": """
        _segment_reduce all allclose aminmax any count_nonzero cummax cummin cumprod cumsum
        cumulative_trapezoid diff equal gradient hash_tensor logcumsumexp logsumexp max mean median
        min mode nanmedian nanquantile quantile std std_mean trapezoid trapz var var_mean
        masked.cumprod masked.cumsum masked.logaddexp masked.logsumexp masked.median
        masked.normalize masked.log_softmax masked.softmax masked.softmin""",
    "activations": """
        softmax log_softmax _softmax_backward_data torch.ops.aten._safe_softmax.default sigmoid
        nn.functional.softmin""",
    "normalisation": """
        _batch_norm_with_update _native_batch_norm_legit native_batch_norm native_group_norm
        native_layer_norm nn.functional.normalize""",
    "dropout": "native_dropout_backward",
    "padding": "constant_pad_nd",
    "pooling": "max_pool2d_with_indices_backward",
    "interpolation": """
        _upsample_bilinear2d_aa grid_sampler_2d grid_sampler_3d nn.functional.grid_sample
        nn.functional.interpolate nn.functional.upsample_bilinear nn.functional.upsample_nearest""",
    "rearranging": """
        nn.functional.unfold nn.functional.fold nn.functional.pixel_shuffle
        nn.functional.pixel_unshuffle nn.functional.channel_shuffle""",
    "attention": """
        nn.functional.scaled_dot_product_attention nn.functional.multi_head_attention_forward""",
    "distances": """
        nn.functional.cosine_similarity nn.functional.pairwise_distance nn.functional.pdist""",
    "Fourier": "stft istft",
}  # fmt: skip
"""Families by the names of their entries; the others follow from the prefix or the class."""

_FAMILY_OF = {name: family for family, names in FAMILIES.items() for name in names.split()}
_PARTS = (
    ("pad", "padding"),
    ("loss", "losses"),
    ("cross_entropy", "losses"),
    ("kl_div", "losses"),
    ("conv", "convolution"),
    ("pool", "pooling"),
    ("dropout", "dropout"),
    ("embedding", "embedding"),
    ("one_hot", "embedding"),
    ("norm", "normalisation"),
)
_CLASSES = {
    "UnaryUfuncInfo": "element-wise",
    "BinaryUfuncInfo": "element-wise",
    "ReductionOpInfo": "reductions",
    "SpectralFuncInfo": "Fourier",
    "ShapeFuncInfo": "shape",
}

EVERYDAY = (
    "creation", "element-wise", "reductions", "shape", "indexing", "products", "activations",
    "losses", "convolution", "pooling", "normalisation", "embedding", "dropout", "padding",
    "interpolation",
)  # fmt: skip
"""What most programs use: here every entry must pass."""


def family_of(op: Any) -> str:
    """The family under which an entry is shown."""
    if op.name in _FAMILY_OF:
        return _FAMILY_OF[op.name]
    prefix = op.name.partition(".")[0]
    if prefix in ("linalg", "fft", "special", "signal"):
        return {"linalg": "linear algebra", "fft": "Fourier", "signal": "windows"}.get(
            prefix, "special functions"
        )
    if op.name.startswith("nn.functional."):
        for part, family in _PARTS:
            if part in op.name:
                return family
        return "activations"
    return _CLASSES.get(type(op).__name__, "element-wise")


def own_tolerance(op: Any, dtype: torch.dtype) -> tuple[float, float] | None:
    """The tolerance (rtol, atol) that an entry of torch sets for itself on the CPU, if any."""
    from torch.testing._internal.common_device_type import toleranceOverride

    found = [
        override.d[dtype]
        for info in op.decorators
        if getattr(info, "cls_name", None)
        in (None, "TestCommon", "TestOpInfo", "TestCompositeCompliance")
        and getattr(info, "device_type", None) in (None, "cpu")
        for override in getattr(info, "decorators", [info])
        if isinstance(override, toleranceOverride) and dtype in override.d
    ]
    if not found:
        return None
    return max(t.rtol for t in found), max(t.atol for t in found)
