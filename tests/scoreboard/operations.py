"""``op_db``: every entry's samples, through every property.

Mirrors, in purpose, test/test_ops.py of torch. A property of an entry for a dtype passes when it
holds for all samples.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

import minitorch
from tests.scoreboard import scope
from tests.scoreboard.checks import (
    Check,
    judge_refusal,
    note_error,
    quiet,
    seed_both,
    seed_everything,
    time_limit,
)
from tests.scoreboard.compare import Differs, are_alike, assert_alike, tensors_in
from tests.scoreboard.counterpart import Translator, function, leaf, to_numpy, to_torch
from tests.scoreboard.entry import Entry, numbered

EXACT_GRADIENT = "gradient at most {} times as far from float64 as torch's own"
VARIANTS = ("method", "inplace", "operator", "inplace operator", "out", "aliases")


def full_name(op: Any) -> str:
    return f"{op.name}.{op.variant_test_name}" if op.variant_test_name else op.name


@functools.cache
def _infos() -> dict[str, Any]:
    from torch.testing._internal.common_methods_invocations import op_db

    return numbered(op_db, full_name)


def entries() -> list[Entry]:
    """The entries of ``op_db``."""
    return [
        Entry("operations", name, scope.family_of(op), scope.out_of_scope(op))
        for name, op in _infos().items()
    ]


def run(name: str, limit: int | None) -> list[Check]:
    """All checks of one entry that say something about it."""
    op = _infos()[name]
    check = functools.partial(_over_samples, name, op, limit=limit)
    complex_only = not scope.takes_dense_real(op)
    dtypes = [d for d in (torch.complex64,) if complex_only] or scope.DTYPES
    checks = [check("forward", d, False, _forward) for d in dtypes if d in op.dtypes]
    checks[0].main = True
    few = min(limit or scope.OTHER_DTYPES_SAMPLES, scope.OTHER_DTYPES_SAMPLES)
    checks += [
        check("forward", d, False, _forward, limit=few)
        for d in scope.OTHER_DTYPES
        if d in op.dtypes
    ]
    main = getattr(torch, checks[0].dtype)
    derived = []
    if op.supports_autograd:
        backward = op.supported_backward_dtypes("cpu")
        wanted = (torch.complex64,) if complex_only else (torch.float32, torch.float64)
        derived += [check("gradient", d, True, _gradient) for d in wanted if d in backward]
        double = torch.complex128 if complex_only else torch.float64
        if op.supports_gradgrad and double in backward:
            derived.append(check("second derivative", double, True, _second_derivative))
    derived += [
        check("edge inputs", d, False, _forward)
        for d in (torch.float32, torch.int64)
        if d in op.dtypes
    ]
    if op.error_inputs_func is not None:
        derived.append(_error_inputs(name, op))
    derived += [
        check(variant, main, False, _VARIANT_CHECKS[variant])
        for variant in VARIANTS
        if _has_variant(op, variant)
    ]
    return checks + [c for c in derived if c.samples or c.first_error]


# --------------------------------------------------------------------------- running


def _over_samples(
    entry: str,
    op: Any,
    property_: str,
    dtype: torch.dtype,
    requires_grad: bool,
    holds: Callable[[Any, Any, Check], bool],
    limit: int | None,
) -> Check:
    check = Check(entry, scope.family_of(op), property_, str(dtype).removeprefix("torch."))
    seed_everything(check.key)
    with quiet(), time_limit(check):
        if property_ == "edge inputs":
            samples = _edge_samples(op, dtype)
        else:
            samples = op.sample_inputs("cpu", dtype, requires_grad=requires_grad)
        for sample in samples:
            if check.samples == limit:
                break
            check.samples += 1
            try:
                if holds(op, sample, check):
                    check.passed += 1
                else:
                    check.samples -= 1  # the property says nothing about this sample
            except TimeoutError:
                raise
            except Exception as error:
                note_error(check, error)
    return check


def _edge_samples(op: Any, dtype: torch.dtype) -> Iterator[Any]:
    """What torch compares with NumPy: large and small values, NaN and infinity, all layouts, empty
    and 0-dim tensors, broadcasts.
    """
    from torch.testing._internal.opinfo import core

    if op.reference_inputs_func is not None:
        yield from op.reference_inputs("cpu", dtype)
    generators: list[Any] = []
    if isinstance(op, core.UnaryUfuncInfo):
        generators = [core.generate_elementwise_unary_small_value_tensors]
        if dtype.is_floating_point:
            generators.append(core.generate_elementwise_unary_extremal_value_tensors)
    elif isinstance(op, core.BinaryUfuncInfo):
        generators = [core.generate_elementwise_binary_small_value_tensors]
        if dtype.is_floating_point:
            generators.append(core.generate_elementwise_binary_extremal_value_tensors)
    for generate in generators:
        yield from generate(op, device="cpu", dtype=dtype)


@dataclass
class Call:
    """A sample's arguments in one library."""

    input: Any
    args: tuple[Any, ...]
    kwargs: dict[str, Any]

    def __call__(self, op: Any) -> Any:
        return op(self.input, *self.args, **self.kwargs)

    def leaves(self) -> list[Any]:
        tensors = tensors_in((self.input, self.args, self.kwargs))
        unique = {id(t): t for t in tensors if t.requires_grad}
        return list(unique.values())


def _both_calls(sample: Any) -> tuple[Call, Call]:
    translate = Translator()
    memo = {}

    def own(x: Any) -> Any:
        """torch's tensors as leaves; one tensor given twice stays one."""
        if isinstance(x, torch.Tensor):
            return memo.setdefault(id(x), (x, leaf(x)))[1]
        if isinstance(x, (tuple, list)) and not hasattr(x, "_fields") and type(x) in (tuple, list):
            return type(x)([own(i) for i in x])
        return {k: own(v) for k, v in x.items()} if isinstance(x, dict) else x

    theirs = Call(own(sample.input), own(tuple(sample.args)), own(dict(sample.kwargs)))
    ours = Call(translate(theirs.input), translate(theirs.args), translate(theirs.kwargs))
    return ours, theirs


def _run_both(ours: Call, theirs: Call, op: Any, op_ours: Any) -> tuple[Any, Any]:
    """Results of both, or None twice when both refuse the sample.

    Raises:
        Differs: only one of them refuses.
    """
    seed_both()
    try:
        expected = theirs(op)
    except Exception as error:
        try:
            ours(op_ours)
        except Exception:
            return None, None
        raise Differs(f"torch raises {type(error).__name__}: {error}") from None
    return ours(op_ours), expected


def _alike(
    op: Any, dtype: torch.dtype, ours: Any, theirs: Any, check: Check, sample: Any = None
) -> None:
    """Compare at the default tolerance; then by the rules that an entry may need."""
    values = op.name not in scope.UNINITIALISED
    if not values:
        check.note_rule("uninitialised memory: shape and dtype only")
    try:
        assert_alike(ours, theirs, None, values)
        return
    except Differs as error:
        first = error
    process = getattr(sample, "output_process_fn_grad", None)
    if process is not None and not _is_identity(process):
        # An eigenvector is defined up to a factor: the entry says how to look at its result.
        ours, theirs = function(process)(ours), process(theirs)
        if _agrees(ours, theirs, None):
            check.note_rule("compared through the entry's own view of its result")
            return
    tolerance = scope.own_tolerance(op, dtype)
    if tolerance is not None and _agrees(ours, theirs, tolerance):
        check.note_rule("compared at the entry's own tolerance")
    elif op.name in scope.UNSTABLE_SORTS and _sorted_alike(op, sample, ours, theirs):
        check.note_rule("ties of an unstable sort, whose order depends on the processor")
    elif dtype is torch.float32 and sample is not None and _forward_as_exact(op, sample, ours):
        check.note_rule("value as close to float64 as torch's own")
    else:
        raise first


def _agrees(ours: Any, theirs: Any, tolerance: Any) -> bool:
    try:
        assert_alike(ours, theirs, tolerance)
    except Differs:
        return False
    return True


def _sorted_alike(op: Any, sample: Any, ours: Any, theirs: Any) -> bool:
    """Whether both permutations put the same values into the same places."""
    if sample is None or sample.kwargs.get("stable"):
        return False
    dim = sample.args[0] if sample.args else sample.kwargs.get("dim", -1)
    permutations = [to_torch(tensors_in(ours)[-1]), tensors_in(theirs)[-1]]
    mine, other = [torch.take_along_dim(sample.input, p, dim) for p in permutations]
    return torch.equal(mine, other)


def _is_identity(process: Any) -> bool:
    """Whether an entry looks at its result as it is, be it one tensor or several."""
    one = object()
    several = (one, one, one)
    try:
        return process(one) is one and process(several) is several
    except Exception:
        return False


def _processed(sample: Any, ours: Any, theirs: Any) -> tuple[Any, Any]:
    process = sample.output_process_fn_grad
    return (ours, theirs) if _is_identity(process) else (function(process)(ours), process(theirs))


# --------------------------------------------------------------------------- properties


def _dtype_of(check: Check) -> torch.dtype:
    return getattr(torch, check.dtype)


def _forward(op: Any, sample: Any, check: Check) -> bool:
    ours, theirs = _both_calls(sample)
    results = _run_both(ours, theirs, op.op, function(op.op, op.name))
    _alike(op, _dtype_of(check), *results, check, sample)
    return True


def cotangents(tensors: list[torch.Tensor]) -> list[torch.Tensor]:
    """Random gradients of the outputs: a plain sum would hide errors that cancel."""
    torch.manual_seed(5)
    return [torch.rand(t.shape, dtype=t.dtype) + 0.5 for t in tensors]


def _tracked_outputs(op: Any, sample: Any, ours: Call, theirs: Call) -> tuple[list[Any], list[Any]]:
    results = _run_both(ours, theirs, op.op, function(op.op, op.name))
    mine, other = [tensors_in(r) for r in _processed(sample, *results)]
    tracked = [i for i, t in enumerate(other) if t.requires_grad]
    for i in tracked:
        if not mine[i].requires_grad:
            raise Differs(f"output {i} does not require grad")
    return [mine[i] for i in tracked], [other[i] for i in tracked]


def _gradient(op: Any, sample: Any, check: Check) -> bool:
    ours, theirs = _both_calls(sample)
    mine, other = _tracked_outputs(op, sample, ours, theirs)
    if not other:
        return False
    seeds = cotangents(other)
    expected = torch.autograd.grad(other, theirs.leaves(), seeds, allow_unused=True)
    translate = Translator()
    got = minitorch.autograd.grad(
        mine, ours.leaves(), [translate(s) for s in seeds], allow_unused=True
    )
    try:
        _alike(op, _dtype_of(check), got, expected, check)
    except Differs as error:
        if _dtype_of(check) is not torch.float32:
            raise
        call, outputs = _in_float64(op, sample)
        tracked = [t for t in outputs if t.requires_grad]
        seeds = [s.to(t.dtype) for s, t in zip(cotangents(other), tracked, strict=True)]
        exact = torch.autograd.grad(tracked, call.leaves(), seeds, allow_unused=True)
        if not as_exact_as_torch(got, expected, exact):
            raise error from None
        check.note_rule(EXACT_GRADIENT.format(2))
    return True


class Widener:
    """torch's floating tensors as leaves of float64; one tensor given twice stays one."""

    def __init__(self) -> None:
        self.memo: dict[int, torch.Tensor] = {}

    def __call__(self, x: Any) -> Any:
        if isinstance(x, torch.Tensor):
            if not x.is_floating_point():
                return x
            if id(x) not in self.memo:
                self.memo[id(x)] = x.detach().double().requires_grad_(x.requires_grad)
            return self.memo[id(x)]
        if type(x) in (tuple, list):
            return type(x)([self(i) for i in x])
        if isinstance(x, dict):
            return {k: self(v) for k, v in x.items()}
        return torch.float64 if x is torch.float32 else x


def _in_float64(op: Any, sample: Any) -> tuple[Call, list[torch.Tensor]]:
    """torch's call on the same values in float64, and the tensors of its result."""
    widen = Widener()
    call = Call(widen(sample.input), widen(tuple(sample.args)), widen(dict(sample.kwargs)))
    seed_both()
    return call, tensors_in(sample.output_process_fn_grad(call(op.op)))


def _forward_as_exact(op: Any, sample: Any, ours: Any) -> bool:
    """Whether a float32 result is as close to that of float64 as torch's is."""
    try:
        _, exact = _in_float64(op, sample)
        seed_both()
        theirs = _as_call(sample)(op.op)
        expected = tensors_in(sample.output_process_fn_grad(theirs))
    except RuntimeError:  # no float64 for this sample
        return False
    got = tensors_in(ours)
    return len(got) == len(exact) and as_exact_as_torch(got, expected, exact)


def as_exact_as_torch(got: Any, expected: Any, exact: Any, factor: float = 2) -> bool:
    """Whether each of our float32 tensors is close to torch's, or at most ``factor`` times as far
    from the float64 one as torch's is.
    """
    for mine, other, truth in zip(got, expected, exact, strict=True):
        if truth is None or are_alike(mine, other):
            continue
        reference = to_numpy(truth)
        distance = np.abs(mine.detach().numpy() - reference)
        bound = factor * np.abs(to_numpy(other) - reference).max(initial=0.0)
        if not (distance <= bound).all():  # a NaN is no pass
            return False
    return True


def computes_in_chunks(options: Any) -> bool:
    """Whether these are options of linear_cross_entropy. With them, torch's documentation says,
    second derivatives are not supported; it returns numbers that are none. Ours are right.
    """
    return isinstance(options, torch.nn.LinearCrossEntropyOptions)


def _second_derivative(op: Any, sample: Any, check: Check) -> bool:
    if computes_in_chunks(sample.kwargs.get("options")):
        return False
    ours, theirs = _both_calls(sample)
    mine, other = _tracked_outputs(op, sample, ours, theirs)
    if not other:
        return False
    try:
        expected = differentiate_twice(torch, other, theirs.leaves(), lambda x: x)
    except (RuntimeError, NotImplementedError):
        return False  # torch has none for this sample
    got = differentiate_twice(minitorch, mine, ours.leaves(), Translator())
    _alike(op, _dtype_of(check), got, expected, check)
    return True


def differentiate_twice(
    library: Any, outputs: list[Any], leaves: list[Any], translate: Callable[[Any], Any]
) -> list[Any]:
    """Gradients of a random combination of the gradients, for the inputs and for the first
    gradient's seeds; empty if the gradients are constant.
    """
    like = [torch.empty(tuple(t.shape), dtype=_torch_dtype(t)) for t in outputs]
    seeds = [translate(s).requires_grad_() for s in cotangents(like)]
    first = library.autograd.grad(outputs, leaves, seeds, create_graph=True, allow_unused=True)
    tracked = [g for g in first if g is not None and g.requires_grad]
    if not tracked:
        return []
    like = [torch.empty(tuple(g.shape), dtype=_torch_dtype(g)) for g in tracked]
    again = [translate(s) for s in cotangents(like)]
    seconds = library.autograd.grad(tracked, [*leaves, *seeds], again, allow_unused=True)
    targets = [*leaves, *seeds]
    return [
        library.zeros_like(t.detach()) if g is None else g.detach()
        for g, t in zip(seconds, targets, strict=True)
    ]


def _torch_dtype(t: Any) -> torch.dtype:
    return getattr(torch, str(t.dtype).removeprefix("torch."))


def _error_inputs(name: str, op: Any) -> Check:
    """Bad inputs must raise the same type of exception."""
    check = Check(name, scope.family_of(op), "error inputs", "")
    seed_everything(check.key)
    with quiet(), time_limit(check):
        for bad in op.error_inputs("cpu"):
            theirs = _refusal(lambda sample=bad.sample_input: _as_call(sample)(op.op))
            ours = _refusal(
                lambda sample=bad.sample_input: _both_calls(sample)[0](function(op.op, op.name))
            )
            judge_refusal(check, theirs, ours)
    return check


def _as_call(sample: Any) -> Call:
    return Call(sample.input, tuple(sample.args), dict(sample.kwargs))


def _refusal(call: Callable[[], Any]) -> Exception | None:
    seed_both()
    try:
        call()
    except Exception as error:
        return error
    return None


# --------------------------------------------------------------------------- variants


def _has_variant(op: Any, variant: str) -> bool:
    return {
        "method": op.method_variant is not None and op.method_variant is not op.op,
        "inplace": op.inplace_variant is not None,
        "operator": op.operator_variant is not None,
        "inplace operator": op.inplace_operator_variant is not None,
        "out": op.supports_out,
        "aliases": bool(op.aliases),
    }[variant]


def _same_as(variant: Any, name: str) -> Callable[[Any, Any, Check], bool]:
    def holds(op: Any, sample: Any, check: Check) -> bool:
        form = variant(op)
        ours, theirs = _both_calls(sample)
        results = _run_both(ours, theirs, form, function(form, f"{name}{op.name}"))
        _alike(op, _dtype_of(check), *results, check, sample)
        return True

    return holds


def _in_place(variant: Any) -> Callable[[Any, Any, Check], bool]:
    def holds(op: Any, sample: Any, check: Check) -> bool:
        if sample.broadcasts_input:
            return False
        form = variant(op)
        twin = function(form, f"Tensor.{op.name}_")
        ours, theirs = _both_calls(sample)
        _run_both(ours, theirs, form, twin)
        _alike(op, _dtype_of(check), ours.input, theirs.input, check, sample)
        return True

    return holds


def _out(op: Any, sample: Any, check: Check) -> bool:
    ours, theirs = _both_calls(sample)
    mine, other = _run_both(ours, theirs, op.op, function(op.op, op.name))
    shapes = tensors_in(other)
    if not shapes:
        return False
    torch_out = [torch.empty_like(t) for t in shapes]
    our_out = [minitorch.empty_like(t) for t in tensors_in(mine)]
    single = isinstance(other, torch.Tensor)
    theirs.kwargs["out"] = torch_out[0] if single else tuple(torch_out)
    ours.kwargs["out"] = our_out[0] if single else tuple(our_out)
    try:
        seed_both()
        theirs(op.op)
    except (RuntimeError, TypeError):
        return False  # torch has no out= for this sample
    seed_both()
    ours(function(op.op, op.name))
    if single:
        our_out, torch_out = our_out[0], torch_out[0]
    else:
        our_out, torch_out = tuple(our_out), tuple(torch_out)
    _alike(op, _dtype_of(check), our_out, torch_out, check, sample)
    return True


def _aliases(op: Any, sample: Any, check: Check) -> bool:
    for alias in op.aliases:
        ours, theirs = _both_calls(sample)
        results = _run_both(ours, theirs, alias.op, function(alias.op, alias.name))
        _alike(op, _dtype_of(check), *results, check, sample)
    return True


_VARIANT_CHECKS = {
    "method": _same_as(lambda op: op.method_variant, "Tensor."),
    "inplace": _in_place(lambda op: op.inplace_variant),
    "operator": _same_as(lambda op: op.operator_variant, ""),
    "inplace operator": _in_place(lambda op: op.inplace_operator_variant),
    "out": _out,
    "aliases": _aliases,
}
