"""What an operation keeps for backward: arrays, and what it takes to notice that they were changed.

Mirrors torch/csrc/autograd/saved_variable.cpp for the framework's own operations, which keep arrays
where those of users keep tensors.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from minitorch import dtypes
from minitorch.autograd.node import BACKWARD_TWICE, Node
from minitorch.autograd.saved_variable import (
    INFERENCE_SAVED,
    PackedVariable,
    PackHooks,
    default_hooks,
    modified,
)
from minitorch.autograd.variable import Variable, changes, unwrap, wrap

SavedOutput = tuple[int, list[Any]]
"""What a node remembers of its own output, if it saved the output's array: which output it is, and
its version counter. A reference to the output itself would be a cycle."""


class SavesArrays(Node):
    """The part of an operator that keeps arrays until its backward has run."""

    __slots__ = ("_saved", "_sources", "_versions", "_changes", "_args")

    _saved: Any
    # Where each saved array came from: a tensor, or a SavedOutput, or None if that need not be
    # watched; and which version of that memory it shows.
    _sources: Any
    _versions: Any
    _changes: int  # how many changes in place there had been when they were saved
    _args: Any

    saved_for: ClassVar[tuple[tuple[int, ...], ...] | None] = None
    """For each saved array, the arguments whose gradients need it; the others are not kept. None
    keeps all.
    """

    saved_factors: ClassVar[tuple[int, int] | None] = None
    """The two operands of a product: each is saved for the gradient of the other, without a call of
    ``save_for_backward``. Recording takes 1.5 us less than where saved arrays must be looked for.
    """

    composed: ClassVar[Callable[..., Any] | None] = None
    """For a fused operation, whose ``backward`` is a kernel: the same operation on tensors,
    composed of others. Second derivatives go through it."""

    def save_for_backward(self, *arrays: Any) -> None:
        """Keep arrays, and the Python numbers beside them, until backward has run."""
        self._saved = arrays

    def _kept(self) -> tuple[Any, ...]:
        """What is worth keeping of the saved arrays: those that some wanted gradient needs."""
        saved_for, edges = self.saved_for, self.next_edges
        if saved_for is None or None not in edges:
            return self._saved
        kept = []
        for array, arguments in zip(self._saved, saved_for, strict=True):
            for i in arguments:
                if edges[i] is not None:
                    kept.append(array)
                    break
            else:
                kept.append(None)
        return tuple(kept)

    def _remember_sources(
        self, args: Sequence[Any], arrays: Sequence[Any], out: Any
    ) -> list[Any] | None:
        """For each saved array, the tensor that it came from and its version. Mirrors the
        constructor of SavedVariable.

        For an output it is a ``SavedOutput``.
        Returns the version counter that the output must take, if it is among the saved arrays.
        """
        saved = self._saved
        output_version: list[Any] | None = None
        if len(saved) == 1 and saved[0] is out:
            output_version = [0, None]
            self._sources, self._versions = [(0, output_version)], [0]
            return output_version
        if self.saved_for is not None and None in self.next_edges:
            self._saved = saved = self._kept()
        sources: list[Any] = []
        versions = []
        for array in saved:
            source: Any = None
            version = 0
            if array is out:
                output_version = [0, None]
                source = (0, output_version)
            elif array is not None:
                for position, operand in enumerate(arrays):
                    if operand is array:
                        argument = args[position]
                        if argument is not array:  # else no tensor, but an array by itself
                            source = argument
                            counter = source._version_counter
                            if counter is not None:
                                version = counter[0]
                        break
            sources.append(source)
            versions.append(version)
        if -1 in versions:
            raise RuntimeError(INFERENCE_SAVED)
        self._sources, self._versions = sources, versions
        return output_version

    def _save_factors(self, args: Sequence[Any], arrays: Sequence[Any]) -> None:
        """Save the ``saved_factors``, and remember where they came from."""
        assert self.saved_factors is not None
        first, second = self.saved_factors
        edges = self.next_edges
        left = right = of_left = of_right = None
        left_version = right_version = 0
        if edges[second] is not None:
            left, of_left = arrays[first], args[first]
            if left is of_left:  # a number, or an array by itself
                of_left = None
            elif of_left._version_counter is not None:
                left_version = of_left._version_counter[0]
        if edges[first] is not None:
            right, of_right = arrays[second], args[second]
            if right is of_right:
                of_right = None
            elif of_right._version_counter is not None:
                right_version = of_right._version_counter[0]
        if left_version < 0 or right_version < 0:
            raise RuntimeError(INFERENCE_SAVED)
        self._saved = left, right
        self._sources = of_left, of_right
        self._versions = left_version, right_version

    def _follow_output_versions(self, array: Any, tensor: Variable) -> None:
        """Watch an output that is saved too, of several, or after a change in place."""
        for position, saved in enumerate(self._saved):
            if saved is array:
                counter = tensor.shared_version_counter()
                source = self._sources[position]
                if source is not None and _version_counter(source) is counter:
                    continue  # an operand that this change in place has overwritten
                self._sources[position] = (tensor._output_nr, counter)
                self._versions[position] = counter[0]

    def _expect_present_version(self, array: Any, tensor: Variable) -> None:
        """Note that a saved operand is needed as it is, before it is overwritten."""
        counter = tensor.shared_version_counter()
        for position, saved in enumerate(self._saved):
            if saved is array:
                self._sources[position] = (0, counter)
                self._versions[position] = counter[0]

    @property
    def saved_tensors(self) -> Any:
        """What ``save_for_backward`` kept.

        Raises:
            RuntimeError: it was freed by an earlier backward, or changed in place since.
        """
        saved = self._saved
        if type(saved) is not tuple:
            saved = tuple([unwrap(x) for x in self._unpacked()])
        elif not saved or self._changes == changes[0]:  # as usual: 0.2 us less
            return saved
        for source, version in zip(self._sources, self._versions):  # noqa: B905 (strict costs 0.1 us here)
            if source is not None:
                counter = source[1] if type(source) is tuple else source._version_counter
                if counter is not None and counter[0] != version:
                    self._raise_modified(source, counter, version)
        return saved

    def _raise_modified(self, source: Any, counter: list[Any], version: int) -> None:
        array = next(a for a, s in zip(self._saved, self._sources, strict=True) if s is source)
        if type(source) is tuple:
            raise modified(self, array, self, source[0], counter, version)
        raise modified(self, array, source.grad_fn, source.output_nr, counter, version)

    # ----------------------------------------------------------------- under hooks

    def _pack_saved(self) -> None:
        """Hand everything that was saved to the hooks of this thread, if it has any."""
        hooks = default_hooks()
        if hooks is None:
            return
        packed: dict[int, PackedVariable] = {}
        for position, source in enumerate(self._sources):
            if hasattr(self._saved[position], "dtype"):
                packed[id(source)] = self.pack_saved(position, hooks)
        if self.composed is not None:
            self._args = tuple([packed.get(id(x), x) for x in self._args])

    def pack_saved(
        self, position: int, hooks: PackHooks, *, detach: bool = False
    ) -> PackedVariable:
        """Put what the pack hook returns in the place of one saved array."""
        array = self._saved[position]
        tensor = self._unpack(position, array)
        is_output = type(self._sources[position]) is tuple
        packed = PackedVariable(tensor, hooks, is_output=is_output, detach=detach)
        # A list instead of a tuple tells that some of it must be unpacked; hooks take over the
        # watch over versions.
        self._saved, self._sources = list(self._saved), list(self._sources)
        self._saved[position], self._sources[position] = packed, None
        return packed

    def _unpacked(self) -> list[Any]:
        """Arrays, and tensors in the place of what hooks had packed."""
        if self._saved is None:
            raise RuntimeError(BACKWARD_TWICE)
        owner = self.view_node or self
        return [x.unpack(owner) if type(x) is PackedVariable else x for x in self._saved]

    def _unpack(self, position: int, array: Any) -> Any:
        """The tensor that a saved array came from, so that a gradient can flow to it. Mirrors
        SavedVariable::unpack.
        """
        source = self._sources[position] if self._sources else None
        if isinstance(source, Variable):
            return source
        if isinstance(array, Variable):  # hooks have unpacked it
            return array
        if array is None or type(array) in (
            bool,
            int,
            float,
            complex,
            tuple,
        ):  # np.float64 is a float too: type, not isinstance
            return array
        maker = self.view_node or self
        differentiable = source is not None and dtypes.is_differentiable(array.dtype)
        tensor = wrap(array, maker if differentiable else None)
        if source is not None:
            tensor._output_nr, tensor._version_counter = source
        return tensor

    def release(self) -> None:
        if self._saved:
            self._saved = None
            self._sources = ()
            if self.composed is not None:
                self._args = None


def _version_counter(source: Any) -> list[Any] | None:
    return source[1] if type(source) is tuple else source._version_counter
