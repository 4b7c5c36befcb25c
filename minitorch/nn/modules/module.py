"""``Module``: the base of every layer and model.

What a module is: attributes. Assigning a ``Parameter``, a buffer or another module to an attribute
puts it into a registry of its own, and everything else (what an optimizer trains, what is saved,
what ``eval`` reaches) is a walk over these registries.

Mirrors torch/nn/modules/module.py, whose other three subjects stand in files of their own:
_traversal.py (named_parameters, ...), _state_dict.py (state_dict, load_state_dict) and _hooks.py
(forward and backward hooks). Left out: compilation, DataParallel replicas, devices other than the
CPU, registration hooks, lazy parameters.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, Self

from minitorch import dtypes
from minitorch._tensor import Tensor
from minitorch.autograd.grad_mode import no_grad
from minitorch.autograd.hooks import Hooks
from minitorch.native.factories import empty_like
from minitorch.nn.modules._arguments import not_a_tensor
from minitorch.nn.modules._hooks import (
    CallHooks,
    ModuleHooks,
    register_module_forward_hook,
    register_module_forward_pre_hook,
    register_module_full_backward_hook,
    register_module_full_backward_pre_hook,
)
from minitorch.nn.modules._hooks import in_use as hooks_in_use
from minitorch.nn.modules._state_dict import StateDict
from minitorch.nn.modules._traversal import Traversal
from minitorch.nn.parameter import Buffer, Parameter

__all__ = [
    "Module",
    "register_module_forward_pre_hook",
    "register_module_forward_hook",
    "register_module_full_backward_pre_hook",
    "register_module_full_backward_hook",
]


def _forward_unimplemented(self: Module, *input: Any) -> None:
    raise NotImplementedError(
        f'Module [{type(self).__name__}] is missing the required "forward" function'
    )


class Module(Traversal, StateDict, ModuleHooks):
    """A part of a model: parameters, inner modules, and a ``forward`` that uses them.

    >>> import minitorch
    >>> from minitorch import nn
    >>> class Scale(nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.factor = nn.Parameter(minitorch.tensor(2.0))
    ...
    ...     def forward(self, x):
    ...         return x * self.factor
    >>> Scale()(minitorch.ones(2))
    tensor([2., 2.], grad_fn=<MulBackward0>)

    Attributes:
        training: what ``train()`` and ``eval()`` set; dropout and batch norm look at it.
    """

    training: bool
    call_super_init: bool = False
    """For multiple inheritance: hand the constructor's arguments on to the next class."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if not self.call_super_init:
            name = type(self).__name__
            if kwargs:
                raise TypeError(
                    f"{name}.__init__() got an unexpected keyword argument '{next(iter(kwargs))}'"
                )
            if args:
                raise TypeError(
                    f"{name}.__init__() takes 1 positional argument but {len(args) + 1} were given"
                )
        self.__dict__.update(  # past __setattr__, which needs what is made here
            training=True,
            _parameters={},
            _buffers={},
            _non_persistent_buffers_set=set(),
            _modules={},
            _forward_pre_hooks=CallHooks(),
            _forward_hooks=CallHooks(),
            _backward_pre_hooks=CallHooks(),
            _backward_hooks=CallHooks(),
            _hooks_with_kwargs=set(),
            _hooks_always_called=set(),
            _state_dict_pre_hooks=Hooks(),
            _state_dict_hooks=Hooks(),
            _load_state_dict_pre_hooks=Hooks(),
            _load_state_dict_post_hooks=Hooks(),
        )
        if self.call_super_init:
            super().__init__(*args, **kwargs)

    # ----------------------------------------------------------------- calling

    forward: Callable[..., Any] = _forward_unimplemented

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if hooks_in_use and self._is_hooked():
            return self._call_with_hooks(args, kwargs)
        try:
            return self.forward(*args, **kwargs) if kwargs else self.forward(*args)
        except AttributeError as error:
            refusal = not_a_tensor(error)
            if refusal is None:
                raise
            raise refusal from None

    # ----------------------------------------------------------------- attributes

    def __getattr__(self, name: str) -> Any:
        # Called when the usual places have no such attribute. __dict__ and not self: before
        # __init__ has run, there are no registries.
        own = self.__dict__
        if "_parameters" in own:
            if name in own["_parameters"]:
                return own["_parameters"][name]
            if name in own["_buffers"]:
                return own["_buffers"][name]
            if name in own["_modules"]:
                return own["_modules"][name]
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def __setattr__(self, name: str, value: Any) -> None:
        own = self.__dict__
        if isinstance(value, Parameter):
            self._make_way_for(name, "parameters", "_parameters")
            self.register_parameter(name, value)
        elif name in own.get("_parameters", ()):
            if value is not None:
                raise TypeError(
                    f"cannot assign '{typename(value)}' as parameter '{name}' "
                    "(torch.nn.Parameter or None expected)"
                )
            self.register_parameter(name, None)
        elif isinstance(value, Module):
            self._make_way_for(name, "module", "_modules")
            own["_modules"][name] = value
        elif name in own.get("_modules", ()):
            if value is not None:
                raise TypeError(
                    f"cannot assign '{typename(value)}' as child module '{name}' "
                    "(torch.nn.Module or None expected)"
                )
            own["_modules"][name] = None
        elif isinstance(value, Buffer):
            self.register_buffer(name, value, value.persistent)
        elif name in own.get("_buffers", ()):
            if value is not None and not isinstance(value, Tensor):
                raise TypeError(
                    f"cannot assign '{typename(value)}' as buffer '{name}' "
                    "(torch.nn.Buffer, torch.Tensor or None expected)"
                )
            self.register_buffer(name, value, name not in self._non_persistent_buffers_set)
        else:
            super().__setattr__(name, value)

    def _make_way_for(self, name: str, kind: str, registry: str) -> None:
        """Take ``name`` out of every place but ``registry``, in which it is about to be put."""
        own = self.__dict__
        if registry not in own:
            raise AttributeError(f"cannot assign {kind} before Module.__init__() call")
        for other in own, own["_parameters"], own["_buffers"], own["_modules"]:
            if other is not own[registry]:
                other.pop(name, None)
        own["_non_persistent_buffers_set"].discard(name)

    def __delattr__(self, name: str) -> None:
        for registry in self._parameters, self._buffers, self._modules:
            if name in registry:
                del registry[name]
                self._non_persistent_buffers_set.discard(name)
                return
        super().__delattr__(name)

    def __dir__(self) -> list[str]:
        names = [*dir(type(self)), *self.__dict__]
        names += [*self._parameters, *self._modules, *self._buffers]
        return sorted([name for name in names if not name[0].isdigit()])

    # ----------------------------------------------------------------- registration

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """What assigning a parameter does. None reserves the name: the module has no such one."""
        self._check_name(name, "parameter", "_parameters")
        if param is not None and not isinstance(param, Parameter):
            raise TypeError(
                f"cannot assign '{typename(param)}' object to parameter '{name}' "
                "(torch.nn.Parameter or None required)"
            )
        if param is not None and param.grad_fn is not None:
            raise ValueError(
                f"Cannot assign non-leaf Tensor to parameter '{name}'. Model parameters must be "
                f"created explicitly. To express '{name}' as a function of another Tensor, "
                "compute the value in the forward() method."
            )
        self._parameters[name] = param

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Keep a tensor that is part of the state but not trained.

        Args:
            persistent: whether ``state_dict`` holds it.
        """
        self._check_name(name, "buffer", "_buffers")
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TypeError(
                f"cannot assign '{typename(tensor)}' object to buffer '{name}' "
                "(torch Tensor or None required)"
            )
        self._buffers[name] = tensor
        if persistent:
            self._non_persistent_buffers_set.discard(name)
        else:
            self._non_persistent_buffers_set.add(name)

    def _check_name(self, name: str, kind: str, registry: str) -> None:
        if registry not in self.__dict__:
            raise AttributeError(f"cannot assign {kind} before Module.__init__() call")
        if not isinstance(name, str):
            raise TypeError(f"{kind} name should be a string. Got {typename(name)}")
        if "." in name:
            raise KeyError(f'{kind} name can\'t contain "."')
        if name == "":
            raise KeyError(f'{kind} name can\'t be empty string ""')
        if hasattr(self, name) and name not in self.__dict__[registry]:
            raise KeyError(f"attribute '{name}' already exists")

    def add_module(self, name: str, module: Module | None) -> None:
        """What assigning a module does, for names that are no identifiers (``"0"``)."""
        if not isinstance(module, Module) and module is not None:
            raise TypeError(f"{typename(module)} is not a Module subclass")
        if not isinstance(name, str):
            raise TypeError(f"module name should be a string. Got {typename(name)}")
        if hasattr(self, name) and name not in self._modules:
            raise KeyError(f"attribute '{name}' already exists")
        if "." in name:
            raise KeyError(f'module name can\'t contain ".", got: {name}')
        if name == "":
            raise KeyError('module name can\'t be empty string ""')
        self._modules[name] = module

    def register_module(self, name: str, module: Module | None) -> None:
        """Another name of ``add_module``."""
        self.add_module(name, module)

    # ----------------------------------------------------------------- on the whole tree

    def apply(self, fn: Callable[[Module], None]) -> Self:
        """Call ``fn`` on every module inside, then on this one: to initialise weights, say."""
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    def train(self, mode: bool = True) -> Self:
        """Set ``training`` here and in all modules inside."""
        if not isinstance(mode, bool):
            raise ValueError("training mode is expected to be boolean")
        self.training = mode
        for module in self.children():
            module.train(mode)
        return self

    def eval(self) -> Self:
        """``train(False)``."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Train all parameters, or freeze them."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters, or set them to zero in place."""
        for parameter in self.parameters():
            grad = parameter.grad
            if grad is None:
                continue
            if set_to_none:
                parameter.grad = None
                continue
            if grad.grad_fn is not None:
                grad.detach_()
            else:
                grad.requires_grad_(False)
            grad.zero_()

    # ----------------------------------------------------------------- dtype and device

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:
        """Replace every tensor by ``fn`` of it; parameters stay the objects optimizers know."""
        if recurse:
            for module in self.children():
                module._apply(fn)
        with no_grad():
            for parameter in self._parameters.values():
                if parameter is None:
                    continue
                grad = parameter.grad
                parameter.grad = None  # of the old dtype, it would not fit in between
                parameter.data = fn(parameter)
                if grad is not None:
                    grad.data = fn(grad)
                    parameter.grad = grad
            for name, buffer in self._buffers.items():
                if buffer is not None:
                    self._buffers[name] = fn(buffer)
        return self

    def to(self, *args: Any, **kwargs: Any) -> Self:
        """Change the dtype of floating-point parameters and buffers, and the device of all.

        Takes ``to(device)``, ``to(dtype)``, ``to(device, dtype)`` or ``to(tensor)``. The module
        itself changes, unlike a tensor.
        """
        device, dtype = _parse_to(*args, **kwargs)
        if dtype is not None and not (dtype.is_floating_point or dtype.is_complex):
            raise TypeError(
                "nn.Module.to only accepts floating point or complex dtypes, but got desired "
                f"dtype={dtype}"
            )
        if dtype is not None and dtype.is_complex:
            warnings.warn(
                "Complex modules are a new feature under active development whose design may "
                "change, and some modules might not work as expected when using complex tensors "
                "as parameters or buffers. Please file an issue at "
                "https://github.com/pytorch/pytorch/issues/new?template=bug-report.yml "
                "if a complex module does not work as expected."
            )

        def convert(tensor: Tensor) -> Tensor:
            if device is not None:
                tensor = tensor.to(device)
            if dtype is not None and (tensor.is_floating_point() or tensor.is_complex()):
                tensor = tensor.to(dtype)
            return tensor

        return self._apply(convert)

    def float(self) -> Self:
        """Floating-point parameters and buffers become float32."""
        return self._cast_floating_point(dtypes.float32)

    def double(self) -> Self:
        """Floating-point parameters and buffers become float64."""
        return self._cast_floating_point(dtypes.float64)

    def half(self) -> Self:
        """Floating-point parameters and buffers become float16."""
        return self._cast_floating_point(dtypes.float16)

    def bfloat16(self) -> Self:
        """Floating-point parameters and buffers become bfloat16."""
        return self._cast_floating_point(dtypes.bfloat16)

    def _cast_floating_point(self, dtype: dtypes.dtype) -> Self:
        return self._apply(lambda t: t.to(dtype) if t.is_floating_point() else t)

    def type(self, dst_type: Any) -> Self:
        """Cast all parameters and buffers, integers too."""
        return self._apply(lambda t: t.type(dst_type))

    def cpu(self) -> Self:
        """Move to the CPU."""
        return self._apply(lambda t: t.cpu())

    def cuda(self, device: Any = None) -> Self:
        """Move to the GPU: an error, as there is none, if there is anything to move."""
        return self._apply(lambda t: t.cuda(device))

    def share_memory(self) -> Self:
        """Move to memory that is the same in processes forked from now on, which can then train
        one model together.
        """
        return self._apply(lambda t: t.share_memory_())

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """Accepted, and without effect: calls are as fast as they get."""

    def to_empty(self, *, device: Any, recurse: bool = True) -> Self:
        """Move to ``device`` without the values."""
        return self._apply(lambda t: empty_like(t, device=device), recurse=recurse)

    # ----------------------------------------------------------------- printing

    def _get_name(self) -> str:
        return self.__class__.__name__

    def extra_repr(self) -> str:
        """Override: what stands between the brackets, such as the sizes."""
        return ""

    def __repr__(self) -> str:
        extra = self.extra_repr()
        lines = extra.split("\n") if extra else []
        if self._modules or len(lines) > 1:
            lines += [f"({name}): {_indented(repr(m))}" for name, m in self._modules.items()]
            body = "\n  ".join(lines)
            return f"{self._get_name()}(\n  {body}\n)"
        return f"{self._get_name()}({extra})"

    # ----------------------------------------------------------------- copying

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Unpickle or copy; a layer that changed its attributes overrides this to fill them in."""
        self.__dict__.update(state)


def typename(value: Any) -> str:
    """The name of a function or class, or else of a value's type, in torch's words: ``'int'``,
    ``'torch.FloatTensor'``.
    """
    if isinstance(value, Tensor):
        name: str = value.type()
        return name
    named = value if hasattr(value, "__qualname__") else type(value)
    module = getattr(named, "__module__", None) or ""
    return named.__qualname__ if module in ("", "builtins") else f"{module}.{named.__qualname__}"


def _indented(text: str) -> str:
    """All lines but the first two spaces further in."""
    first, *others = text.split("\n")
    return "\n".join([first] + [f"  {line}" if line.strip() else "" for line in others])


def _parse_to(*args: Any, **kwargs: Any) -> tuple[Any, dtypes.dtype | None]:
    """The device and the dtype among the arguments of ``to``, in whichever form they come."""
    device, dtype = kwargs.get("device"), kwargs.get("dtype")
    for arg in (*args, kwargs.get("tensor")):
        if isinstance(arg, Tensor):
            device, dtype = arg.device, arg.dtype
        elif isinstance(arg, dtypes.dtype):
            dtype = arg
        elif arg is not None and not isinstance(arg, bool):  # a bool is non_blocking
            device = arg
    return device, dtype
