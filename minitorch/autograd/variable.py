"""What autograd knows of a tensor: its gradient, the node that made it, the tensor it is a view of,
its version.

Mirrors torch/csrc/autograd/{variable.h, variable.cpp, functions/accumulate_grad.h}. ``wrap`` is the
only place where an array becomes a tensor. Left out: forward-mode tangents.
"""

from __future__ import annotations

import os
import sys
import threading
import weakref
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch.autograd import grad_mode, graph_task
from minitorch.autograd.grad_mode import inference_blocks
from minitorch.autograd.hooks import Hooks, RemovableHandle
from minitorch.autograd.node import RUNS_FIRST, Edge, Node, next_sequence_nr, short_name

if TYPE_CHECKING:
    from minitorch._tensor import Tensor

ndarray = np.ndarray

_PACKAGE_DIR = os.path.dirname(os.path.dirname(__file__)) + os.sep


Refusal = tuple[str, str, str] | tuple[int, str] | tuple[int, str, str]


class View:
    """That a tensor shows another's memory. Mirrors ViewInfo and DifferentiableViewMeta."""

    __slots__ = ("base", "version_of_grad_fn", "refusal")

    def __init__(self, base: Variable, version: int, refusal: Refusal | None) -> None:
        self.base = base  # never itself a view: views of views point to the first tensor
        self.version_of_grad_fn = version
        # Why autograd cannot follow in-place changes through this view: the mode it was made in
        # or, for one of several outputs and those of custom functions, its number and its node's
        # name.
        self.refusal = refusal


class Variable:
    """The part of a tensor that autograd works with; ``Tensor`` adds the operations.

    The version counter is shared by all views of one memory and is made when first needed:
    ``[version, changed_by]``.
    """

    __slots__ = (
        "_array",
        "_requires_grad",
        "_grad",
        "_grad_fn",
        "_accumulator",
        "_view",
        "_version_counter",
        "__dict__",
        "__weakref__",
    )
    _array: Any
    _requires_grad: bool
    _grad: Tensor | None
    _grad_fn: Node | None
    _accumulator: weakref.ref[AccumulateGrad] | None
    _view: View | None
    _version_counter: list[Any] | None

    def __new__(cls, data: Any = None, requires_grad: bool = False) -> Any:
        """``Variable(tensor)``, of before tensors and variables were one: a tensor that shares its
        memory.
        """
        if cls is not Variable:
            return new_object(cls)
        if not isinstance(data, Variable):
            raise TypeError(f"Variable data has to be a tensor, but got {type(data).__name__}")
        return data.detach().requires_grad_(requires_grad)  # type: ignore[attr-defined]

    # Rarely set, so they live in the instance's __dict__.
    _output_nr = 0
    _backward_hooks: Hooks | None = None
    _post_accumulate_grad_hooks: Hooks | None = None
    _retains_grad = False

    # ----------------------------------------------------------------- graph

    @property
    def grad_fn(self) -> Node | None:
        """The node that computes this tensor's gradient; None for a leaf.

        If the memory behind a view was changed in place, its old node tells nothing of the change:
        the view then gets a new one that takes its part of the base's gradient.
        """
        view = self._view
        if view is None:
            return self._grad_fn
        version = self._version
        if view.version_of_grad_fn != version:
            if view.base._requires_grad and view.refusal is not None:
                raise RuntimeError(refusal_in_words(view.refusal, INDIRECTLY))
            view.version_of_grad_fn = version
            if view.base._requires_grad:
                base = view.base
                self._grad_fn = as_strided_node(base.gradient_edge(), base._array, self._array)
                self._output_nr = 0
                self._requires_grad = True
                self.leave_hooks_behind()
        return self._grad_fn

    @property
    def is_leaf(self) -> bool:
        """Whether the user made this tensor, or it needs no gradient: ``backward`` then fills
        ``grad`` here.
        """
        return self.grad_fn is None

    @property
    def requires_grad(self) -> bool:
        """Whether operations on this tensor are recorded."""
        return self._requires_grad or (self._view is not None and self._view.base._requires_grad)

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        if self.grad_fn is not None:
            if not value:
                raise RuntimeError(
                    "you can only change requires_grad flags of leaf variables. If you want to "
                    "use a computed variable in "
                    "a subgraph that doesn't require differentiation use var_no_grad = "
                    "var.detach()."
                )
            return
        if value and not dtypes.is_differentiable(self._array.dtype):
            raise RuntimeError(
                "only Tensors of floating point and complex dtype can require gradients"
            )
        if value and self._version_counter is INFERENCE and not grad_mode.state.inference:
            raise RuntimeError(
                "Setting requires_grad=True on inference tensor outside InferenceMode is not "
                "allowed."
            )
        self._requires_grad = bool(value)

    @property
    def output_nr(self) -> int:
        """Which output of ``grad_fn`` this tensor is."""
        return self._output_nr

    def gradient_edge(self) -> Edge | None:
        """Where gradients of this tensor are sent. Mirrors impl::gradient_edge."""
        node = self._grad_fn if self._view is None else self.grad_fn
        if node is not None:
            return node, self._output_nr
        if self._requires_grad or self.requires_grad:
            node = self._accumulator() if self._accumulator is not None else None
            return node or self.accumulator(), 0
        return None

    def accumulator(self) -> AccumulateGrad:
        """The node at the end of the graph that fills ``grad``. Graphs and optimizers own it; the
        leaf only remembers it.
        """
        node = self._accumulator() if self._accumulator is not None else None
        if node is None:
            node = AccumulateGrad(self)
            self._accumulator = weakref.ref(node)
        return node

    @property
    def grad(self) -> Tensor | None:
        """The gradient that ``backward`` has summed up so far; None before."""
        if self._grad is None and self._grad_fn is not None and not self._retains_grad:
            _warn_grad_of_non_leaf()
        return self._grad

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        if value is not None:
            if not isinstance(value, Variable):
                raise TypeError(
                    "assigned grad expected to be a Tensor or None but got grad of type "
                    f"{type(value).__name__}"
                )
            if value._array.shape != self._array.shape:
                raise RuntimeError(
                    f"attempting to assign a gradient of size '{list(value._array.shape)}' to a "
                    "tensor of size "
                    f"'{list(self._array.shape)}'. Please ensure that the gradient and the tensor "
                    "are the same size"
                )
            if value._array.dtype != self._array.dtype:
                raise RuntimeError(
                    f"attempting to assign a gradient with dtype '{value._array.dtype.name}' to a "
                    "tensor with grad_dtype "
                    f"'{dtypes.from_numpy(self._array.dtype).c10_name}'. The gradient must match "
                    "the tensor's grad_dtype (which is the tensor's dtype)."
                )
        self._grad = value

    @grad.deleter
    def grad(self) -> None:
        self._grad = None

    # ----------------------------------------------------------------- hooks

    def register_hook(self, hook: Any) -> RemovableHandle:
        """Call ``hook(grad)`` when this tensor's gradient is computed; what it returns replaces it.

        Raises:
            RuntimeError: the tensor does not require grad.
        """
        if not self.requires_grad:
            raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
        return self._hooks_of_gradient().add(hook)

    def _hooks_of_gradient(self) -> Hooks:
        """The hooks of this tensor's gradient, which the node that computes it also holds."""
        edge = self.gradient_edge()  # may leave the hooks of an older value behind
        assert edge is not None
        if self._backward_hooks is None:
            self._backward_hooks = Hooks()
            node, nr = edge
            if node.tensor_pre_hooks is None:
                node.tensor_pre_hooks = {}
            node.tensor_pre_hooks[nr] = self._backward_hooks
            node.hooked = True
        return self._backward_hooks

    def leave_hooks_behind(self) -> None:
        """After a change in place: the hooks stay with the node of the old value, but
        ``retain_grad`` is about the newest. Mirrors update_tensor_hooks_on_new_gradfn.
        """
        hooks, self._backward_hooks = self._backward_hooks, None
        if self._retains_grad and hooks is not None:
            keep, hooks.last = hooks.last, None
            self._hooks_of_gradient().last = keep

    def register_post_accumulate_grad_hook(self, hook: Any) -> RemovableHandle:
        """Call ``hook(tensor)`` after ``backward`` has added to the ``grad`` of this leaf.

        Raises:
            RuntimeError: the tensor does not require grad, or is no leaf.
        """
        if not self.requires_grad:
            raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
        if self.grad_fn is not None:
            raise RuntimeError(
                "post accumulate grad hooks cannot be registered on non-leaf tensors"
            )
        if self._post_accumulate_grad_hooks is None:
            self._post_accumulate_grad_hooks = Hooks()
        return self._post_accumulate_grad_hooks.add(hook)

    def retain_grad(self) -> None:
        """Keep the gradient of this non-leaf in ``grad`` too.

        Raises:
            RuntimeError: the tensor does not require grad.
        """
        if not self.requires_grad:
            raise RuntimeError("can't retain_grad on Tensor that has requires_grad=False")
        if self.grad_fn is None or self._retains_grad:
            return
        self._retains_grad = True
        reference = weakref.ref(self)

        def keep(grad: Tensor) -> None:
            tensor = reference()
            if tensor is not None:
                tensor._grad = grad.clone() if tensor._grad is None else tensor._grad + grad

        self._hooks_of_gradient().last = keep

    @property
    def retains_grad(self) -> bool:
        """Whether ``retain_grad`` was called on this non-leaf."""
        return self._retains_grad

    # ----------------------------------------------------------------- memory

    @property
    def _version(self) -> int:
        """How often this memory was changed in place."""
        counter = self._version_counter
        if counter is INFERENCE:
            raise RuntimeError("Inference tensors do not track version counter.")
        return counter[0] if counter is not None else 0

    def is_inference(self) -> bool:
        """Whether the memory was made under ``inference_mode``."""
        return self._version_counter is INFERENCE

    @property
    def _base(self) -> Variable | None:
        """The tensor whose memory this one shows; None if it has its own."""
        return self._view.base if self._view is not None else None

    def shared_version_counter(self) -> list[Any]:
        """The version counter, made if this memory has none yet."""
        counter = self._version_counter
        if counter is None:
            self._version_counter = counter = [0, None]
        return counter

    def bump_version(self, changed_at: str | None = None) -> None:
        """Note an in-place change.

        Args:
            changed_at: where it was made; looked up if it is not given: the user's own line.
        """
        counter = self.shared_version_counter()
        if counter is INFERENCE:
            check_inference(self)
            return
        counter[0] += 1
        counter[1] = changed_at or _line_of_the_user()
        changes[0] += 1


changes = [0]
"""How many changes in place there have been, of all tensors: while it stands still, nobody needs to
ask for a version."""


def bump_versions(tensors: Sequence[Variable]) -> None:
    """Note that a line of the user changed several tensors in place."""
    changed_at = None
    for tensor in tensors:
        counter = tensor._version_counter
        if changed_at is None or counter is None or counter is INFERENCE:
            tensor.bump_version(changed_at)
            changed_at = tensor.shared_version_counter()[1]
        else:
            counter[0] += 1
            counter[1] = changed_at
    changes[0] += 1


def _line_of_the_user() -> str:
    """The innermost line outside this package."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_PACKAGE_DIR):
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"


INFERENCE: list[Any] = [-1, None]
"""The version counter of all inference tensors: versions are not counted under ``inference_mode``.
What is saved for backward is asked for its version, and this one is refused."""


def check_inference(tensor: Variable) -> None:
    """Refuse to change an inference tensor outside ``inference_mode``."""
    if tensor._version_counter is INFERENCE and not grad_mode.state.inference:
        raise RuntimeError(
            "Inplace update to inference tensor outside InferenceMode is not allowed.You can make "
            "a clone to get a normal tensor before doing inplace update.See "
            "https://github.com/pytorch/rfcs/pull/17 for more details."
        )


MADE_UNDER_NO_GRAD = "no_grad mode", "with grad mode enabled", "no_grad"
MADE_UNDER_INFERENCE = "inference mode", "in normal mode", "inference_mode"

DIRECTLY = "is being"
INDIRECTLY = "its base or another view of its base has been"


ONE_OF_SEVERAL = (
    "This view is the output of a function that returns multiple views. Such functions do not "
    "allow the output views to be modified inplace. You should replace the inplace operation by an "
    "out-of-place one."
)
CUSTOM = (
    "This view was created inside a custom Function (or because an input was returned as-is) and "
    "the autograd logic to handle view+inplace would override the custom backward associated with "
    "the custom Function, leading to incorrect gradients. This behavior is forbidden. You can fix "
    "this by cloning the output of the custom Function."
)


def refusal_in_words(refusal: Refusal, change: str) -> str:
    """Why a change in place cannot be followed through a view. Mirrors handle_view_on_rebase.

    Args:
        change: ``DIRECTLY`` to the view, or ``INDIRECTLY``.
    """
    if isinstance(refusal[0], str):
        mode, against, block = refusal
        return (
            f"A view was created in {mode} and {change} modified inplace {against}. Given that "
            "this use case is ambiguous and error-prone, it is forbidden. You can clarify your "
            f"code by moving both the view and the inplace either both inside the {block} block "
            "(if you don't want the inplace to be tracked) or both outside (if you want the "
            "inplace to be tracked)."
        )
    nr, name = refusal[:2]
    words = refusal[2] if len(refusal) == 3 else ONE_OF_SEVERAL
    return (
        f"Output {nr} of {short_name(str(name))} is a view and {change} modified inplace. {words}"
    )


def initialize(tensor: Variable, array: Any) -> None:
    """Make a fresh object a leaf that holds ``array``."""
    tensor._array = array
    tensor._requires_grad = False
    tensor._grad = None
    tensor._grad_fn = None
    tensor._accumulator = None
    tensor._view = None
    tensor._version_counter = INFERENCE if grad_mode.state.inference else None


new_object = object.__new__
tensor_class: Any = (
    None  # the class Tensor: set by minitorch/_tensor.py, which knows the operations
)


def wrap(array: Any, grad_fn: Node | None = None) -> Tensor:
    """The tensor of an array. Mirrors THPVariable_Wrap."""
    if type(array) is not ndarray and isinstance(array, np.generic):
        array = np.asarray(array)  # NumPy turns 0-dim results into scalars
    tensor = new_object(tensor_class)
    tensor._array = array
    tensor._requires_grad = grad_fn is not None
    tensor._grad = None
    tensor._grad_fn = grad_fn
    tensor._accumulator = None
    tensor._view = None
    tensor._version_counter = None
    if inference_blocks and grad_mode.state.inference:
        tensor._version_counter = INFERENCE
    return tensor


def wrap_view(array: Any, of: Variable, grad_fn: Node | None, refusal: Any = None) -> Tensor:
    """A tensor that shares the memory, and so the version counter, of another."""
    tensor = wrap(array, grad_fn)
    counter = of.shared_version_counter()
    tensor._version_counter = counter
    base = of if of._view is None else of._view.base
    if of._view is not None and of._view.refusal is not None:
        refusal = of._view.refusal
    elif not grad_mode.state.enabled:
        refusal = MADE_UNDER_INFERENCE if grad_mode.state.inference else MADE_UNDER_NO_GRAD
    tensor._view = View(base, counter[0], refusal)
    return tensor


def unwrap(tensor: Any) -> Any:
    """The array of a tensor; anything else as it is."""
    return tensor._array if isinstance(tensor, Variable) else tensor


_accumulating = threading.RLock()  # NumPy adds without the interpreter's lock: 40 ns well spent


class AccumulateGrad(Node):
    """The end of the graph: adds the gradient to a leaf. Mirrors functions/accumulate_grad.cpp."""

    __slots__ = ("variable", "output_shape", "output_dtype")
    next_edges = ()
    is_leaf = True

    def __init__(self, variable: Variable) -> None:
        self.variable = variable
        self.sequence_nr = RUNS_FIRST + next_sequence_nr()
        self.output_shape, self.output_dtype = variable._array.shape, variable._array.dtype
        if variable._backward_hooks is not None:
            self.tensor_pre_hooks = {0: variable._backward_hooks}
            self.hooked = True

    def run(self, grads: Any, create_graph: bool) -> tuple[Any, ...]:
        variable = self.variable
        grad = grads.pop()  # nobody else holds it then, unless somebody will see it
        with _accumulating:
            if create_graph:  # a copy: others may hold this gradient, and change it in place
                variable._grad = grad.clone() if variable._grad is None else variable._grad + grad
            elif variable._grad is None:
                like = variable._array
                # Backward formulas may hand one array to several inputs (``add`` does), and a user
                # may change ``x.grad`` in place: an array that somebody else can see is copied.
                if (
                    type(grad) is not ndarray
                    or grad.strides != like.strides
                    or grad.dtype is not like.dtype
                    or sys.getrefcount(grad) > _REFERENCES_TO_A_FRESH_GRADIENT
                    or not (grad.base is None or is_whole(grad))
                ):
                    grad = _copy_laid_out_as(grad, like)
                variable._grad = wrap(grad)
            elif variable._grad._requires_grad:
                variable._grad = wrap(variable._grad._array + grad)
            else:
                np.add(variable._grad._array, grad, out=variable._grad._array)
                variable._grad.bump_version(changed_at="the backward that added to it")
        if variable._post_accumulate_grad_hooks is not None:
            for hook in tuple(variable._post_accumulate_grad_hooks.values()):
                hook(variable)
        return ()


def _copy_laid_out_as(grad: Any, like: Any) -> Any:
    if like.flags.c_contiguous and type(grad) is ndarray and grad.dtype is like.dtype:
        return copy_in_order(grad)
    copy = np.empty_like(like)
    copy[...] = grad
    return copy


def is_whole(view: Any) -> bool:
    """Whether a view shows all of an array that nobody else holds, as a double transposition leaves
    it: it is as good as that array.
    """
    base = view.base
    return type(base) is ndarray and base.size == view.size and sys.getrefcount(base) <= 3


def _references_to_a_fresh_gradient() -> int:
    """Count the references to a gradient as ``AccumulateGrad.run`` does, instead of trusting the
    interpreter's details.
    """

    def run(grads: Any) -> int:
        grad = grads.pop()
        return sys.getrefcount(grad)

    return run([np.zeros(1)])


_REFERENCES_TO_A_FRESH_GRADIENT = _references_to_a_fresh_gradient()


def _warn_grad_of_non_leaf() -> None:
    import warnings

    warnings.warn(
        "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed. Its .grad "
        "attribute won't be "
        "populated during autograd.backward(). If you indeed want the .grad field to be populated "
        "for a non-leaf Tensor, "
        "use .retain_grad() on the non-leaf Tensor.",
        UserWarning,
        stacklevel=3,
    )


def as_strided_node(edge: Edge | None, base: Any, array: Any) -> Node:
    """A node that takes a view's part of the base's gradient; set by native/strided_views.py, which
    has the operation.
    """
    raise NotImplementedError


def copy_in_order(array: Any, /) -> Any:
    """A copy in C order; set by minitorch/_tensor.py, which has the kernel: NumPy takes 10 ms for
    1024 x 1024 transposed numbers, that 1.
    """
    return array.copy(order="C")


def stack(tensors: Sequence[Any], dim: int = 0) -> Any:
    """Join tensors along a new dimension; set by minitorch/_tensor.py, which has the operation."""
    raise NotImplementedError


graph_task.to_tensor = wrap
graph_task.to_array = unwrap
