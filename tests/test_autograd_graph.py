"""What autograd.graph, anomaly mode and inference mode do: hooks on saved tensors and on nodes, names of what nodes
save, gradient edges; each case run in both libraries."""

from __future__ import annotations

import gc
import warnings
import weakref
from collections.abc import Callable
from typing import Any

import pytest
import torch

import minitorch
from tests.parity import assert_raises_alike, assert_same, first_line, run

Call = Callable[[Any], Any]
CASES: dict[str, Call] = {}
ERRORS: dict[str, Call] = {}


def case(function: Call) -> Call:
    CASES[function.__name__.replace("_", " ")] = function
    return function


def error(function: Call) -> Call:
    ERRORS[function.__name__.replace("_", " ")] = function
    return function


def leaf(t: Any, *values: float) -> Any:
    return t.tensor(list(values) or [1.0, 2.0], requires_grad=True)


@case
def the_gradient_of_one_of_several_outputs_fits_it(t: Any) -> Any:
    x = leaf(t, 1.0, 4.0)
    variance, mean = t.var_mean(x)
    grads = []
    for y in (variance * t.ones(3, dtype=t.float64), variance.double() + mean.expand(2, 2)):
        grads.append(t.autograd.grad(y, (variance, mean), t.ones_like(y), allow_unused=True))
        grads.append(t.autograd.grad(y, x, t.ones_like(y), retain_graph=True))
    turned = t.aminmax(x).max * t.tensor(2 + 1j)
    return grads, t.autograd.grad(turned, x, t.tensor(1j))


def pytest_generate_tests(metafunc: Any) -> None:
    for name, calls in (("same", CASES), ("refused", ERRORS), ("packed", PACKED)):
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, list(calls.values()), ids=list(calls))


def test_cases(same: Call) -> None:
    assert_same(same, exact=False)


def test_errors(refused: Call) -> None:
    assert_raises_alike(refused)


# --------------------------------------------------------------------------- saved tensors hooks

PACKED: dict[str, Callable[[Any, Any], Any]] = {
    "mul": lambda t, x: x * x,
    "mul by constant": lambda t, x: x * t.tensor([3.0, 4.0]),
    "mul by number": lambda t, x: x * 2,
    "add": lambda t, x: x + 1,
    "div": lambda t, x: x / t.tensor([3.0, 4.0]),
    "pow": lambda t, x: x**2,
    "relu": lambda t, x: x.relu(),
    "sqrt": lambda t, x: x.sqrt(),
    "log": lambda t, x: x.log(),
    "sum": lambda t, x: x.sum(),
    "where": lambda t, x: t.where(x > 1, x, t.tensor([3.0, 4.0])),
    "in place": lambda t, x: (x * 1).mul_(t.tensor([3.0, 4.0])),
    "chain": lambda t, x: (x * 2).sqrt().square(),
    "views": lambda t, x: x[0] * 3 + x[1:].sqrt(),
    "max": lambda t, x: x.max(0)[0],
}


def test_what_hooks_see(packed: Callable[[Any, Any], Any]) -> None:
    def call(t: Any) -> Any:
        log: list[Any] = []

        def pack(tensor: Any) -> Any:
            log.append(("pack", tensor.tolist(), tensor.requires_grad, tensor.grad_fn is not None))
            return tensor.detach()

        def unpack(tensor: Any) -> Any:
            log.append(("unpack", tensor.tolist()))
            return tensor

        x = leaf(t, 1, 4)
        with t.autograd.graph.saved_tensors_hooks(pack, unpack):
            y = packed(t, x)
        y.sum().backward()
        return log, x.grad

    assert_same(call, exact=False)


@case
def nested_hooks(t: Any) -> Any:
    log: list[str] = []
    hooks = t.autograd.graph.saved_tensors_hooks
    x = leaf(t)
    with hooks(lambda v: (log.append("a"), v.detach())[1], lambda v: v):
        y = x * x
        with hooks(lambda v: (log.append("b"), v.detach())[1], lambda v: v):
            z = y * y
        w = z * z
    w.sum().backward()
    return log, x.grad


@case
def hooks_change_what_was_saved(t: Any) -> Any:
    x = leaf(t)
    with t.autograd.graph.saved_tensors_hooks(lambda v: v * 2, lambda v: v):
        y = x * x
    y.sum().backward()
    return x.grad


@case
def second_derivatives_through_hooks(t: Any) -> Any:
    x = leaf(t)
    with t.autograd.graph.saved_tensors_hooks(lambda v: v.detach(), lambda v: v):
        y = (x * x).exp() * x.softmax(0)
    (g,) = t.autograd.grad(y.sum(), x, create_graph=True)
    (h,) = t.autograd.grad(g.sum(), x)
    return g.detach(), h


@case
def second_derivatives_of_fused_operations_through_hooks(t: Any) -> Any:
    x = leaf(t, 1, 2, 4)
    with t.autograd.graph.saved_tensors_hooks(lambda v: v.detach(), lambda v: v):
        y = t.nn.functional.layer_norm(x, (3,)) ** 3
    (g,) = t.autograd.grad(y.sum(), x, create_graph=True)
    return t.autograd.grad(g.square().sum(), x)


@case
def hooks_forgive_changes_in_place(t: Any) -> Any:
    x = leaf(t)
    a = x * 1
    with t.autograd.graph.saved_tensors_hooks(lambda v: v.detach().clone(), lambda v: v):
        y = a * a
    a.add_(1)
    y.sum().backward()
    return x.grad


@case
def hooks_of_a_custom_function(t: Any) -> Any:
    class F(t.autograd.Function):  # type: ignore[misc]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            y = x * 2
            ctx.save_for_backward(x, y, None)
            return y

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            x, y, nothing = ctx.saved_tensors
            assert nothing is None
            return g * x * y

    log: list[Any] = []
    x = leaf(t)
    with t.autograd.graph.saved_tensors_hooks(
        lambda v: (log.append(v.tolist()), v.detach())[1], lambda v: v * 2
    ):
        y = F.apply(x)
    y.sum().backward()
    return log, x.grad


@case
def saved_on_cpu(t: Any) -> Any:
    x = leaf(t)
    with t.autograd.graph.save_on_cpu():
        y = (x * x).exp()
    y.sum().backward()
    return x.grad


@case
def hooks_of_one_saved_tensor(t: Any) -> Any:
    log: list[Any] = []
    x = leaf(t)
    y = x * x
    y.grad_fn._raw_saved_self.register_hooks(
        lambda v: (log.append((v.tolist(), v.requires_grad)), v * 3)[1], lambda v: v
    )
    y.sum().backward()
    return log, x.grad


@case
def hooks_of_one_saved_tensor_of_a_custom_function(t: Any) -> Any:
    class F(t.autograd.Function):  # type: ignore[misc]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x * 2

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * ctx.saved_tensors[0]

    x = leaf(t)
    y = F.apply(x)
    y.grad_fn._raw_saved_tensors[0].register_hooks(lambda v: v * 3, lambda v: v)
    y.sum().backward()
    return x.grad


@case
def mutation_is_allowed(t: Any) -> Any:
    with t.autograd.graph.allow_mutation_on_saved_tensors():
        x = leaf(t)
        a = x * 1
        y = (a * a).exp()
        a.add_(1)
        y.sum().backward()
        return x.grad


@error
def mutation_is_allowed_inside_only(t: Any) -> Any:
    with t.autograd.graph.allow_mutation_on_saved_tensors():
        x = leaf(t)
        y = (x * x).exp()
    y.sum().backward()


@error
def mutation_blocks_do_not_nest(t: Any) -> Any:
    with (
        t.autograd.graph.allow_mutation_on_saved_tensors(),
        t.autograd.graph.allow_mutation_on_saved_tensors(),
    ):
        pass


@error
def a_pack_hook_that_writes(t: Any) -> Any:
    with t.autograd.graph.saved_tensors_hooks(lambda v: v.add_(1), lambda v: v):
        (leaf(t) * 1) * (leaf(t) * 1)


@error
def an_unpack_hook_that_returns_a_number(t: Any) -> Any:
    x = leaf(t)
    with t.autograd.graph.saved_tensors_hooks(lambda v: 3, lambda v: v):
        y = x * x
    y.sum().backward()


@error
def disabled_hooks(t: Any) -> Any:
    with (
        t.autograd.graph.disable_saved_tensors_hooks("no hooks, please"),
        t.autograd.graph.saved_tensors_hooks(lambda v: v, lambda v: v),
    ):
        pass


@error
def hooks_disabled_too_late(t: Any) -> Any:
    with (
        t.autograd.graph.saved_tensors_hooks(lambda v: v, lambda v: v),
        t.autograd.graph.disable_saved_tensors_hooks("no hooks, please"),
    ):
        pass


@error
def second_hooks_of_one_saved_tensor(t: Any) -> Any:
    y = leaf(t) * leaf(t)  # must live: in torch the raw tensor alone does not keep its node
    raw = y.grad_fn._raw_saved_self
    raw.register_hooks(lambda v: v, lambda v: v)
    raw.register_hooks(lambda v: v, lambda v: v)


@error
def hooks_of_a_freed_tensor(t: Any) -> Any:
    y = leaf(t) * leaf(t)
    raw = y.grad_fn._raw_saved_self
    y.sum().backward()
    raw.register_hooks(lambda v: v, lambda v: v)


def test_packed_tensors_are_freed_with_the_graph() -> None:
    class Box:
        pass

    boxes: list[weakref.ref[Box]] = []

    def pack(tensor: Any) -> Any:
        box = Box()
        boxes.append(weakref.ref(box))
        return box, tensor.detach()

    gc.disable()
    try:
        x = leaf(minitorch)
        with minitorch.autograd.graph.saved_tensors_hooks(pack, lambda pair: pair[1]):
            y = (x * x).exp()
        assert all(box() is not None for box in boxes)
        y.sum().backward(retain_graph=True)
        assert all(box() is not None for box in boxes)
        y.sum().backward()
        assert all(box() is None for box in boxes)
    finally:
        gc.enable()


# --------------------------------------------------------------------------- what nodes save

SAVED: dict[str, tuple[Callable[[Any, Any], Any], tuple[str, ...]]] = {
    "mul": (lambda t, x: x * x, ("self", "other")),
    "mul by constant": (lambda t, x: x * t.tensor([3.0, 4.0]), ("self", "other")),
    "div": (lambda t, x: x / t.tensor([3.0, 4.0]), ("self", "other")),
    "exp": (lambda t, x: x.exp(), ("result",)),
    "sigmoid": (lambda t, x: x.sigmoid(), ("result",)),
    "log": (lambda t, x: x.log(), ("self",)),
    "sin": (lambda t, x: x.sin(), ("self",)),
    "pow": (lambda t, x: x**3, ("self", "exponent")),
    "pow of tensors": (lambda t, x: x**x, ("self", "exponent", "result")),
    "relu": (lambda t, x: x.relu(), ("result",)),
    "add": (lambda t, x: t.add(x, x, alpha=3), ("alpha",)),
}


@pytest.mark.parametrize("name", list(SAVED))
def test_saved_attributes(name: str) -> None:
    function, names = SAVED[name]
    assert_same(
        lambda t: [
            getattr(function(t, leaf(t)).grad_fn, f"_saved_{attribute}") for attribute in names
        ],
        exact=False,
    )


@case
def saved_operands_are_the_operands(t: Any) -> Any:
    x, c = leaf(t), t.tensor([3.0, 4.0])
    node = (x * c).grad_fn
    return node._saved_self is None, node._saved_other is c, (c * x).grad_fn._saved_self is c


@case
def a_saved_number_is_a_tensor(t: Any) -> Any:
    x = leaf(t)
    nodes = [
        (x * 2).grad_fn,
        (0.5 * x).grad_fn,
        (x / 3).grad_fn,
        (x * True).grad_fn,
        (2 / x).grad_fn,
    ]
    return [(node._saved_self, node._saved_other) for node in nodes]


@case
def saved_attributes_are_listed(t: Any) -> Any:
    x = leaf(t)
    nodes = [(x * x).grad_fn, x.exp().grad_fn, x.log().grad_fn]
    return [[n for n in dir(node) if "_saved_" in n] for node in nodes]


def test_an_attribute_that_is_not_saved() -> None:
    assert_raises_alike(lambda t: (leaf(t) * 2).grad_fn._saved_foo, words=False)
    assert_raises_alike(lambda t: leaf(t).exp().grad_fn._saved_self, words=False)


@error
def a_freed_attribute(t: Any) -> Any:
    y = leaf(t) * leaf(t)
    y.sum().backward()
    return y.grad_fn._saved_self


@error
def a_changed_attribute(t: Any) -> Any:
    x = leaf(t) * 1
    y = x * x
    x.add_(1)
    return y.grad_fn._saved_self


@case
def the_accumulator_knows_its_leaf(t: Any) -> Any:
    x = leaf(t)
    node = (x * 2).grad_fn.next_functions[0][0]
    return node.variable is x, node._sequence_nr(), node.next_functions


@case
def metadata_is_kept(t: Any) -> Any:
    node = (leaf(t) * 2).grad_fn
    empty = dict(node.metadata)
    node.metadata["note"] = 3
    return empty, node.metadata


@case
def sequence_numbers_count(t: Any) -> Any:
    x = leaf(t)
    first, second = (x * 2).grad_fn, (x * 3).grad_fn
    return second._sequence_nr() - first._sequence_nr()


# --------------------------------------------------------------------------- hooks of nodes


@case
def hooks_run_in_torchs_order(t: Any) -> Any:
    log: list[Any] = []
    x = leaf(t)
    y = x * 2
    z = y * y
    y.register_hook(lambda g: log.append("tensor y"))
    y.grad_fn.register_prehook(lambda g: log.append("pre y"))
    y.grad_fn.register_hook(lambda gi, go: log.append("post y"))
    x.register_hook(lambda g: log.append("tensor x"))
    x.register_post_accumulate_grad_hook(lambda p: log.append("accumulated x"))
    y.retain_grad()
    z.grad_fn.register_hook(lambda gi, go: log.append(("post z", len(gi), len(go))))
    accumulate = y.grad_fn.next_functions[0][0]
    accumulate.register_prehook(lambda g: log.append("pre accumulate"))
    accumulate.register_hook(lambda gi, go: log.append(("post accumulate", len(gi), len(go))))
    z.sum().backward()
    return log


@case
def a_prehook_replaces_and_is_removed(t: Any) -> Any:
    x = leaf(t)
    y = x * 2
    handle = y.grad_fn.register_prehook(lambda g: (g[0] * 10,))
    y.sum().backward(retain_graph=True)
    handle.remove()
    y.sum().backward()
    return x.grad


@case
def one_of_three_hooks_is_removed(t: Any) -> Any:
    log: list[int] = []
    x = leaf(t)
    handles = [x.register_hook(lambda g, i=i: log.append(i)) for i in range(3)]
    (x * 2).sum().backward()
    handles[1].remove()
    (x * 2).sum().backward()
    return log


@case
def a_retained_gradient_is_that_after_hooks(t: Any) -> Any:
    x = leaf(t)
    y = x * 2
    y.retain_grad()
    y.register_hook(lambda g: g * 10)
    y.sum().backward()
    return y.grad, x.grad, y.retains_grad


@case
def module_hooks(t: Any) -> Any:
    log: list[Any] = []
    module = t.nn.Linear(2, 2)
    module.register_full_backward_pre_hook(lambda m, go: log.append("pre"))
    module.register_full_backward_hook(
        lambda m, gi, go: log.append(([g is not None for g in gi], len(go)))
    )
    module(leaf(t)[None]).sum().backward()
    return log


@error
def a_prehook_that_returns_too_many(t: Any) -> Any:
    y = leaf(t) * 2
    y.grad_fn.register_prehook(lambda g: (g[0], g[0]))
    y.sum().backward()


@error
def a_posthook_that_returns_too_many(t: Any) -> Any:
    y = leaf(t) * leaf(t)
    y.grad_fn.register_hook(lambda gi, go: (gi[0], gi[0], gi[0]))
    y.sum().backward()


@error
def a_posthook_that_returns_a_number(t: Any) -> Any:
    y = leaf(t) * 2
    y.grad_fn.register_hook(lambda gi, go: 3)
    y.sum().backward()


def multi(t: Any, mode: str) -> Any:
    log: list[Any] = []
    a, b = leaf(t), leaf(t)
    c, d = a * b, a * b
    handle = t.autograd.graph.register_multi_grad_hook(
        (a, b, c, d),
        lambda g: log.append([v is not None for v in g] if mode == "all" else g.tolist()),
        mode=mode,
    )
    c.sum().backward(retain_graph=True)
    c.sum().backward(inputs=(a,), retain_graph=True)
    (c * 2 + d).sum().backward(retain_graph=True)
    handle.remove()
    c.sum().backward()
    return log


CASES["a hook of all gradients"] = lambda t: multi(t, "all")
CASES["a hook of any gradient"] = lambda t: multi(t, "any")
ERRORS["a hook of some gradients"] = lambda t: multi(t, "some")


# --------------------------------------------------------------------------- edges and inputs


@case
def gradient_edges(t: Any) -> Any:
    x = leaf(t)
    y = x * 2
    edge = t.autograd.graph.get_gradient_edge
    return (
        t.autograd.grad(y.sum(), edge(x)),
        t.autograd.grad(y, edge(y), t.ones(2)),
        t.autograd.grad(edge(x * 3), x, t.ones(2)),
        t.autograd.backward(edge(x * 3), t.ones(2)),
        x.grad,
        edge(y).output_nr,
    )


@error
def the_gradient_edge_of_a_constant(t: Any) -> Any:
    t.autograd.graph.get_gradient_edge(t.ones(2))


@error
def an_implicit_gradient_of_an_edge(t: Any) -> Any:
    x = leaf(t)
    t.autograd.grad(t.autograd.graph.get_gradient_edge(x * 2), x)


@case
def backward_to_inputs(t: Any) -> Any:
    log: list[str] = []
    x, w = leaf(t), leaf(t)
    x.register_post_accumulate_grad_hook(lambda p: log.append("x"))
    w.register_post_accumulate_grad_hook(lambda p: log.append("w"))
    y = x * w
    (y * y).sum().backward(inputs=[y, x])
    return y.retains_grad, y.grad, x.grad, w.grad, log


@case
def inputs_in_a_dict(t: Any) -> Any:
    x, w = leaf(t), leaf(t)
    return t.autograd.grad((x * w).sum(), {"x": x, "w": w})


@case
def batched_gradients(t: Any) -> Any:
    x = leaf(t)
    y = x**2
    return t.autograd.grad(y, x, t.eye(2), is_grads_batched=True, retain_graph=True)


@case
def batched_gradients_can_be_differentiated(t: Any) -> Any:
    x = leaf(t)
    (rows,) = t.autograd.grad(x**3, x, t.eye(2), is_grads_batched=True, create_graph=True)
    return t.autograd.grad(rows.sum(), x)


@error
def batched_gradients_of_the_wrong_shape(t: Any) -> Any:
    x = leaf(t)
    t.autograd.grad(x**2, x, t.eye(3), is_grads_batched=True)


@case
def materialized_gradients(t: Any) -> Any:
    x, w = leaf(t), leaf(t)
    return t.autograd.grad((x * 2).sum(), (x, w), materialize_grads=True)


@error
def no_inputs(t: Any) -> Any:
    t.autograd.grad(leaf(t).sum(), [])


@error
def a_complex_gradient_of_a_real_output(t: Any) -> Any:
    leaf(t).sum().backward(t.ones((), dtype=t.complex64))


@case
def a_captured_node_is_not_freed(t: Any) -> Any:
    x = leaf(t)
    y = x * x
    t.autograd.grad(y.sum(), y)
    return t.autograd.grad(y.sum(), x)


@case
def versions_by_hand(t: Any) -> Any:
    x, y = t.ones(2), t.ones(2)
    t.autograd.graph.increment_version(x)
    t.autograd.graph.increment_version([x, y])
    return x._version, y._version


# --------------------------------------------------------------------------- custom functions


def function(t: Any, forward: Any, backward: Any = None, **more: Any) -> Any:
    members = {"forward": staticmethod(forward)}
    if backward is not None:
        members["backward"] = staticmethod(backward)
    return type("F", (t.autograd.Function,), members | more)


@case
def vjp_instead_of_backward(t: Any) -> Any:
    f = function(t, lambda ctx, x: x * 2, vjp=staticmethod(lambda ctx, g: g * 5))
    x = leaf(t)
    return t.autograd.grad(f.apply(x).sum(), x)


@error
def vjp_and_backward(t: Any) -> Any:
    g = staticmethod(lambda ctx, g: g * 5)
    f = function(t, lambda ctx, x: x * 2, g.__func__, vjp=g)
    f.apply(leaf(t)).sum().backward()


@error
def neither_vjp_nor_backward(t: Any) -> Any:
    function(t, lambda ctx, x: x * 2).apply(leaf(t)).sum().backward()


@case
def a_missing_gradient_reaches_the_function_behind_as_zeros(t: Any) -> Any:
    log: list[Any] = []
    first = function(t, lambda ctx, x: x * 2, lambda ctx, g: (log.append(g.tolist()), g)[1])
    last = function(t, lambda ctx, x: x * 2, lambda ctx, g: None)
    x = leaf(t)
    last.apply(first.apply(x)).sum().backward()
    return log, x.grad


@case
def keyword_arguments(t: Any) -> Any:
    f = function(t, lambda ctx, x, factor: x * factor, lambda ctx, g: (g, None))
    x = leaf(t)
    f.apply(x, factor=3).sum().backward()
    return x.grad


@error
def an_inner_view_changed_in_place(t: Any) -> Any:
    f = function(t, lambda ctx, x: x.view(2, 1), lambda ctx, g: g.view(2))
    f.apply(leaf(t) * 1).mul_(2)


@error
def an_input_returned_and_changed_in_place(t: Any) -> Any:
    function(t, lambda ctx, x: x, lambda ctx, g: g).apply(leaf(t) * 1).mul_(2)


@error
def one_of_several_views_changed_in_place(t: Any) -> Any:
    f = function(t, lambda ctx, x: (x.view(2), x.view(2)), lambda ctx, g, h: g + h)
    f.apply(leaf(t) * 1)[0].mul_(2)


@error
def saving_a_number(t: Any) -> Any:
    function(t, lambda ctx, x: ctx.save_for_backward(3)).apply(leaf(t))


@error
def marking_dirty_what_is_not_returned(t: Any) -> Any:
    def forward(ctx: Any, x: Any) -> Any:
        ctx.mark_dirty(x)
        return x * 2

    function(t, forward).apply(leaf(t) * 1)


@error
def calling_an_instance(t: Any) -> Any:
    function(t, lambda ctx, x: x)()(leaf(t))


# --------------------------------------------------------------------------- changes in place


@error
def a_part_after_its_base_changed(t: Any) -> Any:
    y = leaf(t) * 2
    part = y.unbind(0)[0]
    y.mul_(2)
    return part * 1


@error
def a_chunk_after_its_base_changed(t: Any) -> Any:
    y = leaf(t) * 2
    part = y.chunk(2)[1]
    y.mul_(2)
    return part.grad_fn


@case
def a_part_of_a_constant_after_its_base_changed(t: Any) -> Any:
    y = t.ones(2)
    part = y.unbind(0)[0]
    y.mul_(2)
    return part * 1, part.requires_grad


@error
def a_view_of_no_grad_after_its_base_changed(t: Any) -> Any:
    y = leaf(t) * 2
    with t.no_grad():
        view = y[0]
    y.mul_(2)
    return view * 2


@error
def a_view_of_inference_mode_after_its_base_changed(t: Any) -> Any:
    y = leaf(t) * 2
    with t.inference_mode():
        view = y[0]
    y.mul_(2)
    return view * 2


@error
def a_view_of_inference_mode_changed(t: Any) -> Any:
    y = leaf(t) * 2
    with t.inference_mode():
        view = y[0]
    view.mul_(2)


def by_itself(name: str) -> Call:
    def call(t: Any) -> Any:
        x = leaf(t)
        y = x * 2
        getattr(y, name)(y)
        y.sum().backward()
        return x.grad

    return call


for _name in ("mul_", "div_", "pow_"):
    ERRORS[f"y.{_name}(y)"] = by_itself(_name)
for _name in ("add_", "sub_"):
    CASES[f"y.{_name}(y)"] = by_itself(_name)


def test_a_tensor_changed_by_itself_makes_no_cycle() -> None:
    gc.disable()
    try:
        y = leaf(minitorch) * 2
        y.mul_(y)
        reference = weakref.ref(y)
        del y
        assert reference() is None
    finally:
        gc.enable()


# --------------------------------------------------------------------------- anomaly mode


def anomaly(t: Any, call: Call) -> Any:
    """The error, and the warnings up to where they name files."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warnings.simplefilter("ignore", RuntimeWarning)  # NumPy's
        try:
            result = call(t)
        except Exception as raised:
            result = type(raised).__name__, first_line(raised)
    return result, [str(w.message).split(" (Triggered")[0].strip() for w in caught]


ANOMALIES: dict[str, Call] = {}


def anomaly_case(function: Call) -> Call:
    ANOMALIES[function.__name__.replace("_", " ")] = function
    return function


@anomaly_case
def nan_in_backward(t: Any) -> Any:
    with t.autograd.detect_anomaly():
        (leaf(t) * 0 - 1).sqrt().sum().backward()


@anomaly_case
def nan_without_a_forward_inside(t: Any) -> Any:
    y = (leaf(t) * 0 - 1).sqrt()
    with t.autograd.detect_anomaly():
        y.sum().backward()


@anomaly_case
def nan_unchecked(t: Any) -> Any:
    x = leaf(t)
    with t.autograd.set_detect_anomaly(True, check_nan=False):
        (x * 0 - 1).sqrt().sum().backward()
    return x.grad.isnan().tolist()


@anomaly_case
def an_error_in_backward(t: Any) -> Any:
    with t.autograd.set_detect_anomaly(True):
        y = leaf(t) * 2
        z = y * y
        y.add_(1)
        z.sum().backward()


@anomaly_case
def an_error_in_a_custom_function(t: Any) -> Any:
    def backward(ctx: Any, g: Any) -> Any:
        raise ValueError("broken")

    f = function(t, lambda ctx, x: x * 2, backward)
    with t.autograd.set_detect_anomaly(True):
        f.apply(leaf(t)).sum().backward()


@anomaly_case
def no_anomaly(t: Any) -> Any:
    with t.autograd.set_detect_anomaly(True):
        x = leaf(t)
        y = x * x
        y[0].mul_(3)
        return [g.tolist() for g in t.autograd.grad(y.sum(), x)]


@anomaly_case
def states(t: Any) -> Any:
    found = [(t.is_anomaly_enabled(), t.is_anomaly_check_nan_enabled())]
    with t.autograd.set_detect_anomaly(True, check_nan=False):
        found.append((t.is_anomaly_enabled(), t.is_anomaly_check_nan_enabled()))
        with t.autograd.set_detect_anomaly(False):
            found.append((t.is_anomaly_enabled(), t.is_anomaly_check_nan_enabled()))
    t.autograd.set_detect_anomaly(True)
    found.append((t.is_anomaly_enabled(), t.is_anomaly_check_nan_enabled()))
    t.autograd.set_detect_anomaly(False)
    return found


@pytest.mark.parametrize("name", list(ANOMALIES))
def test_anomaly_mode(name: str) -> None:
    ours, theirs = (anomaly(t, ANOMALIES[name]) for t in (minitorch, torch))
    assert ours[0] == theirs[0]

    def outline(messages: list[str]) -> list[str]:  # frames of the test runner apart
        return [m.splitlines()[0] for m in messages]

    assert outline(ours[1]) == outline(theirs[1])
    if name == "an error in a custom function":
        return  # there torch's last line is in torch
    for mine, other in zip(ours[1], theirs[1], strict=True):
        assert mine.splitlines()[-1] == other.splitlines()[-1]  # the line of the forward pass


def test_the_traceback_goes_back_through_gradients() -> None:
    x = leaf(minitorch)
    with minitorch.autograd.set_detect_anomaly(True):
        y = (x * 0).pow(1.5)
        (g,) = minitorch.autograd.grad(y.sum(), x, create_graph=True)
        with (
            pytest.warns(UserWarning, match="Error detected in PowBackward0"),
            pytest.warns(UserWarning, match="Previous calculation was induced by PowBackward0"),
            pytest.raises(RuntimeError, match="'PowBackward0' returned nan values in its 0th"),
        ):
            g.sum().backward()


# --------------------------------------------------------------------------- inference mode


def inference(t: Any) -> Any:
    with t.inference_mode():
        return t.ones(2)


@case
def inference_tensors(t: Any) -> Any:
    x = leaf(t)
    with t.inference_mode():
        i = t.ones(2)
        inside = [v.is_inference() for v in (i, i[0], x[0], x * 2, x.detach(), i + 1, i.clone(), x)]
        flags = (x * 2).requires_grad, t.is_grad_enabled(), t.is_inference_mode_enabled()
    outside = [v.is_inference() for v in (i, i[0], i * 2, i.detach(), i.clone())]
    return inside, flags, outside


@case
def inference_tensors_change_inside(t: Any) -> Any:
    i = inference(t)
    with t.inference_mode():
        i.add_(1)
        i[0] = 5
        return i.tolist()


@case
def a_normal_tensor_changes_inside(t: Any) -> Any:
    x = t.ones(2)
    with t.inference_mode():
        x.add_(1)
    return x, x._version, x.is_inference()


@case
def an_inference_tensor_that_is_not_saved(t: Any) -> Any:
    x = leaf(t)
    (x + inference(t)).sum().backward()
    return x.grad


@case
def a_leaf_of_inference_mode(t: Any) -> Any:
    with t.inference_mode():
        p = t.ones(2, requires_grad=True)
        inner = (p * 2).requires_grad
    return p.requires_grad, inner, (p * 2).requires_grad, p.is_inference()


@case
def inference_mode_off_inside(t: Any) -> Any:
    x = leaf(t)
    with t.inference_mode(), t.inference_mode(False):
        y = x * 2
    with t.no_grad(), t.inference_mode(False):
        z = x * 2
    with t.inference_mode(), t.enable_grad():
        w = x * 2
    return y.requires_grad, y.is_inference(), z.requires_grad, w.requires_grad


@case
def inference_mode_decorates(t: Any) -> Any:
    make = t.inference_mode()(lambda: t.ones(2))
    also = t.inference_mode(False)(lambda: t.ones(2))
    return make().is_inference(), also().is_inference()


INFERENCE_ERRORS: dict[str, Callable[[Any, Any], Any]] = {
    "version": lambda t, i: i._version,
    "add_": lambda t, i: i.add_(1),
    "view": lambda t, i: i.view(2, 1).add_(1),
    "copy_": lambda t, i: i.copy_(leaf(t)),
    "zero_": lambda t, i: i.zero_(),
    "fill_": lambda t, i: i.fill_(2),
    "uniform_": lambda t, i: i.uniform_(),
    "setitem": lambda t, i: i.__setitem__(0, 3),
    "transpose": lambda t, i: i.t_(),
    "saved": lambda t, i: i * leaf(t),
    "saved by a custom function": lambda t, i: function(
        t, lambda ctx, x: (ctx.save_for_backward(i), x * 2)[1]
    ).apply(leaf(t)),
    "requires_grad": lambda t, i: i.requires_grad_(),
    "parameter": lambda t, i: t.nn.Parameter(i),
    "backward inside": lambda t, i: t.inference_mode()(lambda: (leaf(t) * 2).sum().backward())(),
}


@pytest.mark.parametrize("name", list(INFERENCE_ERRORS))
def test_inference_tensors_are_refused(name: str) -> None:
    assert_raises_alike(lambda t: INFERENCE_ERRORS[name](t, inference(t)))


def test_a_refused_change_changes_nothing() -> None:
    i = inference(minitorch)
    for change in (lambda: i.add_(1), lambda: i.zero_(), lambda: i.fill_(3), lambda: i.t_()):
        assert isinstance(run(lambda t, change=change: change(), minitorch), RuntimeError)
    assert i.tolist() == [1, 1]
