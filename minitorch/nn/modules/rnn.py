"""Recurrent layers: RNN, LSTM and GRU over sequences, and their cells for one step.

They hold the weights and check the arguments; the operators stand in native/rnn_layers.py, their
loops over time in native/rnn_loops.py.

Mirrors torch/nn/modules/rnn.py. ``flatten_parameters`` does nothing, as in torch on a CPU.
"""

from __future__ import annotations

import math
import numbers
import warnings
from collections.abc import Callable
from typing import Any

from minitorch._tensor import Tensor
from minitorch.dtypes import dtype as DType
from minitorch.native import rnn as native
from minitorch.native import rnn_cells as cells
from minitorch.native.factories import empty, zeros
from minitorch.nn import init
from minitorch.nn.modules.module import Module
from minitorch.nn.packed_sequence import PackedSequence
from minitorch.nn.parameter import Parameter

__all__ = [
    "RNNBase", "RNN", "LSTM", "GRU", "RNNCellBase", "RNNCell", "LSTMCell", "GRUCell",
]  # fmt: skip

_GATES = {"LSTM": 4, "GRU": 3, "RNN_TANH": 1, "RNN_RELU": 1}
_LOOPS: dict[str, Callable[..., Any]] = {
    "LSTM": native.lstm,
    "GRU": native.gru,
    "RNN_TANH": native.rnn_tanh,
    "RNN_RELU": native.rnn_relu,
}
_CELLS = {"tanh": cells.rnn_tanh_cell, "relu": cells.rnn_relu_cell}


def _init_uniform(module: Module, hidden_size: int) -> None:
    """Draw every parameter from U(-√k, √k) with k = 1 / hidden_size, in their order."""
    bound = 1.0 / math.sqrt(hidden_size) if hidden_size > 0 else 0
    for parameter in module.parameters():
        init.uniform_(parameter, -bound, bound)


class RNNBase(Module):
    """What RNN, LSTM and GRU share: the parameters, and the checks of the arguments.

    For layer k there are ``weight_ih_l{k}`` (gates * H, input), ``weight_hh_l{k}`` (gates * H, H),
    ``bias_ih_l{k}`` and ``bias_hh_l{k}`` (gates * H,), and for the backward direction the same with
    the suffix ``_reverse``. With ``proj_size`` P, ``weight_hr_l{k}`` is (P, H), and ``weight_hh``
    (gates * H, P).

    Raises:
        ValueError, TypeError: an argument is out of its range or of a wrong type.
    """

    def __init__(
        self,
        mode: str,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: DType | None = None,
    ) -> None:
        super().__init__()
        _check_dropout(dropout, num_layers)
        _check_sizes(bias, batch_first, input_size, hidden_size, num_layers, proj_size)
        if mode not in _GATES:
            raise ValueError("Unrecognized RNN mode: " + mode)
        self.mode = mode
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bias = bias
        self.batch_first = batch_first
        self.dropout = float(dropout)
        self.bidirectional = bidirectional
        self.proj_size = proj_size
        gates = _GATES[mode] * hidden_size
        directions = 2 if bidirectional else 1
        outputs = proj_size or hidden_size
        self._all_weights: list[list[str]] = []
        for layer in range(num_layers):
            for suffix in ("", "_reverse")[:directions]:
                inputs = input_size if layer == 0 else outputs * directions
                shapes: dict[str, Any] = {"weight_ih": (gates, inputs)}
                shapes["weight_hh"] = (gates, outputs)
                if bias:
                    shapes["bias_ih"] = shapes["bias_hh"] = (gates,)
                if proj_size:
                    shapes["weight_hr"] = (proj_size, hidden_size)
                names = [f"{name}_l{layer}{suffix}" for name in shapes]
                for name, shape in zip(names, shapes.values(), strict=True):
                    setattr(self, name, Parameter(empty(shape, device=device, dtype=dtype)))
                self._all_weights.append(names)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        _init_uniform(self, self.hidden_size)

    @property
    def all_weights(self) -> list[list[Parameter]]:
        """The parameters of each layer and direction."""
        return [[getattr(self, name) for name in names] for names in self._all_weights]

    @property
    def _flat_weights_names(self) -> list[str]:
        return [name for names in self._all_weights for name in names]

    @property
    def _flat_weights(self) -> list[Parameter]:
        return [getattr(self, name) for names in self._all_weights for name in names]

    def flatten_parameters(self) -> None:
        """Nothing: on a GPU torch would move the weights into one block of memory."""

    # ----------------------------------------------------------------- checks

    def check_input(self, input: Tensor, batch_sizes: Tensor | None) -> None:
        dtype = getattr(self, self._all_weights[0][0]).dtype
        if input.dtype != dtype:
            raise ValueError(
                f"RNN input dtype ({input.dtype}) does not match weight dtype ({dtype}). "
                f"Convert input: input.to({dtype}), or convert model: model.to({input.dtype})"
            )
        dims = 3 if batch_sizes is None else 2
        if input.dim() != dims:
            raise RuntimeError(f"input must have {dims} dimensions, got {input.dim()}")
        if self.input_size != input.size(-1):
            raise RuntimeError(
                "input.size(-1) must be equal to input_size. "
                f"Expected {self.input_size}, got {input.size(-1)}"
            )

    def get_expected_hidden_size(
        self, input: Tensor, batch_sizes: Tensor | None
    ) -> tuple[int, int, int]:
        return self._state_size(input, batch_sizes, self.proj_size or self.hidden_size)

    def _state_size(
        self, input: Tensor, batch_sizes: Tensor | None, size: int
    ) -> tuple[int, int, int]:
        if batch_sizes is not None:
            batch = int(batch_sizes[0])
        else:
            batch = input.size(0 if self.batch_first else 1)
        return self.num_layers * (2 if self.bidirectional else 1), batch, size

    def check_hidden_size(
        self,
        hx: Tensor,
        expected_hidden_size: tuple[int, int, int],
        msg: str = "Expected hidden size {}, got {}",
    ) -> None:
        if tuple(hx.size()) != expected_hidden_size:
            raise RuntimeError(msg.format(expected_hidden_size, list(hx.size())))

    def check_forward_args(self, input: Tensor, hidden: Any, batch_sizes: Tensor | None) -> None:
        self.check_input(input, batch_sizes)
        self.check_hidden_size(hidden, self.get_expected_hidden_size(input, batch_sizes))

    def _check_dims(self, input: Tensor, hx: Any) -> None:
        """Both with a batch, or both without."""
        dims = input.dim()
        if dims not in (2, 3):
            end = " tensor instead" if self.mode.startswith("RNN") else " instead"
            raise ValueError(
                f"{self.mode[:4].rstrip('_')}: Expected input to be 2D or 3D, got {dims}D{end}"
            )
        if hx is None:
            return
        kind = "batched" if dims == 3 else "unbatched"
        if self.mode != "LSTM":
            if hx.dim() != dims:
                raise RuntimeError(
                    f"For {kind} {dims}-D input, hx should also be {dims}-D but got {hx.dim()}-D "
                    "tensor"
                )
        elif hx[0].dim() != dims or hx[1].dim() != dims:
            raise RuntimeError(
                f"For {kind} {dims}-D input, hx and cx should also be {dims}-D but got "
                f"({hx[0].dim()}-D, {hx[1].dim()}-D) tensors"
            )

    # ----------------------------------------------------------------- forward

    def permute_hidden(self, hx: Any, permutation: Tensor | None) -> Any:
        """The states of the sequences in another order."""
        if permutation is None:
            return hx
        return _each_state(lambda state: state.index_select(1, permutation), hx)

    def _zero_states(self, input: Tensor, batch_sizes: Tensor | None) -> Any:
        return zeros(self.get_expected_hidden_size(input, batch_sizes), dtype=input.dtype)

    def _forward(self, input: Any, hx: Any) -> tuple[Any, Any]:
        """A batch of sequences, one sequence without a batch, or a packed sequence."""
        if isinstance(input, PackedSequence):
            data, batch_sizes, sorted_indices, unsorted_indices = input
            hx = None if hx is None else self.permute_hidden(hx, sorted_indices)
            output, hidden = self._run(data, hx, batch_sizes)
            packed = PackedSequence(output, batch_sizes, sorted_indices, unsorted_indices)
            return packed, self.permute_hidden(hidden, unsorted_indices)
        self._check_dims(input, hx)
        if input.dim() == 3:
            return self._run(input, hx, None)
        batch_dim = 0 if self.batch_first else 1
        hx = None if hx is None else _each_state(lambda state: state.unsqueeze(1), hx)
        output, hidden = self._run(input.unsqueeze(batch_dim), hx, None)
        return output.squeeze(batch_dim), _each_state(lambda state: state.squeeze(1), hidden)

    def _run(self, input: Tensor, hx: Any, batch_sizes: Tensor | None) -> tuple[Tensor, Any]:
        if hx is None:
            hx = self._zero_states(input, batch_sizes)
        self.check_forward_args(input, hx, batch_sizes)
        settings = (
            self._flat_weights,
            self.bias,
            self.num_layers,
            self.dropout,
            self.training,
            self.bidirectional,
        )
        loop = _LOOPS[self.mode]
        if batch_sizes is None:
            output, *states = loop(input, hx, *settings, self.batch_first)
        else:
            output, *states = loop(input, batch_sizes, hx, *settings)
        return output, tuple(states) if self.mode == "LSTM" else states[0]

    def extra_repr(self) -> str:
        parts = [f"{self.input_size}, {self.hidden_size}"]
        if self.proj_size != 0:
            parts.append(f"proj_size={self.proj_size}")
        if self.num_layers != 1:
            parts.append(f"num_layers={self.num_layers}")
        if self.bias is not True:
            parts.append(f"bias={self.bias}")
        if self.batch_first is not False:
            parts.append(f"batch_first={self.batch_first}")
        if self.dropout != 0:
            parts.append(f"dropout={self.dropout}")
        if self.bidirectional is not False:
            parts.append(f"bidirectional={self.bidirectional}")
        return ", ".join(parts)


def _each_state(fn: Callable[[Tensor], Tensor], hx: Any) -> Any:
    """``fn`` of the hidden state, or of the pair that an LSTM has."""
    return fn(hx) if isinstance(hx, Tensor) else tuple([fn(state) for state in hx])


def _check_dropout(dropout: Any, num_layers: int) -> None:
    is_number = isinstance(dropout, numbers.Number) and not isinstance(dropout, bool)
    if not is_number or not 0 <= dropout <= 1:
        raise ValueError(
            "dropout should be a number in range [0, 1] "
            "representing the probability of an element being zeroed"
        )
    if dropout > 0 and num_layers == 1:
        warnings.warn(
            "dropout option adds dropout after all but last recurrent layer, so non-zero dropout "
            f"expects num_layers greater than 1, but got dropout={dropout} and "
            f"num_layers={num_layers}",
            stacklevel=4,  # the line that makes the layer
        )


def _check_sizes(
    bias: Any, batch_first: Any, input_size: Any, hidden_size: Any, num_layers: int, proj_size: int
) -> None:
    for name, value in (("bias", bias), ("batch_first", batch_first)):
        if not isinstance(value, bool):
            raise TypeError(f"{name} should be of type bool, got: {type(value).__name__}")
    for name, size in (("input_size", input_size), ("hidden_size", hidden_size)):
        if not isinstance(size, int):
            raise TypeError(f"{name} should be of type int, got: {type(size).__name__}")
        if size <= 0:
            raise ValueError(f"{name} must be greater than zero")
    if num_layers <= 0:
        raise ValueError("num_layers must be greater than zero")
    if proj_size < 0:
        raise ValueError("proj_size should be a positive integer or zero to disable projections")
    if proj_size >= hidden_size:
        raise ValueError("proj_size has to be smaller than hidden_size")


def _refuse_proj_size(kwargs: dict[str, Any]) -> None:
    if "proj_size" in kwargs:
        raise ValueError("proj_size argument is only supported for LSTM, not RNN or GRU")


class RNN(RNNBase):
    """h_t = tanh(W_ih x_t + b_ih + W_hh h_(t-1) + b_hh), layer upon layer.

    Args:
        nonlinearity: 'tanh' or 'relu'.
        batch_first: input and output are ``(N, T, ...)``; the hidden state stays as it is.
        dropout: the probability of zeroing an element between two layers.

    Shape:
        input ``(T, N, input_size)``, or ``(T, input_size)`` without a batch, or a PackedSequence;
        h_0 ``(num_layers * directions, N, hidden_size)``, zeros if it is not given; output
        ``(T, N, directions * hidden_size)`` of the last layer, packed if the input is, and the last
        hidden states, like h_0.

    >>> import minitorch
    >>> output, hidden = RNN(10, 20, num_layers=2)(minitorch.randn(5, 3, 10))
    >>> output.shape, hidden.shape
    (torch.Size([5, 3, 20]), torch.Size([2, 3, 20]))
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        _refuse_proj_size(kwargs)
        if len(args) > 3:
            nonlinearity = args[3]
            args = args[:3] + args[4:]
        else:
            nonlinearity = kwargs.pop("nonlinearity", "tanh")
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(
                f"Unknown nonlinearity '{nonlinearity}'. Select from 'tanh' or 'relu'."
            )
        super().__init__(f"RNN_{nonlinearity.upper()}", *args, **kwargs)
        self.nonlinearity = nonlinearity

    def forward(self, input: Any, hx: Tensor | None = None) -> tuple[Any, Tensor]:
        return self._forward(input, hx)


class LSTM(RNNBase):
    """Long short-term memory: gates i, f, g, o; c_t = f c_(t-1) + i g, h_t = o tanh(c_t).

    Arguments and shapes as for ``RNN``. The state is a pair (h, c), as argument and as result.

    Args:
        proj_size: the size P of the hidden states and outputs, h_t = W_hr (o tanh(c_t)), if it is
            not 0; it is less than ``hidden_size``, which stays that of the cell.

    >>> import minitorch
    >>> output, (hidden, cell) = LSTM(10, 20, batch_first=True)(minitorch.randn(3, 5, 10))
    >>> output.shape, hidden.shape, cell.shape
    (torch.Size([3, 5, 20]), torch.Size([1, 3, 20]), torch.Size([1, 3, 20]))
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__("LSTM", *args, **kwargs)

    def forward(
        self, input: Any, hx: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Any, tuple[Tensor, Tensor]]:
        return self._forward(input, hx)

    def get_expected_cell_size(
        self, input: Tensor, batch_sizes: Tensor | None
    ) -> tuple[int, int, int]:
        return self._state_size(input, batch_sizes, self.hidden_size)

    def check_forward_args(self, input: Tensor, hidden: Any, batch_sizes: Tensor | None) -> None:
        self.check_input(input, batch_sizes)
        sizes = (
            self.get_expected_hidden_size(input, batch_sizes),
            self.get_expected_cell_size(input, batch_sizes),
        )
        for index, size in enumerate(sizes):
            message = f"Expected hidden[{index}] size {{}}, got {{}}"
            self.check_hidden_size(hidden[index], size, message)

    def _zero_states(self, input: Tensor, batch_sizes: Tensor | None) -> Any:
        cell = zeros(self.get_expected_cell_size(input, batch_sizes), dtype=input.dtype)
        return super()._zero_states(input, batch_sizes), cell


class GRU(RNNBase):
    """Gated recurrent unit: gates r, z, n; h_t = n + z (h_(t-1) - n).

    The reset gate r multiplies after the product, n = tanh(W_in x + b_in + r (W_hn h + b_hn)), as
    in torch, not before it, as in the paper. Arguments and shapes as for ``RNN``.

    >>> import minitorch
    >>> output, hidden = GRU(10, 20, bidirectional=True)(minitorch.randn(5, 3, 10))
    >>> output.shape, hidden.shape
    (torch.Size([5, 3, 40]), torch.Size([2, 3, 20]))
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        _refuse_proj_size(kwargs)
        super().__init__("GRU", *args, **kwargs)

    def forward(self, input: Any, hx: Tensor | None = None) -> tuple[Any, Tensor]:
        return self._forward(input, hx)


# ------------------------------------------------------------------ cells


class RNNCellBase(Module):
    """What the cells share: ``weight_ih``, ``weight_hh``, ``bias_ih`` and ``bias_hh``."""

    weight_ih: Parameter
    weight_hh: Parameter
    bias_ih: Parameter | None
    bias_hh: Parameter | None

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool,
        num_chunks: int,
        device: Any = None,
        dtype: DType | None = None,
    ) -> None:
        super().__init__()
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.bias = bias
        gates = num_chunks * hidden_size
        self.weight_ih = Parameter(empty((gates, input_size), device=device, dtype=dtype))
        self.weight_hh = Parameter(empty((gates, hidden_size), device=device, dtype=dtype))
        if bias:
            self.bias_ih = Parameter(empty(gates, device=device, dtype=dtype))
            self.bias_hh = Parameter(empty(gates, device=device, dtype=dtype))
        else:
            self.register_parameter("bias_ih", None)
            self.register_parameter("bias_hh", None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        _init_uniform(self, self.hidden_size)

    def _check_dims(self, input: Tensor, states: dict[str, Tensor]) -> None:
        kind = type(self).__name__
        if input.dim() not in (1, 2):
            raise ValueError(f"{kind}: Expected input to be 1D or 2D, got {input.dim()}D instead")
        for name, state in states.items():
            if state.dim() not in (1, 2):
                raise ValueError(
                    f"{kind}: Expected {name} to be 1D or 2D, got {state.dim()}D instead"
                )

    def _zero_state(self, input: Tensor) -> Tensor:
        return zeros(input.size(0), self.hidden_size, dtype=input.dtype)

    def _run(self, cell: Any, input: Tensor, hx: Tensor | None) -> Tensor:
        """One step of a cell whose state is one tensor."""
        self._check_dims(input, {} if hx is None else {"hidden": hx})
        batched = input.dim() == 2
        if not batched:
            input = input.unsqueeze(0)
            hx = None if hx is None else hx.unsqueeze(0)
        if hx is None:
            hx = self._zero_state(input)
        hidden: Tensor = cell(input, hx, self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)
        return hidden if batched else hidden.squeeze(0)

    def extra_repr(self) -> str:
        parts = [f"{self.input_size}, {self.hidden_size}"]
        if self.bias is not True:
            parts.append(f"bias={self.bias}")
        nonlinearity = getattr(self, "nonlinearity", "tanh")
        if nonlinearity != "tanh":
            parts.append(f"nonlinearity={nonlinearity}")
        return ", ".join(parts)


class RNNCell(RNNCellBase):
    """h' = tanh(W_ih x + b_ih + W_hh h + b_hh), or with relu.

    Shape:
        input ``(N, input_size)``, hidden and output ``(N, hidden_size)``; all without N too.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        device: Any = None,
        dtype: DType | None = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 1, device, dtype)
        self.nonlinearity = nonlinearity

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        cell = _CELLS.get(self.nonlinearity)
        if cell is None:
            raise RuntimeError(f"Unknown nonlinearity: {self.nonlinearity}")
        return self._run(cell, input, hx)


class LSTMCell(RNNCellBase):
    """One step of ``LSTM``: (h', c') from an input and (h, c). Shapes as for ``RNNCell``."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        device: Any = None,
        dtype: DType | None = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 4, device, dtype)

    def forward(
        self, input: Tensor, hx: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, Tensor]:
        states = {} if hx is None else {f"hx[{i}]": state for i, state in enumerate(hx)}
        self._check_dims(input, states)
        batched = input.dim() == 2
        if not batched:
            input = input.unsqueeze(0)
            hx = None if hx is None else (hx[0].unsqueeze(0), hx[1].unsqueeze(0))
        if hx is None:
            hx = (self._zero_state(input),) * 2
        hidden, cell = cells.lstm_cell(
            input, hx, self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh
        )
        return (hidden, cell) if batched else (hidden.squeeze(0), cell.squeeze(0))


class GRUCell(RNNCellBase):
    """One step of ``GRU``. Shapes as for ``RNNCell``."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        device: Any = None,
        dtype: DType | None = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 3, device, dtype)

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        return self._run(cells.gru_cell, input, hx)
