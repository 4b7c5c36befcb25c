"""A softmax over very many classes that computes few of them. Mirrors
torch/nn/modules/adaptive.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from minitorch._tensor import Tensor
from minitorch.dtypes import dtype as DType
from minitorch.native.joining import cat
from minitorch.native.softmax import log_softmax
from minitorch.nn.modules.container import ModuleList, Sequential
from minitorch.nn.modules.linear import Linear
from minitorch.nn.modules.module import Module

__all__ = ["AdaptiveLogSoftmaxWithLoss"]


class _ASMoutput(NamedTuple):
    output: Tensor
    loss: Tensor


class AdaptiveLogSoftmaxWithLoss(Module):
    """log softmax of the target, for classes that are sorted by how often they occur.

    The head knows the frequent classes, before the first cutoff, and one more for each cluster of
    rarer ones. A cluster's own softmax is computed only for the samples whose target is in it, and
    from fewer features: ``in_features / div_value`` to the power of its number.

    Args:
        cutoffs: the classes at which the clusters begin, rising.
        head_bias: whether the head has a bias.

    Shape:
        input ``(N, in_features)``, target ``(N,)``; output ``(N,)``, the log-probability of each
        target, and loss ``()``, the mean of its negative. All without N for one sample.
    """

    def __init__(
        self,
        in_features: int,
        n_classes: int,
        cutoffs: Sequence[int],
        div_value: float = 4.0,
        head_bias: bool = False,
        device: Any = None,
        dtype: DType | None = None,
    ) -> None:
        super().__init__()
        bounds = list(cutoffs)
        if not bounds:
            raise ValueError("cutoffs should be a sequence of length larger than 0")
        rising = all(low < high for low, high in pairwise([0, *bounds, n_classes]))
        if not rising or any(int(c) != c for c in bounds):
            raise ValueError(
                "cutoffs should be a sequence of unique, positive integers sorted in an "
                "increasing order, where each value is between 1 and n_classes-1"
            )
        self.in_features = in_features
        self.n_classes = n_classes
        self.cutoffs = [*bounds, n_classes]
        self.div_value = div_value
        self.head_bias = head_bias
        self.shortlist_size = self.cutoffs[0]
        self.n_clusters = len(bounds)
        self.head_size = self.shortlist_size + self.n_clusters
        made: dict[str, Any] = {"device": device, "dtype": dtype}
        self.head = Linear(in_features, self.head_size, bias=head_bias, **made)
        self.tail = ModuleList()
        for i, (low, high) in enumerate(pairwise(self.cutoffs), start=1):
            width = int(in_features // div_value**i)
            projection = Linear(in_features, width, bias=False, **made)
            choice = Linear(width, high - low, bias=False, **made)
            self.tail.append(Sequential(projection, choice))

    def reset_parameters(self) -> None:
        """Draw the head's parameters, then those of the clusters, anew."""
        self.head.reset_parameters()
        for cluster in self.tail:
            for layer in cluster:  # type: ignore[attr-defined]
                layer.reset_parameters()

    def forward(self, input_: Tensor, target_: Tensor) -> _ASMoutput:
        """The log-probabilities of the targets, and the loss.

        Raises:
            RuntimeError: shapes do not fit, or a target is no class.
        """
        _check(input_, target_)
        is_batched = target_.dim() > 0
        input = input_ if is_batched else input_.unsqueeze(0)
        target = target_ if is_batched else target_.unsqueeze(0)
        output = input.new_zeros(target.shape[0])
        in_head = target.clone()  # the class of the head that leads to the target
        found = int((target >= 0).logical_and(target < self.shortlist_size).sum())
        for i, (low, high) in enumerate(pairwise(self.cutoffs)):
            rows = (target >= low).logical_and(target < high).nonzero().squeeze(1)
            if rows.numel() == 0:
                continue
            found += rows.numel()
            in_head = in_head.index_fill(0, rows, self.shortlist_size + i)
            log_probs = log_softmax(self.tail[i](input.index_select(0, rows)), 1)
            own = (target.index_select(0, rows) - low).unsqueeze(1)
            output = output.index_copy(0, rows, log_probs.gather(1, own).squeeze(1))
        if found != target.shape[0]:
            raise RuntimeError(
                f"Target values should be in [0, {self.n_classes - 1}], but values in range "
                f"[{target.min().item()}, {target.max().item()}] were found. "
            )
        head_log_probs = log_softmax(self.head(input), 1)
        output = output + head_log_probs.gather(1, in_head.unsqueeze(1)).squeeze(1)
        loss = (-output).mean()
        return _ASMoutput(output if is_batched else output.squeeze(0), loss)

    def log_prob(self, input: Tensor) -> Tensor:
        """The log-probabilities of all classes.

        Shape: input ``(N, in_features)``, output ``(N, n_classes)``.
        """
        return self._get_full_log_prob(input, self.head(input))

    def _get_full_log_prob(self, input: Tensor, head_output: Tensor) -> Tensor:
        head = log_softmax(head_output, 1)
        parts = [head[:, : self.shortlist_size]]
        for i, cluster in enumerate(self.tail):
            parts.append(log_softmax(cluster(input), 1) + head[:, self.shortlist_size + i, None])
        return cat(parts, 1)

    def predict(self, input: Tensor) -> Tensor:
        """The likeliest class of each sample, as ``log_prob(input).argmax(1)`` would find it.

        Shape: input ``(N, in_features)``, output ``(N,)``.
        """
        head_output = self.head(input)
        output = head_output.argmax(1)
        in_a_cluster = output >= self.shortlist_size
        if in_a_cluster.any():
            log_probs = self._get_full_log_prob(input[in_a_cluster], head_output[in_a_cluster])
            output[in_a_cluster] = log_probs.argmax(1)
        return output


def _check(input: Tensor, target: Tensor) -> None:
    if target.dim() > 1:
        raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
    if target.dim() == 1 and input.shape[0] != target.shape[0]:
        raise RuntimeError("Input and target should have the same size in the batch dimension.")
    if input.dim() != target.dim() + 1:
        raise RuntimeError(
            f"{target.dim()}D target tensor expects {target.dim() + 1}D input tensors, but found "
            f"inputs with size {input.shape}"
        )
