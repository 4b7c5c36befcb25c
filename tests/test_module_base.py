"""``nn.Module`` itself: attributes, names, state, hooks, printing, containers.

Most tests run one function in both libraries and compare what it returns, or the error it raises,
to the letter. The functions take the library as ``torch``, and return plain values.
"""

from __future__ import annotations

import copy
import pickle
import sys
import warnings
from collections import OrderedDict, namedtuple
from collections.abc import Callable
from typing import Any

import pytest
import torch

import minitorch
from minitorch.nn.modules import _hooks

Case = Callable[[Any], Any]
CASES: dict[str, Case] = {}
ERRORS: dict[str, Case] = {}


def case(function: Case) -> Case:
    """A function whose result must be the same in both libraries."""
    CASES[function.__name__] = function
    return function


def outcome(function: Case, library: Any) -> Any:
    """What a function returns, or which error it raises, and what it warns of."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        library.manual_seed(0)
        try:
            result = function(library)
        except Exception as error:
            result = (type(error).__name__, str(error))
    texts = [str(warning.message) for warning in caught]
    return repr((result, texts)).replace("minitorch", "torch")


def nested(torch: Any) -> Any:
    """A model with everything in it: shared modules and parameters, buffers of both kinds."""
    nn = torch.nn
    model = nn.Module()
    model.encoder = nn.Sequential(nn.Linear(3, 2), nn.ReLU(), nn.BatchNorm1d(2))
    model.decoder = nn.ModuleList([nn.Linear(2, 2, bias=False), nn.Linear(2, 2, bias=False)])
    model.again = model.encoder[0]
    model.nothing = None
    model.scale = nn.Parameter(torch.ones(2))
    model.same_scale = model.scale
    model.register_parameter("absent", None)
    model.register_buffer("table", torch.zeros(2))
    model.register_buffer("scratch", torch.zeros(2), persistent=False)
    model.register_buffer("no_buffer", None)
    model.register_module("no_module", None)
    return model


# --------------------------------------------------------------------------- walking


@case
def names(torch: Any) -> Any:
    model = nested(torch)
    return {
        "parameters": [n for n, _ in model.named_parameters()],
        "own": [n for n, _ in model.named_parameters(recurse=False)],
        "all": [n for n, _ in model.named_parameters(remove_duplicate=False)],
        "prefix": [n for n, _ in model.named_parameters(prefix="model")],
        "buffers": [n for n, _ in model.named_buffers()],
        "own buffers": [n for n, _ in model.named_buffers(recurse=False)],
        "modules": [n for n, _ in model.named_modules()],
        "all modules": [n for n, _ in model.named_modules(remove_duplicate=False)],
        "prefix modules": [n for n, _ in model.named_modules(prefix="m")],
        "children": [n for n, _ in model.named_children()],
        "counts": [
            len(list(f())) for f in (model.parameters, model.buffers, model.modules, model.children)
        ],
    }


@case
def state(torch: Any) -> Any:
    model = nested(torch)
    full = model.state_dict()
    kept = model.state_dict(keep_vars=True)
    return {
        "keys": list(full),
        "metadata": full._metadata,
        "type": type(full).__name__,
        "prefix": list(model.state_dict(prefix="a.b.")),
        "detached": [full["scale"].requires_grad, kept["scale"].requires_grad],
        "is": kept["scale"] is model.scale,
        "shares memory": full["scale"].data_ptr() == model.scale.data_ptr(),
    }


@case
def paths(torch: Any) -> Any:
    model = nested(torch)
    new = torch.nn.Linear(1, 1)
    model.set_submodule("decoder.1", new)
    return [
        model.get_submodule("") is model,
        model.get_submodule("encoder.0") is model.encoder[0],
        model.get_parameter("encoder.0.weight") is model.encoder[0].weight,
        model.get_buffer("encoder.2.running_mean") is model.encoder[2].running_mean,
        model.decoder[1] is new,
    ]


@case
def directory(torch: Any) -> Any:
    listed = dir(nested(torch))
    wanted = "encoder", "decoder", "scale", "table", "absent", "forward", "training", "nothing"
    return [name in listed for name in wanted], "0" in dir(nested(torch).encoder)


@case
def printed(torch: Any) -> Any:
    nn = torch.nn

    class Noted(nn.Module):
        def extra_repr(self) -> str:
            return "first line\nsecond line"

    class Both(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = Noted()

        def extra_repr(self) -> str:
            return "one=1"

    empty = nn.Sequential()
    lists = nn.ModuleList([nn.Linear(2, 2), nn.Linear(2, 2), nn.ReLU(), nn.Sequential(nn.Tanh())])
    named = nn.ModuleDict({"a": nn.ReLU(), "b": nested(torch)})
    plain = nn.ParameterList([torch.zeros(2, 3), 5])
    table = nn.ParameterDict({"x": torch.zeros(2, 3), "y": "text"})
    return [repr(m) for m in (nested(torch), Noted(), Both(), empty, lists, named, plain, table)]


# --------------------------------------------------------------------------- attributes


@case
def attribute_registries(torch: Any) -> Any:
    nn = torch.nn
    m = nn.Module()

    def where(name: str) -> list[bool]:
        places = (m.__dict__, m._parameters, m._buffers, m._modules, m._non_persistent_buffers_set)
        return [name in place for place in places]

    seen = []
    m.x = 5
    seen.append(where("x"))
    m.x = nn.Parameter(torch.zeros(1))
    seen.append(where("x"))
    m.x = None
    seen.append((where("x"), m.x))
    del m.x
    m.x = nn.Linear(1, 1)
    seen.append(where("x"))
    m.x = nn.Parameter(torch.zeros(1))
    seen.append(where("x"))
    del m.x
    m.register_buffer("x", torch.zeros(1), persistent=False)
    seen.append(where("x"))
    m.x = torch.ones(1)
    seen.append((where("x"), m.x.item()))
    m.x = nn.ReLU()
    seen.append(where("x"))
    m.x = None
    seen.append((where("x"), m.x))
    del m.x
    m.y = torch.zeros(1)
    seen.append(where("y"))
    m.z = nn.Buffer(torch.zeros(1), persistent=False)
    seen.append((where("z"), isinstance(m.z, nn.Buffer), type(m.z).__name__, m.z.requires_grad))
    m.w = nn.Buffer(torch.zeros(1))
    seen.append((where("w"), list(m.state_dict())))
    return seen


@case
def parameter(torch: Any) -> Any:
    data = torch.arange(3.0)
    p = torch.nn.Parameter(data)
    frozen = torch.nn.Parameter(data, requires_grad=False)
    twin = copy.deepcopy(p)
    pickled = pickle.loads(pickle.dumps(frozen))
    with torch.no_grad():
        p.add_(1)
    return {
        "repr": [repr(p), repr(frozen), repr(torch.nn.Parameter())],
        "leaf": [p.is_leaf, p.requires_grad, frozen.requires_grad],
        "shared": [data.tolist(), data._version, p._version],
        "copies": [
            type(twin).__name__,
            twin.tolist(),
            type(pickled).__name__,
            pickled.requires_grad,
        ],
        "results": [type(p * 2).__name__, type(p.detach()).__name__, type(p.data).__name__],
        "instances": [isinstance(p, torch.nn.Parameter), isinstance(data, torch.nn.Parameter)],
    }


@case
def deepcopy_keeps_sharing(torch: Any) -> Any:
    model = nested(torch)
    twin = copy.deepcopy(model)
    return [
        twin.scale is twin.same_scale,
        twin.again is twin.encoder[0],
        twin.scale is model.scale,
        [n for n, _ in twin.named_parameters()],
    ]


@case
def multiple_inheritance(torch: Any) -> Any:
    class Named:
        def __init__(self, name: str) -> None:
            self.name = name

    class Layer(torch.nn.Module, Named):
        call_super_init = True

        def __init__(self, name: str) -> None:
            super().__init__(name)

    return Layer("a").name


# --------------------------------------------------------------------------- on the whole tree


@case
def apply_train_freeze(torch: Any) -> Any:
    model = nested(torch)
    seen: list[str] = []
    result = model.apply(lambda m: seen.append(type(m).__name__))
    model.eval()
    modes = [m.training for m in model.modules()]
    model.encoder.train()
    modes += [m.training for m in model.modules()]
    model.requires_grad_(False)
    return seen, result is model, modes, [p.requires_grad for p in model.parameters()]


@case
def conversions(torch: Any) -> Any:
    model = nested(torch)
    model.scale.grad = torch.ones(2)
    scale, grad = model.scale, model.scale.grad
    seen = []
    for convert in (
        lambda m: m.double(),
        lambda m: m.to(torch.float16),
        lambda m: m.to("cpu", torch.float32),
        lambda m: m.to(torch.zeros(1, dtype=torch.float64)),
        lambda m: m.to(dtype=torch.float32),
        lambda m: m.to(device="cpu"),
        lambda m: m.half(),
        lambda m: m.cpu().float(),
        lambda m: m.type(torch.float64),
    ):
        assert convert(model) is model
        seen.append([str(v.dtype) for v in model.state_dict().values()])
        seen.append([model.scale is scale, str(scale.grad.dtype), scale.grad is grad])
    return seen


@case
def zero_grad(torch: Any) -> Any:
    model = torch.nn.Linear(2, 1)
    model(torch.ones(1, 2)).sum().backward()
    grad = model.weight.grad
    model.zero_grad(set_to_none=False)
    seen = [model.weight.grad is grad, grad.tolist()]
    model.zero_grad()
    return seen, model.weight.grad


# --------------------------------------------------------------------------- loading


@case
def loading(torch: Any) -> Any:
    model, other = torch.nn.Linear(2, 2), torch.nn.Linear(2, 2)
    weight = model.weight
    result = model.load_state_dict(other.state_dict())
    same = (model.weight == other.weight).all().item()
    partial = {"weight": torch.zeros(2, 2), "surplus": torch.zeros(1)}
    loose = model.load_state_dict(partial, strict=False)
    seen = [repr(result), same, model.weight is weight, repr(loose), model.weight.sum().item()]
    state = other.state_dict()
    model.load_state_dict(state, assign=True)
    seen += [model.weight.data_ptr() == state["weight"].data_ptr(), model.weight.requires_grad]
    return seen, isinstance(model.weight, torch.nn.Parameter), list(loose.missing_keys)


@case
def loading_what_does_not_fit(torch: Any) -> Any:
    model = nested(torch)
    state = nested(torch).state_dict()
    del state["scale"], state["encoder.0.weight"]
    state["encoder.7.weight"] = torch.zeros(1)
    state["encoder.0.surplus"] = torch.zeros(1)
    state["surplus"] = torch.zeros(1)
    state["decoder.0.weight"] = torch.zeros(3, 2)
    state["table"] = 5
    model.load_state_dict(state)


@case
def loading_scalars_of_old(torch: Any) -> Any:
    module = torch.nn.Module()
    module.register_buffer("count", torch.tensor(0.0))
    module.load_state_dict({"count": torch.tensor([3.0])})
    return module.count.shape == (), module.count.item()


@case
def extra_state(torch: Any) -> Any:
    class Counting(torch.nn.Module):
        count = 3

        def get_extra_state(self) -> Any:
            return {"count": self.count}

        def set_extra_state(self, state: Any) -> None:
            self.count = state["count"]

    module = torch.nn.Sequential(Counting())
    state = module.state_dict()
    state["0._extra_state"]["count"] = 8
    loaded = module.load_state_dict(state)
    missing = module.load_state_dict({}, strict=False)
    surplus = torch.nn.Sequential(torch.nn.ReLU()).load_state_dict(state, strict=False)
    return list(state), repr(loaded), module[0].count, repr(missing), repr(surplus)


@case
def state_hooks(torch: Any) -> Any:
    calls: list[Any] = []
    model = torch.nn.Sequential(torch.nn.Linear(1, 1, bias=False))
    layer = model[0]
    layer.register_state_dict_pre_hook(lambda m, prefix, keep: calls.append(("pre", prefix, keep)))
    layer.register_state_dict_post_hook(lambda m, s, prefix, meta: calls.append((list(s), meta)))
    handle = layer._register_state_dict_hook(lambda m, s, p, meta: s.update(extra=s[p + "weight"]))
    state = model.state_dict()
    handle.remove()
    clean = model.state_dict()

    def rename(module: Any, state: Any, prefix: str, *rest: Any) -> None:
        calls.append((type(module).__name__, prefix))
        if prefix + "old" in state:
            state[prefix + "weight"] = state.pop(prefix + "old")

    layer.register_load_state_dict_pre_hook(rename)
    layer.register_load_state_dict_post_hook(lambda m, keys: keys.missing_keys.clear())
    results = [repr(model.load_state_dict({"0.old": torch.zeros(1, 1)}, strict=False))]
    results.append(repr(model.load_state_dict({})))
    twin = copy.deepcopy(model)
    twin.load_state_dict({"0.weight": torch.ones(1, 1)})
    return list(state), list(clean), calls, results, model[0].weight.item(), twin[0].weight.item()


@case
def prefix_taken_off(torch: Any) -> Any:
    state = torch.nn.Sequential(torch.nn.Linear(1, 1)).state_dict(prefix="module.")
    from_utils = sys.modules[f"{torch.__name__}.nn.modules.utils"]
    from_utils.consume_prefix_in_state_dict_if_present(state, "module.")
    return list(state), sorted(state._metadata)


# --------------------------------------------------------------------------- hooks


@case
def forward_hooks(torch: Any) -> Any:
    calls: list[Any] = []
    layer = torch.nn.Identity()
    layer.forward = lambda x, factor=1: x * factor

    def pre(module: Any, args: Any) -> Any:
        calls.append("pre")
        return args[0] + 1

    def pre_with_kwargs(module: Any, args: Any, kwargs: Any) -> Any:
        calls.append("pre kwargs")
        return (args[0] * 10,), {**kwargs, "factor": 3}

    def post(module: Any, args: Any, output: Any) -> Any:
        calls.append(("post", args[0].item(), output.item()))
        return output + 100

    def post_with_kwargs(module: Any, args: Any, kwargs: Any, output: Any) -> None:
        calls.append(("post kwargs", kwargs, output.item()))

    handles = [
        layer.register_forward_pre_hook(pre),
        layer.register_forward_pre_hook(pre_with_kwargs, with_kwargs=True),
        layer.register_forward_pre_hook(lambda m, a: calls.append("first"), prepend=True),
        layer.register_forward_hook(post),
        layer.register_forward_hook(post_with_kwargs, with_kwargs=True, prepend=True),
    ]
    results = [layer(torch.tensor(1.0), factor=2).item()]
    handles[3].remove()
    with handles[0]:
        results.append(layer(torch.tensor(1.0)).item())
    results.append(layer(torch.tensor(1.0)).item())
    return results, calls


@case
def hooks_after_an_error(torch: Any) -> Any:
    calls: list[Any] = []

    class Broken(torch.nn.Module):
        def forward(self, x: Any) -> Any:
            raise ValueError("in forward")

    layer = Broken()
    layer.register_forward_hook(lambda m, a, o: calls.append(("always", o)), always_call=True)
    layer.register_forward_hook(lambda m, a, o: calls.append("only after success"))

    def fails(module: Any, args: Any, output: Any) -> None:
        raise TypeError("in the hook")

    layer.register_forward_hook(fails, always_call=True)
    try:
        layer(1)
    except ValueError as error:
        return calls, str(error)


@case
def backward_hook_of_the_older_kind(torch: Any) -> Any:
    calls: list[Any] = []
    model = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.ReLU())
    handle = model.register_backward_hook(
        lambda m, inputs, outputs: calls.append((type(m).__name__, _values(inputs + outputs)))
    )
    layer = torch.nn.Linear(2, 2)
    layer.register_full_backward_hook(lambda *args: None)
    for register in (
        lambda: layer.register_backward_hook(lambda *args: None),
        lambda: model.register_full_backward_hook(lambda *args: None),
    ):
        try:
            register()
        except RuntimeError as error:
            calls.append(str(error))
    model(torch.zeros(1, 2)).sum().backward()
    handle.remove()
    model(torch.zeros(1, 2)).sum().backward()
    return calls


@case
def container_of_old(torch: Any) -> Any:
    container = torch.nn.Container(a=torch.nn.ReLU(), b=torch.nn.Linear(1, 2))
    return repr(container), list(container.state_dict())


@case
def compiling_in_place(torch: Any) -> Any:
    model = torch.nn.Linear(2, 2)
    return model.compile(backend="eager"), repr(model)


@case
def hooks_on_every_module(torch: Any) -> Any:
    calls: list[Any] = []
    module = sys.modules[f"{torch.__name__}.nn.modules.module"]
    model = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Tanh())
    note = lambda what: lambda m, *rest: calls.append((what, type(m).__name__))  # noqa: E731
    handles = [
        module.register_module_forward_pre_hook(note("pre")),
        module.register_module_forward_hook(note("post")),
        module.register_module_full_backward_pre_hook(note("backward pre")),
        module.register_module_full_backward_hook(note("backward")),
    ]
    x = torch.ones(1, 2, requires_grad=True)
    model(x).sum().backward()
    for handle in handles:
        handle.remove()
    if module.__name__ == "torch.nn.modules.module":
        module._global_is_full_backward_hook = None  # torch keeps it set
    model(x)
    return calls


def _values(grads: Any) -> Any:
    return tuple(None if g is None else g.tolist() for g in grads)


@case
def full_backward_hooks(torch: Any) -> Any:
    calls: list[Any] = []
    layer = torch.nn.Linear(2, 1, bias=False)
    with torch.no_grad():
        layer.weight.fill_(2.0)

    def pre(module: Any, grad_output: Any) -> Any:
        calls.append(("pre", _values(grad_output)))
        return (grad_output[0] * 10,)

    def post(module: Any, grad_input: Any, grad_output: Any) -> Any:
        calls.append(("post", _values(grad_input), _values(grad_output)))
        return (grad_input[0] + 1,)

    layer.register_full_backward_pre_hook(pre)
    handle = layer.register_full_backward_hook(post)
    layer.register_full_backward_hook(lambda m, i, o: calls.append("first"), prepend=True)
    x = torch.ones(3, 2, requires_grad=True)
    y = layer(x)
    y.sum().backward()
    results = [x.grad.tolist(), layer.weight.grad.tolist(), y.grad_fn.name()]
    handle.remove()
    x.grad = None
    layer(x).sum().backward()
    return results, x.grad.tolist(), calls


@case
def backward_hooks_of_several_inputs(torch: Any) -> Any:
    calls: list[Any] = []

    class Both(torch.nn.Module):
        def forward(self, a: Any, text: str, b: Any, c: Any) -> Any:
            return a * b * c, "text", a + b

    layer = Both()
    layer.register_full_backward_hook(lambda m, i, o: calls.append((_values(i), _values(o))))
    a, b = (torch.tensor(x, requires_grad=True) for x in (2.0, 3.0))
    product, _, total = layer(a, "x", b, torch.tensor(5.0))
    product.backward(retain_graph=True)
    (product + 7 * total).backward()
    return calls, a.grad.item(), b.grad.item()


@case
def backward_hook_without_gradients_of_inputs(torch: Any) -> Any:
    calls: list[Any] = []
    layer = torch.nn.Linear(1, 1)
    layer.register_full_backward_hook(lambda m, i, o: calls.append((_values(i), _values(o))))
    layer(torch.ones(1, 1)).sum().backward()
    return calls, layer.bias.grad.tolist()


@case
def backward_hook_and_named_tuples(torch: Any) -> Any:
    Result = namedtuple("Result", "first second")

    class Named(torch.nn.Module):
        def forward(self, x: Any) -> Any:
            return Result(x * 2, x * 3)

    layer = Named()
    layer.register_full_backward_hook(lambda m, i, o: None)
    result = layer(torch.ones(1, requires_grad=True))
    return type(result).__name__, result.second.tolist()


@case
def backward_hook_and_other_outputs(torch: Any) -> Any:
    class Listing(torch.nn.Module):
        def forward(self, x: Any) -> Any:
            return [x * 2]

    layer = Listing()
    layer.register_full_backward_hook(lambda m, i, o: None)
    return layer(torch.ones(1, requires_grad=True))[0].tolist()


@case
def backward_hook_under_create_graph(torch: Any) -> Any:
    layer = torch.nn.Tanh()
    layer.register_full_backward_hook(lambda m, i, o: (i[0] * 2,))
    x = torch.tensor(0.5, requires_grad=True)
    (g,) = torch.autograd.grad(layer(x), x, create_graph=True)
    (h,) = torch.autograd.grad(g, x)
    return round(g.item(), 5), round(h.item(), 5)


# --------------------------------------------------------------------------- containers


@case
def sequential(torch: Any) -> Any:
    nn = torch.nn
    s = nn.Sequential(nn.ReLU(), nn.Tanh(), nn.Sigmoid())
    seen = [repr(s), repr(s[1]), repr(s[-1]), repr(s[1:]), len(s)]
    s[1] = nn.Identity()
    s.append(nn.ReLU()).insert(0, nn.Tanh()).insert(-1, nn.Identity())
    s.extend([nn.Sigmoid()])
    seen.append(repr(s))
    del s[0]
    del s[1:3]
    seen += [repr(s), repr(s.pop(0)), repr(s)]
    total = s + nn.Sequential(nn.Tanh())
    s += nn.Sequential(nn.Identity())
    seen += [repr(total), repr(s), repr(s * 2), repr(2 * s)]
    s *= 2
    named = nn.Sequential(OrderedDict([("a", nn.ReLU()), ("b", nn.Linear(1, 2))]))
    return [*seen, repr(s), repr(named), list(named.state_dict()), repr(named[:1]), s[0] is s[4]]


@case
def module_list(torch: Any) -> Any:
    nn = torch.nn
    m = nn.ModuleList([nn.ReLU()])
    m.append(nn.Tanh()).extend([nn.Sigmoid(), nn.ReLU()])
    m.insert(1, nn.Identity())
    seen = [repr(m), repr(m[1:3]), repr(m[-1]), len(m), [type(x).__name__ for x in m]]
    m[0] = nn.Tanh()
    del m[1]
    del m[-1]
    m += [nn.ReLU()]
    return [*seen, repr(m), repr(m + [nn.ReLU()]), repr(m.pop(0)), repr(m), repr(nn.ModuleList())]


@case
def module_dict(torch: Any) -> Any:
    nn = torch.nn
    m = nn.ModuleDict({"a": nn.ReLU()})
    m["b"] = nn.Tanh()
    m.update([("c", nn.Sigmoid()), ("a", nn.Identity())])
    seen = [repr(m), list(m), list(m.keys()), len(m), "b" in m, repr(m["a"]), repr(m.pop("b"))]
    del m["a"]
    seen += [repr(list(m.items())), repr(list(m.values()))]
    m.clear()
    return [*seen, repr(m)]


@case
def parameter_list(torch: Any) -> Any:
    p = torch.nn.ParameterList([torch.zeros(1), torch.nn.Parameter(torch.ones(2))])
    p.append(torch.zeros(3)).extend([4])
    p += [torch.zeros(5)]
    p[0] = torch.full((1,), 7.0)
    return (
        repr(p),
        len(p),
        [n for n, _ in p.named_parameters()],
        repr(p[1:3]),
        p[3],
        p[-5].item(),
        list(p.state_dict()),
    )


@case
def parameter_dict(torch: Any) -> Any:
    p = torch.nn.ParameterDict({"b": torch.zeros(1), "a": torch.zeros(2)})
    p["c"] = torch.zeros(3)
    p.update({"e": 1, "d": 2})
    seen = [repr(p), list(p), len(p), "a" in p, p.get("x", 9), p.setdefault("f", 3), p.pop("e")]
    seen += [p.popitem(), list(reversed(p)), [n for n, _ in p.named_parameters()]]
    other = torch.nn.ParameterDict([("a", 5), ("z", 6)])
    seen += [repr(p | other), repr(p.fromkeys(["k"], 1)), repr(p.copy())]
    p |= other
    p.clear()
    return [*seen, repr(p)]


# --------------------------------------------------------------------------- utils


@case
def clipping(torch: Any) -> Any:
    nn = torch.nn
    seen = []
    for norm_type in 2.0, 1, float("inf"), 3:
        model = nn.Linear(3, 2)
        for p in model.parameters():
            p.grad = torch.arange(float(p.numel())).reshape(p.shape) - 2
        norm = nn.utils.clip_grad_norm_(model.parameters(), 1.5, norm_type=norm_type)
        seen += [round(norm.item(), 4), [round(x, 4) for x in model.weight.grad.flatten().tolist()]]
    nn.utils.clip_grad_value_(model.parameters(), 0.3)
    seen += [round(x, 4) for x in model.weight.grad.flatten().tolist()]
    frozen = nn.Linear(1, 1)
    seen += [
        nn.utils.clip_grad_norm_(frozen.weight, 1.0),
        nn.utils.clip_grad_norm_((p for p in ()), 1.0),
    ]
    return seen, nn.utils.get_total_norm([torch.ones(4)]).item()


@case
def vectors(torch: Any) -> Any:
    model = torch.nn.Linear(2, 2)
    vector = torch.nn.utils.parameters_to_vector(model.parameters())
    torch.nn.utils.vector_to_parameters(torch.arange(6.0), model.parameters())
    return tuple(vector.shape), model.weight.tolist(), model.bias.tolist(), vector.requires_grad


# --------------------------------------------------------------------------- errors


def _uninitialised(torch: Any, value: Any) -> Any:
    class Hasty(torch.nn.Module):
        def __init__(self) -> None:
            self.attribute = value

    return Hasty()


class _Thing:
    pass


ERRORS.update(
    {
        "no forward": lambda t: t.nn.Module()(1),
        "no attribute": lambda t: t.nn.Linear(1, 1).nothing,
        "no attribute before init": lambda t: t.nn.Module.__new__(t.nn.Module).nothing,
        "delete nothing": lambda t: t.nn.Linear(1, 1).__delattr__("nothing"),
        "init argument": lambda t: t.nn.Module(1),
        "init keyword": lambda t: t.nn.Module(size=1),
        "parameter before init": lambda t: _uninitialised(t, t.nn.Parameter(t.zeros(1))),
        "module before init": lambda t: _uninitialised(t, t.nn.ReLU()),
        "int as parameter": lambda t: setattr(t.nn.Linear(1, 1), "weight", 3),
        "tensor as parameter": lambda t: setattr(t.nn.Linear(1, 1), "weight", t.zeros(1, 1)),
        "object as parameter": lambda t: setattr(t.nn.Linear(1, 1), "weight", _Thing()),
        "int as module": lambda t: setattr(t.nn.Sequential(t.nn.ReLU()), "0", 3),
        "int as buffer": lambda t: setattr(t.nn.BatchNorm1d(1), "running_mean", 3),
        "register int": lambda t: t.nn.Module().register_parameter("x", 3),
        "register non-leaf": lambda t: t.nn.Module().register_parameter("x", _non_leaf(t)),
        "parameter name dot": lambda t: t.nn.Module().register_parameter("a.b", None),
        "parameter name empty": lambda t: t.nn.Module().register_parameter("", None),
        "parameter name int": lambda t: t.nn.Module().register_parameter(3, None),
        "parameter name taken": lambda t: t.nn.Module().register_parameter("forward", None),
        "buffer name dot": lambda t: t.nn.Module().register_buffer("a.b", None),
        "buffer name empty": lambda t: t.nn.Module().register_buffer("", None),
        "buffer name taken": lambda t: t.nn.Linear(1, 1).register_buffer("weight", None),
        "buffer int": lambda t: t.nn.Module().register_buffer("x", 3),
        "add int": lambda t: t.nn.Module().add_module("x", 3),
        "module name dot": lambda t: t.nn.Module().add_module("a.b", t.nn.ReLU()),
        "module name empty": lambda t: t.nn.Module().add_module("", t.nn.ReLU()),
        "module name int": lambda t: t.nn.Module().add_module(3, t.nn.ReLU()),
        "module name taken": lambda t: t.nn.Module().add_module("training", t.nn.ReLU()),
        "submodule": lambda t: nested(t).get_submodule("encoder.9"),
        "submodule is no module": lambda t: nested(t).get_submodule("scale"),
        "set nothing": lambda t: nested(t).set_submodule("", t.nn.ReLU()),
        "set int": lambda t: nested(t).set_submodule("encoder.0", 3),
        "set strictly": lambda t: nested(t).set_submodule("new", t.nn.ReLU(), strict=True),
        "set over parameter": lambda t: nested(t).set_submodule("scale", t.nn.ReLU()),
        "get parameter": lambda t: nested(t).get_parameter("encoder.0.x"),
        "get parameter is buffer": lambda t: nested(t).get_parameter("table"),
        "get buffer": lambda t: nested(t).get_buffer("x"),
        "get buffer is parameter": lambda t: nested(t).get_buffer("scale"),
        "to int": lambda t: t.nn.Linear(1, 1).to(t.int64),
        "train int": lambda t: t.nn.Linear(1, 1).train(1),
        "load list": lambda t: t.nn.Linear(1, 1).load_state_dict([1]),
        "load nothing": lambda t: t.nn.Linear(1, 1).load_state_dict({}),
        "load more": lambda t: t.nn.ReLU().load_state_dict({"a": t.zeros(1), "b": t.zeros(1)}),
        "load shape": lambda t: t.nn.Linear(1, 1).load_state_dict(t.nn.Linear(2, 3).state_dict()),
        "load int": lambda t: t.nn.PReLU().load_state_dict({"weight": 3}),
        "post hook returns": lambda t: _hooked(t, lambda m, s, p, meta: s).state_dict(),
        "pre hook returns": lambda t: _kwargs_hook_returning_a_number(t)(t.zeros(1)),
        "backward hook returns too many": lambda t: _backward_hook(t, lambda m, i, o: (i[0], i[0])),
        "backward pre-hook returns too many": lambda t: _backward_pre_hook(t),
        "sequential index": lambda t: t.nn.Sequential(t.nn.ReLU())[3],
        "sequential insert": lambda t: t.nn.Sequential(t.nn.ReLU()).insert(5, t.nn.ReLU()),
        "sequential add": lambda t: t.nn.Sequential(t.nn.ReLU()) + 3,
        "sequential times": lambda t: t.nn.Sequential(t.nn.ReLU()) * 0,
        "sequential of ints": lambda t: t.nn.Sequential(3),
        "list index": lambda t: t.nn.ModuleList([t.nn.ReLU()])[3],
        "list extend": lambda t: t.nn.ModuleList().extend(3),
        "list called": lambda t: t.nn.ModuleList()(3),
        "dict update": lambda t: t.nn.ModuleDict().update(3),
        "dict pairs": lambda t: t.nn.ModuleDict().update([(1, 2, 3)]),
        "dict no pairs": lambda t: t.nn.ModuleDict().update([1]),
        "dict key": lambda t: t.nn.ModuleDict()["a"],
        "parameter list extend": lambda t: t.nn.ParameterList().extend(t.zeros(2)),
        "parameter list called": lambda t: t.nn.ParameterList()(),
        "parameter dict key": lambda t: t.nn.ParameterDict()[3],
        "parameter dict called": lambda t: t.nn.ParameterDict()(3),
        "clip nonfinite": lambda t: _clip_nan(t),
        "vector": lambda t: t.nn.utils.vector_to_parameters([1], []),
    }
)


def _non_leaf(torch: Any) -> Any:
    """A Parameter with a history: a frozen one, changed in place by something that is not."""
    frozen = torch.nn.Parameter(torch.zeros(1), requires_grad=False)
    frozen.mul_(torch.ones(1, requires_grad=True))
    return frozen


def _hooked(torch: Any, hook: Any) -> Any:
    layer = torch.nn.Linear(1, 1)
    layer.register_state_dict_post_hook(hook)
    return layer


def _kwargs_hook_returning_a_number(torch: Any) -> Any:
    layer = torch.nn.Identity()
    layer.register_forward_pre_hook(lambda m, args, kwargs: 3, with_kwargs=True)
    return layer


def _backward_hook(torch: Any, hook: Any) -> None:
    layer = torch.nn.Tanh()
    layer.register_full_backward_hook(hook)
    layer(torch.ones(1, requires_grad=True)).backward()


def _backward_pre_hook(torch: Any) -> None:
    layer = torch.nn.Tanh()
    layer.register_full_backward_pre_hook(lambda m, o: (o[0], o[0]))
    layer(torch.ones(1, requires_grad=True)).backward()


def _clip_nan(torch: Any) -> None:
    parameter = torch.nn.Parameter(torch.zeros(1))
    parameter.grad = torch.tensor([float("nan")])
    torch.nn.utils.clip_grad_norm_([parameter], 1.0, error_if_nonfinite=True)


# --------------------------------------------------------------------------- the tests


@pytest.mark.parametrize("name", CASES)
def test_same_result(name: str) -> None:
    assert outcome(CASES[name], minitorch) == outcome(CASES[name], torch)


@pytest.mark.parametrize("name", ERRORS)
def test_same_error(name: str) -> None:
    def must_fail(library: Any) -> None:
        ERRORS[name](library)
        raise AssertionError("no error")

    ours = outcome(must_fail, minitorch)
    assert "no error" not in ours
    assert ours == outcome(must_fail, torch)


def note_call(module: Any, args: Any, output: Any) -> Any:
    return output + 1


@pytest.mark.parametrize(
    "again", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))], ids=["copy", "unpickle"]
)
def test_hooks_are_noticed_where_no_other_was_registered(again: Callable[[Any], Any]) -> None:
    layer = minitorch.nn.Identity()
    layer.register_forward_hook(note_call)
    before, _hooks.in_use[:] = list(_hooks.in_use), []
    try:
        assert again(layer)(minitorch.zeros(1)).item() == 1
    finally:
        _hooks.in_use[:] = before
