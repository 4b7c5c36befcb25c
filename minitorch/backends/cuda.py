"""CUDA's switches, for scripts to set: there is no CUDA. Mirrors torch/backends/cuda/__init__.py.

Left out: the limits of plan caches, and the choice among attention kernels.
"""

from __future__ import annotations


class cuBLASModule:
    """What products on CUDA may round."""

    allow_tf32 = False
    allow_fp16_reduced_precision_reduction = True
    allow_bf16_reduced_precision_reduction = True


matmul = cuBLASModule()


def is_built() -> bool:
    """Whether minitorch was built with CUDA: no."""
    return False
