"""``Holomorphic``: an operation with a complex derivative, whose backward is written as if for real
numbers.

Mirrors handle_r_to_c and the ``.conj()`` of torch/csrc/autograd/FunctionsManual.cpp in one place.

torch's gradient of a complex tensor is the conjugate of the derivative: along it a real loss grows
fastest. Where f has a complex derivative, ``grad_input = grad * conj(f'(input))``, and torch writes
that ``conj`` into every formula of torch/csrc/autograd/FunctionsManual.cpp. A backward is linear in
``grad``, so the same comes out if the gradient is conjugated before the real formula, and the
result after it: ``conj(conj(grad) * f'(input))``. That is done here, once, for all of them.

Operations without a complex derivative (``abs``, ``angle``, ``real``) spell out their gradients in
native/complex_ops.py; those that only move and add numbers (``sum``, ``view``) need nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from minitorch.autograd.operator import Operator


class Holomorphic(Operator):
    """Base of the operations whose ``backward`` leaves the conjugates to this class.

    They have one output, and no other base: ``run`` is all that differs.
    """

    __slots__ = ()

    def run(self, grads: Sequence[Any], create_graph: bool) -> tuple[Any, ...]:
        if self.output_dtype.kind != "c":
            results = self._run_on_tensors(grads) if create_graph else self.backward(self, *grads)
            return results if type(results) is tuple else (results,)
        results = Operator.run(self, [grad.conj() for grad in grads], create_graph)
        return tuple([None if result is None else result.conj() for result in results])
