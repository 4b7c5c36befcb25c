"""The Transformer: stacks of encoder and decoder layers, and both together.

Mirrors torch/nn/modules/transformer.py; the layers stand in transformer_layer.py. Left out: nested
tensors. One thing of them can be seen from outside, and is kept: an encoder that torch lets use
them gives zeros where its input is padding.
"""

from __future__ import annotations

import copy
import math
import warnings
from typing import Any

from minitorch._tensor import Tensor
from minitorch.autograd import grad_mode
from minitorch.dtypes import dtype as DType
from minitorch.native.activation import relu
from minitorch.native.activation_smooth import gelu
from minitorch.native.factories import full
from minitorch.native.multi_head_attention import canonical_mask
from minitorch.native.triangular_ops import triu
from minitorch.nn import init
from minitorch.nn.modules.activation import GELU, ReLU
from minitorch.nn.modules.container import ModuleList
from minitorch.nn.modules.module import Module
from minitorch.nn.modules.normalization import LayerNorm
from minitorch.nn.modules.transformer_layer import (
    Activation,
    TransformerDecoderLayer,
    TransformerEncoderLayer,
)

__all__ = [
    "Transformer",
    "TransformerEncoder",
    "TransformerDecoder",
    "TransformerEncoderLayer",
    "TransformerDecoderLayer",
]

# --------------------------------------------------------------------------- stacks


class TransformerEncoder(Module):
    """``num_layers`` copies of an encoder layer in a row; all begin with the same weights.

    Args:
        norm: a layer after the last.
        enable_nested_tensor: see the head of this file.
        mask_check: make sure that all padding is at the end, where alone it may be left out.
    """

    def __init__(
        self,
        encoder_layer: TransformerEncoderLayer,
        num_layers: int,
        norm: Module | None = None,
        enable_nested_tensor: bool = True,
        mask_check: bool = True,
    ) -> None:
        super().__init__()
        self.layers = _get_clones(encoder_layer, num_layers)
        self.num_layers = num_layers
        self.norm = norm
        self.enable_nested_tensor = enable_nested_tensor
        self.use_nested_tensor = enable_nested_tensor
        self.mask_check = mask_check
        reason = _why_no_nested_tensor(encoder_layer)
        if enable_nested_tensor and reason is not None:
            warnings.warn(
                "enable_nested_tensor is True, but self.use_nested_tensor is False because "
                f"{reason}",
                stacklevel=2,
            )
            self.use_nested_tensor = False

    def forward(
        self,
        src: Tensor,
        mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        is_causal: bool | None = None,
    ) -> Tensor:
        """The output of the last layer.

        Args:
            is_causal: a hint that ``mask`` is the causal one; None to find out.
        """
        padding = canonical_mask(src_key_padding_mask, "src_key_padding_mask", src, mask, "mask")
        mask = canonical_mask(mask, "mask", src)
        first: Any = self.layers[0]
        is_causal = _detect_is_causal_mask(mask, is_causal, _length(src, first))
        output = src
        for layer in self.layers:
            output = layer(output, src_mask=mask, is_causal=is_causal, src_key_padding_mask=padding)
        if padding is not None and mask is None and self._leaves_out(padding, src):
            output = output.masked_fill((padding != 0).unsqueeze(-1), 0.0)
        return output if self.norm is None else self.norm(output)

    def _leaves_out(self, padding: Tensor, src: Tensor) -> bool:
        """Whether torch would compute without the padding, and put zeros in its place."""
        first: Any = self.layers[0]
        if not self.use_nested_tensor or first.training or src.dim() != 3:
            return False
        if grad_mode.state.enabled and any(
            tensor.requires_grad for tensor in (src, *first.parameters())
        ):
            return False
        is_padding = (padding != 0)._array
        at_the_end = (is_padding[:, 1:] >= is_padding[:, :-1]).all()
        return bool(at_the_end) or not self.mask_check


class TransformerDecoder(Module):
    """``num_layers`` copies of a decoder layer in a row; all begin with the same weights.

    Args:
        norm: a layer after the last.
    """

    def __init__(
        self, decoder_layer: TransformerDecoderLayer, num_layers: int, norm: Module | None = None
    ) -> None:
        super().__init__()
        self.layers = _get_clones(decoder_layer, num_layers)
        self.num_layers = num_layers
        self.norm = norm

    def forward(
        self,
        tgt: Tensor,
        memory: Tensor,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """The output of the last layer.

        Args:
            tgt_is_causal: a hint that ``tgt_mask`` is the causal one; None to find out.
        """
        tgt_is_causal = _detect_is_causal_mask(
            tgt_mask, tgt_is_causal, _length(tgt, self.layers[0])
        )
        output = tgt
        for layer in self.layers:
            output = layer(
                output,
                memory,
                tgt_mask=tgt_mask,
                memory_mask=memory_mask,
                tgt_key_padding_mask=tgt_key_padding_mask,
                memory_key_padding_mask=memory_key_padding_mask,
                tgt_is_causal=tgt_is_causal,
                memory_is_causal=memory_is_causal,
            )
        return output if self.norm is None else self.norm(output)


# --------------------------------------------------------------------------- the whole


class Transformer(Module):
    """An encoder that reads a source, and a decoder that writes a target while it looks at it.

    Embeddings, positions and the layer that chooses words are left to the caller.

    Args:
        custom_encoder, custom_decoder: take the place of the stacks; the other arguments are those
            of TransformerEncoderLayer.

    Shape:
        src ``(S, N, d_model)``, tgt and output ``(T, N, d_model)``; N first with ``batch_first``,
        no N for one sample.

    >>> import minitorch
    >>> from minitorch import nn
    >>> model = nn.Transformer(16, nhead=4, num_encoder_layers=1, num_decoder_layers=1)
    >>> model(minitorch.rand(10, 32, 16), minitorch.rand(20, 32, 16)).shape
    torch.Size([20, 32, 16])
    """

    def __init__(
        self,
        d_model: int = 512,
        nhead: int = 8,
        num_encoder_layers: int = 6,
        num_decoder_layers: int = 6,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Activation = relu,
        custom_encoder: Any = None,
        custom_decoder: Any = None,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: DType | None = None,
    ) -> None:
        super().__init__()
        made: dict[str, Any] = {"bias": bias, "device": device, "dtype": dtype}
        layer: dict[str, Any] = {
            "dim_feedforward": dim_feedforward,
            "dropout": dropout,
            "activation": activation,
            "layer_norm_eps": layer_norm_eps,
            "batch_first": batch_first,
            "norm_first": norm_first,
            **made,
        }
        if custom_encoder is None:
            encoder_layer = TransformerEncoderLayer(d_model, nhead, **layer)
            norm = LayerNorm(d_model, eps=layer_norm_eps, **made)
            custom_encoder = TransformerEncoder(encoder_layer, num_encoder_layers, norm)
        self.encoder = custom_encoder
        if custom_decoder is None:
            decoder_layer = TransformerDecoderLayer(d_model, nhead, **layer)
            norm = LayerNorm(d_model, eps=layer_norm_eps, **made)
            custom_decoder = TransformerDecoder(decoder_layer, num_decoder_layers, norm)
        self.decoder = custom_decoder
        self._reset_parameters()
        self.d_model = d_model
        self.nhead = nhead
        self.batch_first = batch_first

    def _reset_parameters(self) -> None:
        """Draw all matrices anew."""
        for parameter in self.parameters():
            if parameter.dim() > 1:
                init.xavier_uniform_(parameter)

    def forward(
        self,
        src: Tensor,
        tgt: Tensor,
        src_mask: Tensor | None = None,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        src_is_causal: bool | None = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """The decoder's output.

        Args:
            src_is_causal, tgt_is_causal, memory_is_causal: hints that a mask is the causal one;
                None to find out.
        Raises:
            RuntimeError: src and tgt do not fit together, or not to ``d_model``.
        """
        batch_dim = 0 if self.batch_first else 1
        if src.dim() == 3 and src.shape[batch_dim] != tgt.shape[batch_dim]:
            raise RuntimeError("the batch number of src and tgt must be equal")
        if src.shape[-1] != self.d_model or tgt.shape[-1] != self.d_model:
            raise RuntimeError("the feature number of src and tgt must be equal to d_model")
        memory = self.encoder(
            src, mask=src_mask, src_key_padding_mask=src_key_padding_mask, is_causal=src_is_causal
        )
        return self.decoder(
            tgt,
            memory,
            tgt_mask=tgt_mask,
            memory_mask=memory_mask,
            tgt_key_padding_mask=tgt_key_padding_mask,
            memory_key_padding_mask=memory_key_padding_mask,
            tgt_is_causal=tgt_is_causal,
            memory_is_causal=memory_is_causal,
        )

    @staticmethod
    def generate_square_subsequent_mask(
        sz: int, device: Any = None, dtype: DType | None = None
    ) -> Tensor:
        """The causal mask: -inf above the diagonal, where the future is.

        >>> Transformer.generate_square_subsequent_mask(3)
        tensor([[0., -inf, -inf],
                [0., 0., -inf],
                [0., 0., 0.]])
        """
        return triu(full((sz, sz), -math.inf, device=device, dtype=dtype), diagonal=1)


# --------------------------------------------------------------------------- shared


def _get_clones(module: Module, N: int) -> ModuleList:
    return ModuleList([copy.deepcopy(module) for _ in range(N)])


def _length(sequence: Tensor, layer: Any) -> int:
    batch_first = layer.self_attn.batch_first
    return sequence.shape[1 if batch_first and sequence.dim() == 3 else 0]


def _detect_is_causal_mask(mask: Tensor | None, is_causal: bool | None, size: int) -> bool:
    """Whether ``mask`` is the causal one; a hint, if there is one, is believed."""
    if is_causal is not None or mask is None:
        return is_causal is True
    causal = Transformer.generate_square_subsequent_mask(size, mask.device, mask.dtype)
    return mask.shape == causal.shape and bool((mask == causal).all())


def _why_no_nested_tensor(layer: Any) -> str | None:
    """The first condition of torch that a layer does not meet."""
    name = "encoder_layer"
    if not isinstance(layer, TransformerEncoderLayer):
        return f"{name} was not TransformerEncoderLayer"
    attention = layer.self_attn
    is_known = layer.activation in (relu, gelu) or isinstance(layer.activation, ReLU | GELU)
    conditions = {
        f"{name}.norm_first was True": not layer.norm_first,
        f"{name}.self_attn.batch_first was not True"
        "(use batch_first for better inference performance)": attention.batch_first,
        f"{name}.self_attn._qkv_same_embed_dim was not True": attention._qkv_same_embed_dim,
        f"{name}.self_attn was passed bias=False": attention.in_proj_bias is not None,
        f"{name}.activation_relu_or_gelu was not True": is_known,
        f"{name}.norm1.eps was not equal to {name}.norm2.eps": layer.norm1.eps == layer.norm2.eps,
        f"{name}.self_attn.num_heads is odd": attention.num_heads % 2 == 0,
    }
    return next((reason for reason, is_met in conditions.items() if not is_met), None)
