"""Shapes, views, copies, conversions and factories at their edges: results, strides and refusals as torch's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import minitorch
from tests.parity import assert_raises_alike, assert_same


def x(t: Any) -> Any:
    return t.arange(24.0).reshape(2, 3, 4)


def y(t: Any) -> Any:
    return t.arange(4.0)


CALLS: dict[str, Callable[[Any], Any]] = {
    "x.unfold(1,5,1)": lambda t: x(t).unfold(1, 5, 1),
    "x.unfold(1,-1,1)": lambda t: x(t).unfold(1, -1, 1),
    "x.unfold(1,1,0)": lambda t: x(t).unfold(1, 1, 0),
    "tensor(2.).unfold(0,1,1).shape": lambda t: t.tensor(2.0).unfold(0, 1, 1).shape,
    "tensor(2.).unfold(0,0,1).shape": lambda t: t.tensor(2.0).unfold(0, 0, 1).shape,
    "x.unfold(5,1,1)": lambda t: x(t).unfold(5, 1, 1),
    "tensor_split(x,0)": lambda t: t.tensor_split(x(t), 0),
    "tensor_split(tensor(1.),2)": lambda t: t.tensor_split(t.tensor(1.0), 2),
    "tensor_split(x,tensor([1.]))": lambda t: t.tensor_split(x(t), t.tensor([1.0])),
    "tensor_split(x,tensor([[1]]))": lambda t: t.tensor_split(x(t), t.tensor([[1]])),
    "[p.shape for p in tensor_split(x,tensor([1,2]),2)]": lambda t: (
        [p.shape for p in t.tensor_split(x(t), t.tensor([1, 2]), 2)]
    ),
    "[p.shape for p in tensor_split(x,(1,-1,9),2)]": lambda t: (
        [p.shape for p in t.tensor_split(x(t), (1, -1, 9), 2)]
    ),
    "hsplit(x,2)": lambda t: t.hsplit(x(t), 2),
    "hsplit(x,0)": lambda t: t.hsplit(x(t), 0),
    "hsplit(tensor(1.),2)": lambda t: t.hsplit(t.tensor(1.0), 2),
    "vsplit(x[0,0],2)": lambda t: t.vsplit(x(t)[0, 0], 2),
    "dsplit(x[0],2)": lambda t: t.dsplit(x(t)[0], 2),
    "dsplit(x,3)": lambda t: t.dsplit(x(t), 3),
    "vsplit(x,4)": lambda t: t.vsplit(x(t), 4),
    "rot90(x[0,0])": lambda t: t.rot90(x(t)[0, 0]),
    "rot90(x,1,(0,0))": lambda t: t.rot90(x(t), 1, (0, 0)),
    "rot90(x,1,(0,))": lambda t: t.rot90(x(t), 1, (0,)),
    "rot90(x,1,(0,1,2))": lambda t: t.rot90(x(t), 1, (0, 1, 2)),
    "rot90(x,1,(0,4))": lambda t: t.rot90(x(t), 1, (0, 4)),
    "roll(x,(),())": lambda t: t.roll(x(t), (), ()),
    "roll(x,(1,2))": lambda t: t.roll(x(t), (1, 2)),
    "roll(x,(1,2),(1,))": lambda t: t.roll(x(t), (1, 2), (1,)),
    "fliplr(x[0,0])": lambda t: t.fliplr(x(t)[0, 0]),
    "flipud(tensor(1.))": lambda t: t.flipud(t.tensor(1.0)),
    "repeat_interleave(x,-1)": lambda t: t.repeat_interleave(x(t), -1),
    "repeat_interleave(x,tensor([1.,2.]),0)": lambda t: t.repeat_interleave(
        x(t), t.tensor([1.0, 2.0]), 0
    ),
    "repeat_interleave(x,tensor([1,2,3]),0)": lambda t: t.repeat_interleave(
        x(t), t.tensor([1, 2, 3]), 0
    ),
    "repeat_interleave(x,tensor([[1,2]]),0)": lambda t: t.repeat_interleave(
        x(t), t.tensor([[1, 2]]), 0
    ),
    "repeat_interleave(x,tensor([1,-2]),0)": lambda t: t.repeat_interleave(
        x(t), t.tensor([1, -2]), 0
    ),
    "repeat_interleave(tensor([1,2]))": lambda t: t.repeat_interleave(t.tensor([1, 2])),
    "repeat_interleave(tensor([1,2]),output_size=4)": lambda t: t.repeat_interleave(
        t.tensor([1, 2]), output_size=4
    ),
    "repeat_interleave(x,tensor([1,2]),0,output_size=4)": lambda t: t.repeat_interleave(
        x(t), t.tensor([1, 2]), 0, output_size=4
    ),
    "repeat_interleave(x,tensor(2),0).shape": lambda t: (
        t.repeat_interleave(x(t), t.tensor(2), 0).shape
    ),
    "repeat_interleave(x,[1,2],0).shape": lambda t: t.repeat_interleave(x(t), [1, 2], 0).shape,
    "column_stack([])": lambda t: t.column_stack([]),
    "hstack([])": lambda t: t.hstack([]),
    "vstack(())": lambda t: t.vstack(()),
    "dstack([])": lambda t: t.dstack([]),
    "stack([])": lambda t: t.stack([]),
    "cat([])": lambda t: t.cat([]),
    "cat(x)": lambda t: t.cat(x(t)),
    "cat([x,1])": lambda t: t.cat([x(t), 1]),
    "stack([x,x[0]])": lambda t: t.stack([x(t), x(t)[0]]),
    "atleast_1d()": lambda t: t.atleast_1d(),
    "atleast_1d(x[0,0],x[0])": lambda t: t.atleast_1d(x(t)[0, 0], x(t)[0]),
    "atleast_1d([tensor(1)])": lambda t: t.atleast_1d([t.tensor(1)]),
    "block_diag()": lambda t: t.block_diag(),
    "block_diag(x)": lambda t: t.block_diag(x(t)),
    "block_diag(tensor(1),tensor([1.,2]))": lambda t: t.block_diag(t.tensor(1), t.tensor([1.0, 2])),
    "block_diag(zeros(0))": lambda t: t.block_diag(t.zeros(0)),
    "cartesian_prod()": lambda t: t.cartesian_prod(),
    "cartesian_prod(x)": lambda t: t.cartesian_prod(x(t)),
    "cartesian_prod(tensor([1,2]),tensor([1.]))": lambda t: t.cartesian_prod(
        t.tensor([1, 2]), t.tensor([1.0])
    ),
    "cartesian_prod(tensor([]),tensor([1.]))": lambda t: t.cartesian_prod(
        t.tensor([]), t.tensor([1.0])
    ),
    "combinations(x)": lambda t: t.combinations(x(t)),
    "combinations(x[0,0],-1)": lambda t: t.combinations(x(t)[0, 0], -1),
    "combinations(x[0,0],0)": lambda t: t.combinations(x(t)[0, 0], 0),
    "combinations(x[0,0],5)": lambda t: t.combinations(x(t)[0, 0], 5),
    "combinations(x[0,0],1)": lambda t: t.combinations(x(t)[0, 0], 1),
    "combinations(x[0,0,:2],2,True)": lambda t: t.combinations(x(t)[0, 0, :2], 2, True),
    "meshgrid(tensor(1.),x[0,0])": lambda t: t.meshgrid(t.tensor(1.0), x(t)[0, 0]),
    "meshgrid(x[0,0],x[0,0].int())": lambda t: t.meshgrid(x(t)[0, 0], x(t)[0, 0].int()),
    "meshgrid(x[0,0],x[0,0],indexing='zz')": lambda t: t.meshgrid(
        x(t)[0, 0], x(t)[0, 0], indexing="zz"
    ),
    "meshgrid()": lambda t: t.meshgrid(),
    "tril_indices(2,3)": lambda t: t.tril_indices(2, 3),
    "tril_indices(2,3,dtype=int32)": lambda t: t.tril_indices(2, 3, dtype=t.int32),
    "tril_indices(-1,3)": lambda t: t.tril_indices(-1, 3),
    "tril_indices(2,3,-5)": lambda t: t.tril_indices(2, 3, -5),
    "tril_indices(2,3,dtype=float32)": lambda t: t.tril_indices(2, 3, dtype=t.float32),
    "triu_indices(3,3,1)": lambda t: t.triu_indices(3, 3, 1),
    "select(x,0,7)": lambda t: t.select(x(t), 0, 7),
    "select(x,0,-3)": lambda t: t.select(x(t), 0, -3),
    "narrow(x,0,tensor(1),1).shape": lambda t: t.narrow(x(t), 0, t.tensor(1), 1).shape,
    "narrow(x,0,tensor(1.),1).shape": lambda t: t.narrow(x(t), 0, t.tensor(1.0), 1).shape,
    "narrow(tensor(1.),0,0,1)": lambda t: t.narrow(t.tensor(1.0), 0, 0, 1),
    "narrow(x,0,3,1)": lambda t: t.narrow(x(t), 0, 3, 1),
    "narrow(x,0,1,3)": lambda t: t.narrow(x(t), 0, 1, 3),
    "narrow(x,0,1,-1)": lambda t: t.narrow(x(t), 0, 1, -1),
    "select_scatter(x,x[0],0,3)": lambda t: t.select_scatter(x(t), x(t)[0], 0, 3),
    "select_scatter(x,x[0,0],0,1)": lambda t: t.select_scatter(x(t), x(t)[0, 0], 0, 1),
    "select_scatter(x,x[0].int(),0,1).dtype": lambda t: (
        t.select_scatter(x(t), x(t)[0].int(), 0, 1).dtype
    ),
    "slice_scatter(x,x,0,0,1)": lambda t: t.slice_scatter(x(t), x(t), 0, 0, 1),
    "slice_scatter(x,x[:1],0,0,-1).shape": lambda t: (
        t.slice_scatter(x(t), x(t)[:1], 0, 0, -1).shape
    ),
    "slice_scatter(x,x[:1],0,step=0)": lambda t: t.slice_scatter(x(t), x(t)[:1], 0, step=0),
    "diagonal_scatter(x,x[0])": lambda t: t.diagonal_scatter(x(t), x(t)[0]),
    "as_strided_scatter(x,x[0],(2,),(1,))": lambda t: t.as_strided_scatter(
        x(t), x(t)[0], (2,), (1,)
    ),
    "movedim(x,(0,1),(0,))": lambda t: t.movedim(x(t), (0, 1), (0,)),
    "movedim(x,(0,0),(0,1))": lambda t: t.movedim(x(t), (0, 0), (0, 1)),
    "movedim(x,(0,1),(1,1))": lambda t: t.movedim(x(t), (0, 1), (1, 1)),
    "movedim(tensor(1.),0,0)": lambda t: t.movedim(t.tensor(1.0), 0, 0),
    "unflatten(x,0,(3,))": lambda t: t.unflatten(x(t), 0, (3,)),
    "unflatten(x,0,())": lambda t: t.unflatten(x(t), 0, ()),
    "unflatten(x,2,(-1,2)).shape": lambda t: t.unflatten(x(t), 2, (-1, 2)).shape,
    "unflatten(x,2,(-1,-1)).shape": lambda t: t.unflatten(x(t), 2, (-1, -1)).shape,
    "flatten(x,2,1)": lambda t: t.flatten(x(t), 2, 1),
    "x.expand(2,2,2)": lambda t: x(t).expand(2, 2, 2),
    "x.expand(2,2,3,4).stride()": lambda t: x(t).expand(2, 2, 3, 4).stride(),
    "x.expand(-1,2,3,4)": lambda t: x(t).expand(-1, 2, 3, 4),
    "x.expand(2,-2,3,4)": lambda t: x(t).expand(2, -2, 3, 4),
    "x.permute(0,1)": lambda t: x(t).permute(0, 1),
    "x.permute(0,1,1)": lambda t: x(t).permute(0, 1, 1),
    "x.mH": lambda t: x(t).mH,
    "x[0,0].mT": lambda t: x(t)[0, 0].mT,
    "x[0,0].H": lambda t: x(t)[0, 0].H,
    "x.H": lambda t: x(t).H,
    "x.T": lambda t: x(t).T,
    "diff(tensor(1.))": lambda t: t.diff(t.tensor(1.0)),
    "diff(x,0)": lambda t: t.diff(x(t), 0),
    "diff(x,-1)": lambda t: t.diff(x(t), -1),
    "diff(x,9)": lambda t: t.diff(x(t), 9),
    "diff(x>3)": lambda t: t.diff(x(t) > 3),
    "diff(x,prepend=zeros(1))": lambda t: t.diff(x(t), prepend=t.zeros(1)),
    "vander(x)": lambda t: t.vander(x(t)),
    "vander(tensor([1,2]),N=-1)": lambda t: t.vander(t.tensor([1, 2]), N=-1),
    "vander(tensor([1,2]),N=0)": lambda t: t.vander(t.tensor([1, 2]), N=0),
    "vander(tensor([1,2]),N=3,increasing=True)": lambda t: t.vander(
        t.tensor([1, 2]), N=3, increasing=True
    ),
    "unravel_index(tensor([5]),(2,2))": lambda t: t.unravel_index(t.tensor([5]), (2, 2)),
    "unravel_index(tensor([-5]),(2,2))": lambda t: t.unravel_index(t.tensor([-5]), (2, 2)),
    "unravel_index(tensor([5.]),(2,2))": lambda t: t.unravel_index(t.tensor([5.0]), (2, 2)),
    "broadcast_shapes((2,3),(3,1))": lambda t: t.broadcast_shapes((2, 3), (3, 1)),
    "broadcast_shapes((2,3),3,())": lambda t: t.broadcast_shapes((2, 3), 3, ()),
    "broadcast_shapes((2,),(-1,))": lambda t: t.broadcast_shapes((2,), (-1,)),
    "broadcast_shapes((2,3),(2,1,4))": lambda t: t.broadcast_shapes((2, 3), (2, 1, 4)),
    "broadcast_shapes()": lambda t: t.broadcast_shapes(),
    "block_diag(1,2)": lambda t: t.block_diag(1, 2),
    "empty_permuted((2,3,4),(0,2,1)).stride()": lambda t: t.empty_permuted(
        (2, 3, 4), (0, 2, 1)
    ).stride(),
    "empty_permuted((2,3,4),(0,2))": lambda t: t.empty_permuted((2, 3, 4), (0, 2)),
    "empty_permuted((2,3,4),(0,2,2))": lambda t: t.empty_permuted((2, 3, 4), (0, 2, 2)),
    "empty_strided((2,3),(1,2)).stride()": lambda t: t.empty_strided((2, 3), (1, 2)).stride(),
    "empty_strided((2,3),(-1,2)).stride()": lambda t: t.empty_strided((2, 3), (-1, 2)).stride(),
    "logspace(0,3,4)": lambda t: t.logspace(0, 3, 4),
    "logspace(0,3,4,base=2,dtype=int64)": lambda t: t.logspace(0, 3, 4, base=2, dtype=t.int64),
    "logspace(0,3,-1)": lambda t: t.logspace(0, 3, -1),
    "logspace(0,3)": lambda t: t.logspace(0, 3),
    "linspace(0,3)": lambda t: t.linspace(0, 3),
    "linspace(0,1j,3)": lambda t: t.linspace(0, 1j, 3),
    "linspace(tensor(0.),tensor([3.]),4)": lambda t: t.linspace(t.tensor(0.0), t.tensor([3.0]), 4),
    "arange(0,3,0)": lambda t: t.arange(0, 3, 0),
    "arange(5,0)": lambda t: t.arange(5, 0),
    "arange(1,2.5,0.5)": lambda t: t.arange(1, 2.5, 0.5),
    "arange(0,5,dtype=bool)": lambda t: t.arange(0, 5, dtype=t.bool),
    "arange(3,dtype=float16)": lambda t: t.arange(3, dtype=t.float16),
    "arange(0,5,2,dtype=uint8)": lambda t: t.arange(0, 5, 2, dtype=t.uint8),
    "arange(True)": lambda t: t.arange(True),
    "full((2,),True)": lambda t: t.full((2,), True),
    "full((2,),1j)": lambda t: t.full((2,), 1j),
    "full((2,),tensor([1]))": lambda t: t.full((2,), t.tensor([1])),
    "full((2,),tensor(1))": lambda t: t.full((2,), t.tensor(1)),
    "full((-2,),1)": lambda t: t.full((-2,), 1),
    "eye(2,-1)": lambda t: t.eye(2, -1),
    "eye(2,dtype=bool)": lambda t: t.eye(2, dtype=t.bool),
    "scalar_tensor(2)": lambda t: t.scalar_tensor(2),
    "scalar_tensor(2j)": lambda t: t.scalar_tensor(2j),
    "asarray([1,2],dtype=float32)": lambda t: t.asarray([1, 2], dtype=t.float32),
    "asarray([1,2],copy=False)": lambda t: t.asarray([1, 2], copy=False),
    "asarray(x,dtype=float64,copy=False)": lambda t: t.asarray(x(t), dtype=t.float64, copy=False),
    "frombuffer(bytearray(b'12345678'),dtype=int32)": lambda t: t.frombuffer(
        bytearray(b"12345678"), dtype=t.int32
    ),
    "frombuffer(bytearray(b'12345678'),dtype=int32,offset=4)": lambda t: t.frombuffer(
        bytearray(b"12345678"), dtype=t.int32, offset=4
    ),
    "frombuffer(bytearray(b'12345678'),dtype=int32,offset=3)": lambda t: t.frombuffer(
        bytearray(b"12345678"), dtype=t.int32, offset=3
    ),
    "frombuffer(bytearray(b'12345678'),dtype=int32,count=3)": lambda t: t.frombuffer(
        bytearray(b"12345678"), dtype=t.int32, count=3
    ),
    "frombuffer(bytearray(b''),dtype=int32)": lambda t: t.frombuffer(bytearray(b""), dtype=t.int32),
    "frombuffer(bytearray(b'1234'),dtype=int32,offset=4)": lambda t: t.frombuffer(
        bytearray(b"1234"), dtype=t.int32, offset=4
    ),
    "fill(x,x)": lambda t: t.fill(x(t), x(t)),
    "fill(x,1j)": lambda t: t.fill(x(t), 1j),
    "x.to(channels_last)": lambda t: x(t).to(t.channels_last),
    "zeros(1,2,3,4).to(memory_format=channels_last).stride()": lambda t: (
        t.zeros(1, 2, 3, 4).to(memory_format=t.channels_last).stride()
    ),
    "zeros(1,2,3,4).contiguous(memory_format=channels_last).stride()": lambda t: (
        t.zeros(1, 2, 3, 4).contiguous(memory_format=t.channels_last).stride()
    ),
    "zeros(1,2,3,4).clone(memory_format=channels_last).stride()": lambda t: (
        t.zeros(1, 2, 3, 4).clone(memory_format=t.channels_last).stride()
    ),
    "zeros(1,2,3).clone(memory_format=channels_last).stride()": lambda t: (
        t.zeros(1, 2, 3).clone(memory_format=t.channels_last).stride()
    ),
    "empty(2,3,4,5,memory_format=channels_last).stride()": lambda t: t.empty(
        2, 3, 4, 5, memory_format=t.channels_last
    ).stride(),
    "empty_like(zeros(2,3,4,5),memory_format=channels_last).stride()": lambda t: t.empty_like(
        t.zeros(2, 3, 4, 5), memory_format=t.channels_last
    ).stride(),
    "zeros(2,3,4,5,memory_format=channels_last)": lambda t: t.zeros(
        2, 3, 4, 5, memory_format=t.channels_last
    ),
    "zeros(2,3,4,5).contiguous(memory_format=preserve_format)": lambda t: t.zeros(
        2, 3, 4, 5
    ).contiguous(memory_format=t.preserve_format),
    "x.is_contiguous(memory_format=channels_last)": lambda t: x(t).is_contiguous(
        memory_format=t.channels_last
    ),
    "x.is_contiguous(memory_format=preserve_format)": lambda t: x(t).is_contiguous(
        memory_format=t.preserve_format
    ),
    "x.to(float64,float32)": lambda t: x(t).to(t.float64, t.float32),
    "x.to(x.double(),copy=True).dtype": lambda t: x(t).to(x(t).double(), copy=True).dtype,
    "x.to('cpu',float64,True,True).dtype": lambda t: x(t).to("cpu", t.float64, True, True).dtype,
    "x.to()": lambda t: x(t).to(),
    "channels_last, preserve_format, strided, contiguous_format, channels_last_3d": lambda t: (
        t.channels_last,
        t.preserve_format,
        t.strided,
        t.contiguous_format,
        t.channels_last_3d,
    ),
    "x.layout": lambda t: x(t).layout,
    "x.new(2).shape": lambda t: x(t).new(2).shape,
    "x.new([1,2])": lambda t: x(t).new([1, 2]),
    "x.new().shape": lambda t: x(t).new().shape,
    "x.new(x).shape": lambda t: x(t).new(x(t)).shape,
    "is_nonzero(tensor([]))": lambda t: t.is_nonzero(t.tensor([])),
    "is_nonzero(tensor([1,2]))": lambda t: t.is_nonzero(t.tensor([1, 2])),
    "is_storage(x.storage())": lambda t: t.is_storage(x(t).storage()),
    "numel(3)": lambda t: t.numel(3),
    "result_type(x,1j)": lambda t: t.result_type(x(t), 1j),
    "can_cast(double,int)": lambda t: t.can_cast(t.double, t.int),
    "promote_types(int8,uint8)": lambda t: t.promote_types(t.int8, t.uint8),
    "x.size(3)": lambda t: x(t).size(3),
    "x.stride(-1)": lambda t: x(t).stride(-1),
    "x.resize_(2,2).shape": lambda t: x(t).resize_(2, 2).shape,
    "zeros(2).resize_(-1)": lambda t: t.zeros(2).resize_(-1),
    "zeros(2).resize_as_(zeros(3,2)).shape": lambda t: t.zeros(2).resize_as_(t.zeros(3, 2)).shape,
    "zeros(2).set_(x).shape": lambda t: t.zeros(2).set_(x(t)).shape,
    "zeros(2).set_(x.int())": lambda t: t.zeros(2).set_(x(t).int()),
    "zeros(2).set_().shape": lambda t: t.zeros(2).set_().shape,
    "zeros(2).set_(x.storage(),1,(2,),(1,))": lambda t: t.zeros(2).set_(
        x(t).storage(), 1, (2,), (1,)
    ),
    "zeros(2).set_(x.untyped_storage(),1,(2,2),(2,1))": lambda t: t.zeros(2).set_(
        x(t).untyped_storage(), 1, (2, 2), (2, 1)
    ),
    "x.item()": lambda t: x(t).item(),
    "x.sum_to_size(3)": lambda t: x(t).sum_to_size(3),
    "x.sum_to_size(4,1)": lambda t: x(t).sum_to_size(4, 1),
    "x.view_as(x[0])": lambda t: x(t).view_as(x(t)[0]),
    "view_copy(x,int32).dtype": lambda t: t.view_copy(x(t), t.int32).dtype,
    "view_copy(x,dtype=int32).dtype": lambda t: t.view_copy(x(t), dtype=t.int32).dtype,
    "squeeze_copy(x,0).shape": lambda t: t.squeeze_copy(x(t), 0).shape,
    "split_copy(x,1)[0].shape": lambda t: t.split_copy(x(t), 1)[0].shape,
    "chunk(x,0)": lambda t: t.chunk(x(t), 0),
    "split(x,-1)": lambda t: t.split(x(t), -1),
    "split(x,[1,2],1)[1].shape": lambda t: t.split(x(t), [1, 2], 1)[1].shape,
    "split(x,[-1,4],1)": lambda t: t.split(x(t), [-1, 4], 1),
    "split_with_sizes(x,[1,1],1)": lambda t: t.split_with_sizes(x(t), [1, 1], 1),
    "split(x,1.5)": lambda t: t.split(x(t), 1.5),
    "unbind(tensor(1.))": lambda t: t.unbind(t.tensor(1.0)),
    "unsafe_split(x,0)": lambda t: t.unsafe_split(x(t), 0),
    "squeeze(x,(0,0))": lambda t: t.squeeze(x(t), (0, 0)),
    "squeeze(x,5)": lambda t: t.squeeze(x(t), 5),
    "unsqueeze(x,5)": lambda t: t.unsqueeze(x(t), 5),
    "as_strided(x,(2,),(1,2))": lambda t: t.as_strided(x(t), (2,), (1, 2)),
    "as_strided(x,(2,),(-1,))": lambda t: t.as_strided(x(t), (2,), (-1,)),
    "as_strided(x,(200,),(1,))": lambda t: t.as_strided(x(t), (200,), (1,)),
    "as_strided(x,(-2,),(1,))": lambda t: t.as_strided(x(t), (-2,), (1,)),
    "binomial(tensor([5.,6.]),tensor([.5,.5])).shape": lambda t: (
        t.binomial(t.tensor([5.0, 6.0]), t.tensor([0.5, 0.5])).shape
    ),
    "tile(x,())": lambda t: t.tile(x(t), ()),
    "x.repeat(1)": lambda t: x(t).repeat(1),
    "x.repeat(1,1,-1)": lambda t: x(t).repeat(1, 1, -1),
    "x.repeat(0,1,1).shape": lambda t: x(t).repeat(0, 1, 1).shape,
    "flip(x,())": lambda t: t.flip(x(t), ()),
    "flip(x,(0,0))": lambda t: t.flip(x(t), (0, 0)),
    "tensor(1.).view(float64)": lambda t: t.tensor(1.0).view(t.float64),
    "tensor(1.).view(uint8)": lambda t: t.tensor(1.0).view(t.uint8),
    "x[:,:,1:].view(float64)": lambda t: x(t)[:, :, 1:].view(t.float64),
    "x.permute(2,1,0).view(float64)": lambda t: x(t).permute(2, 1, 0).view(t.float64),
    "x.view(float64).shape": lambda t: x(t).view(t.float64).shape,
    "x.view(uint8).shape": lambda t: x(t).view(t.uint8).shape,
    "x.permute(2,1,0).view(uint8)": lambda t: x(t).permute(2, 1, 0).view(t.uint8),
    "x[:,:,1:].view(uint8).stride()": lambda t: x(t)[:, :, 1:].view(t.uint8).stride(),
    "x[:,:,:3].view(float64)": lambda t: x(t)[:, :, :3].view(t.float64),
    "x.requires_grad_().view(int32).requires_grad": lambda t: (
        x(t).requires_grad_().view(t.int32).requires_grad
    ),
    "x.view(dtype=float64).shape": lambda t: x(t).view(dtype=t.float64).shape,
    "x.view(size=(4,6)).shape": lambda t: x(t).view(size=(4, 6)).shape,
    "x.reshape(shape=(4,6)).shape": lambda t: x(t).reshape(shape=(4, 6)).shape,
    "x.expand(size=(2,3,4)).shape": lambda t: x(t).expand(size=(2, 3, 4)).shape,
    "x.permute(dims=(2,1,0)).shape": lambda t: x(t).permute(dims=(2, 1, 0)).shape,
    "x.repeat(repeats=(1,1,1)).shape": lambda t: x(t).repeat(repeats=(1, 1, 1)).shape,
    "x.tile(dims=(1,1,1)).shape": lambda t: x(t).tile(dims=(1, 1, 1)).shape,
    "x.flip(dims=(1,)).shape": lambda t: x(t).flip(dims=(1,)).shape,
    "permute(x,dims=(2,1,0)).shape": lambda t: t.permute(x(t), dims=(2, 1, 0)).shape,
    "broadcast_tensors()": lambda t: t.broadcast_tensors(),
    "squeeze(x,()).shape": lambda t: t.squeeze(x(t), ()).shape,
    "squeeze(tensor(1.),0).shape": lambda t: t.squeeze(t.tensor(1.0), 0).shape,
    "squeeze(tensor(1.),1).shape": lambda t: t.squeeze(t.tensor(1.0), 1).shape,
    "squeeze(x,0.5)": lambda t: t.squeeze(x(t), 0.5),
    "unsqueeze(x,0.5)": lambda t: t.unsqueeze(x(t), 0.5),
    "unflatten(x,0,(1,-1),).shape": lambda t: (
        t.unflatten(
            x(t),
            0,
            (1, -1),
        ).shape
    ),
    "x.unflatten(0,sizes=(1,2)).shape": lambda t: x(t).unflatten(0, sizes=(1, 2)).shape,
    "flatten(x,0.5)": lambda t: t.flatten(x(t), 0.5),
    "x.view()": lambda t: x(t).view(),
    "x.view('a')": lambda t: x(t).view("a"),
    "x.view(-1,-1)": lambda t: x(t).view(-1, -1),
    "x.view(7,-1)": lambda t: x(t).view(7, -1),
    "x.view(-2,1)": lambda t: x(t).view(-2, 1),
    "empty(0,3).view(-1,0)": lambda t: t.empty(0, 3).view(-1, 0),
    "x.reshape(5)": lambda t: x(t).reshape(5),
    "x.T.view(24)": lambda t: x(t).T.view(24),
    "x.ravel().shape": lambda t: x(t).ravel().shape,
    "t(x)": lambda t: t.t(x(t)),
    "transpose(x,0,5)": lambda t: t.transpose(x(t), 0, 5),
    "expand_copy(x,(2,3,4)).shape": lambda t: t.expand_copy(x(t), (2, 3, 4)).shape,
    "adjoint(x).shape": lambda t: t.adjoint(x(t)).shape,
    "swapdims(x,0,1).shape": lambda t: t.swapdims(x(t), 0, 1).shape,
    "x.sum_to_size((1,3,4)).shape": lambda t: x(t).sum_to_size((1, 3, 4)).shape,
    "x.sum_to_size()": lambda t: x(t).sum_to_size(),
    "split(tensor(1.),1)": lambda t: t.split(t.tensor(1.0), 1),
    "chunk(tensor(1.),1)": lambda t: t.chunk(t.tensor(1.0), 1),
    "split_with_sizes(tensor(1.),[1])": lambda t: t.split_with_sizes(t.tensor(1.0), [1]),
    "_chunk_cat([y],0,-1)": lambda t: t._chunk_cat([y(t)], 0, -1),
    "_chunk_cat([],0,1)": lambda t: t._chunk_cat([], 0, 1),
    "_chunk_cat([y],-1,1)": lambda t: t._chunk_cat([y(t)], -1, 1),
    "_chunk_cat([y],1,1)": lambda t: t._chunk_cat([y(t)], 1, 1),
    "_chunk_cat([y,y[:3].double()],0,2)": lambda t: t._chunk_cat([y(t), y(t)[:3].double()], 0, 2),
    "_chunk_cat([y,y[:3]],0,2)": lambda t: t._chunk_cat([y(t), y(t)[:3]], 0, 2),
    "_chunk_cat([y[:0],y[:3]],0,2)": lambda t: t._chunk_cat([y(t)[:0], y(t)[:3]], 0, 2),
    "cat((y,y.int()),dim='a')": lambda t: t.cat((y(t), y(t).int()), dim="a"),
    "cat((y,y),axis=0).shape": lambda t: t.cat((y(t), y(t)), axis=0).shape,
    "cat(tensors=(y,y)).shape": lambda t: t.cat(tensors=(y(t), y(t))).shape,
    "concat((y,y),dim=0).shape": lambda t: t.concat((y(t), y(t)), dim=0).shape,
    "concatenate((y,y),axis=0).shape": lambda t: t.concatenate((y(t), y(t)), axis=0).shape,
    "stack((y,y),axis=1).shape": lambda t: t.stack((y(t), y(t)), axis=1).shape,
    "select_copy(tensor(1.),0,0)": lambda t: t.select_copy(t.tensor(1.0), 0, 0),
    "tensor_split(y,indices=(1,2))": lambda t: t.tensor_split(y(t), indices=(1, 2)),
    "tensor_split(y,sections=2)": lambda t: t.tensor_split(y(t), sections=2),
    "tensor_split(y,tensor_indices_or_sections=tensor(2))": lambda t: t.tensor_split(
        y(t), tensor_indices_or_sections=t.tensor(2)
    ),
    "hsplit(y,sections=2)": lambda t: t.hsplit(y(t), sections=2),
    "hsplit(y,indices=(1,))": lambda t: t.hsplit(y(t), indices=(1,)),
    "split(y,split_size_or_sections=2)": lambda t: t.split(y(t), split_size_or_sections=2),
    "y.split(split_size=2)": lambda t: y(t).split(split_size=2),
    "chunk(y,chunks=2,dim=0)": lambda t: t.chunk(y(t), chunks=2, dim=0),
    "atleast_2d([y,y])": lambda t: t.atleast_2d([y(t), y(t)]),
    "hstack(y)": lambda t: t.hstack(y(t)),
    "cat((y,y),0,out=empty(8)).shape": lambda t: t.cat((y(t), y(t)), 0, out=t.empty(8)).shape,
    "narrow(y,0,1,2.5)": lambda t: t.narrow(y(t), 0, 1, 2.5),
    "narrow_copy(x,-1,0,1).shape": lambda t: t.narrow_copy(x(t), -1, 0, 1).shape,
    "narrow_copy(x,3,0,1)": lambda t: t.narrow_copy(x(t), 3, 0, 1),
    "narrow_copy(x,-4,0,1)": lambda t: t.narrow_copy(x(t), -4, 0, 1),
    "narrow_copy(tensor(1.),0,0,1)": lambda t: t.narrow_copy(t.tensor(1.0), 0, 0, 1),
    "arange(0,2.5,dtype=int64)": lambda t: t.arange(0, 2.5, dtype=t.int64),
    "arange(0.7,3.5,0.9,dtype=int64)": lambda t: t.arange(0.7, 3.5, 0.9, dtype=t.int64),
    "arange(1,5,1.5,dtype=int32)": lambda t: t.arange(1, 5, 1.5, dtype=t.int32),
    "arange(5,1,-1)": lambda t: t.arange(5, 1, -1),
    "arange(2**53,2**53+3)": lambda t: t.arange(2**53, 2**53 + 3),
    "linspace(0.5,5.7,4,dtype=int64)": lambda t: t.linspace(0.5, 5.7, 4, dtype=t.int64),
    "linspace(0,5,0)": lambda t: t.linspace(0, 5, 0),
    "linspace(-3,7.9,5,dtype=int32)": lambda t: t.linspace(-3, 7.9, 5, dtype=t.int32),
    "linspace(0,1,3,dtype=bool)": lambda t: t.linspace(0, 1, 3, dtype=t.bool),
    "logspace(0.5,3.7,4,dtype=int64)": lambda t: t.logspace(0.5, 3.7, 4, dtype=t.int64),
    "logspace(0,3,1)": lambda t: t.logspace(0, 3, 1),
    "logspace(0,3,1,dtype=int32)": lambda t: t.logspace(0, 3, 1, dtype=t.int32),
    "logspace(0,1,3,dtype=bool)": lambda t: t.logspace(0, 1, 3, dtype=t.bool),
    "linspace(0,3j,3,dtype=float32)": lambda t: t.linspace(0, 3j, 3, dtype=t.float32),
    "arange(0,5,dtype=complex64)": lambda t: t.arange(0, 5, dtype=t.complex64),
    "empty_permuted((2,3),(0,-1))": lambda t: t.empty_permuted((2, 3), (0, -1)),
    "empty_permuted((2,3),(0,3))": lambda t: t.empty_permuted((2, 3), (0, 3)),
    "zeros(2,-1)": lambda t: t.zeros(2, -1),
    "zeros_like(ones(2,3).t()).stride()": lambda t: t.zeros_like(t.ones(2, 3).t()).stride(),
    "ones(2).new_full((2,),3.5,dtype=int32)": lambda t: t.ones(2).new_full(
        (2,), 3.5, dtype=t.int32
    ),
    "ones(2,dtype=int32).new_full((2,),3.5)": lambda t: t.ones(2, dtype=t.int32).new_full(
        (2,), 3.5
    ),
    "full_like(ones(2,dtype=int32),3.5)": lambda t: t.full_like(t.ones(2, dtype=t.int32), 3.5),
    "zeros(2,layout=strided,pin_memory=False).shape": lambda t: (
        t.zeros(2, layout=t.strided, pin_memory=False).shape
    ),
    "zeros(2,pin_memory=True)": lambda t: t.zeros(2, pin_memory=True),
    "zeros(2,out=empty(5)).shape": lambda t: t.zeros(2, out=t.empty(5)).shape,
    "zeros((2,),out=empty(2,dtype=int32)).dtype": lambda t: (
        t.zeros((2,), out=t.empty(2, dtype=t.int32)).dtype
    ),
    "zeros(2,out=empty(2,dtype=int32),dtype=float32).dtype": lambda t: (
        t.zeros(2, out=t.empty(2, dtype=t.int32), dtype=t.float32).dtype
    ),
    "arange(3,out=empty(3)).dtype": lambda t: t.arange(3, out=t.empty(3)).dtype,
    "full((3,),1.5,out=empty(3,dtype=int32)).dtype": lambda t: (
        t.full((3,), 1.5, out=t.empty(3, dtype=t.int32)).dtype
    ),
    "eye(3,out=empty(3,dtype=int32)).dtype": lambda t: (
        t.eye(3, out=t.empty(3, dtype=t.int32)).dtype
    ),
    "linspace(0,3,3,out=empty(3,dtype=int32)).dtype": lambda t: (
        t.linspace(0, 3, 3, out=t.empty(3, dtype=t.int32)).dtype
    ),
    "zeros('a')": lambda t: t.zeros("a"),
    "zeros(2.5)": lambda t: t.zeros(2.5),
    "zeros()": lambda t: t.zeros(),
    "ones(())": lambda t: t.ones(()),
    "empty(2,3,names=None).shape": lambda t: t.empty(2, 3, names=None).shape,
    "full((2,),3,dtype=float32,requires_grad=True)": lambda t: t.full(
        (2,), 3, dtype=t.float32, requires_grad=True
    ),
    "fill(y,True)": lambda t: t.fill(y(t), True),
    "fill(y,None)": lambda t: t.fill(y(t), None),
    "fill(ones(2).int(),2.7)": lambda t: t.fill(t.ones(2).int(), 2.7),
    "fill(ones(2).int(),2j)": lambda t: t.fill(t.ones(2).int(), 2j),
    "ones(2,dtype=int8).fill_(300)": lambda t: t.ones(2, dtype=t.int8).fill_(300),
    "ones(2,dtype=uint8).fill_(-1)": lambda t: t.ones(2, dtype=t.uint8).fill_(-1),
    "ones(2,dtype=bool).fill_(3)": lambda t: t.ones(2, dtype=t.bool).fill_(3),
    "ones(2,dtype=int8).fill_(tensor(300))": lambda t: t.ones(2, dtype=t.int8).fill_(t.tensor(300)),
    "ones(2,dtype=float16).fill_(1e6)": lambda t: t.ones(2, dtype=t.float16).fill_(1e6),
    "ones(2).fill_(float('inf'))": lambda t: t.ones(2).fill_(float("inf")),
    "ones(2,dtype=int8).fill_(float('inf'))": lambda t: t.ones(2, dtype=t.int8).fill_(float("inf")),
    "full((2,),300,dtype=int8)": lambda t: t.full((2,), 300, dtype=t.int8),
    "full_like(ones(2,dtype=int8),300)": lambda t: t.full_like(t.ones(2, dtype=t.int8), 300),
    "ones(2).expand(3,2).fill_(3)": lambda t: t.ones(2).expand(3, 2).fill_(3),
    "ones(1).expand(3).zero_()": lambda t: t.ones(1).expand(3).zero_(),
    "full((2,),2.5,dtype=int64)": lambda t: t.full((2,), 2.5, dtype=t.int64),
    "scalar_tensor(3.7,dtype=int32)": lambda t: t.scalar_tensor(3.7, dtype=t.int32),
    "full_like(y,tensor(3))": lambda t: t.full_like(y(t), t.tensor(3)),
    "full_like(y,tensor([3,2]))": lambda t: t.full_like(y(t), t.tensor([3, 2])),
    "x.T.contiguous(memory_format=preserve_format)": lambda t: x(t).T.contiguous(
        memory_format=t.preserve_format
    ),
    "x.half(memory_format=contiguous_format).stride()": lambda t: (
        x(t).half(memory_format=t.contiguous_format).stride()
    ),
    "x[0].t().double().stride()": lambda t: x(t)[0].t().double().stride(),
    "x[0].t().to(float64,memory_format=contiguous_format).stride()": lambda t: (
        x(t)[0].t().to(t.float64, memory_format=t.contiguous_format).stride()
    ),
    "x[0].t().to(float64,copy=True).stride()": lambda t: (
        x(t)[0].t().to(t.float64, copy=True).stride()
    ),
    "x.expand(2,2,3,4).clone().stride()": lambda t: x(t).expand(2, 2, 3, 4).clone().stride(),
    "x[0].expand(5,3,4).transpose(0,2).clone().stride()": lambda t: (
        x(t)[0].expand(5, 3, 4).transpose(0, 2).clone().stride()
    ),
    "zeros(2,3,4,5).permute(0,2,3,1).clone().stride()": lambda t: (
        t.zeros(2, 3, 4, 5).permute(0, 2, 3, 1).clone().stride()
    ),
    "empty_like(x[:,::2]).stride()": lambda t: t.empty_like(x(t)[:, ::2]).stride(),
    "empty_like(x.transpose(0,2)[:,::2]).stride()": lambda t: t.empty_like(
        x(t).transpose(0, 2)[:, ::2]
    ).stride(),
    "zeros_like(x.expand(2,2,3,4).transpose(0,3)).stride()": lambda t: t.zeros_like(
        x(t).expand(2, 2, 3, 4).transpose(0, 3)
    ).stride(),
    "rot90(x,1,(0,1)).stride()": lambda t: t.rot90(x(t), 1, (0, 1)).stride(),
    "rot90(x,2,(0,2)).stride()": lambda t: t.rot90(x(t), 2, (0, 2)).stride(),
    "rot90(x,3,(1,2)).stride()": lambda t: t.rot90(x(t), 3, (1, 2)).stride(),
    "roll(x.transpose(0,2),1,0).stride()": lambda t: t.roll(x(t).transpose(0, 2), 1, 0).stride(),
    "flip(x.transpose(0,2),(0,)).stride()": lambda t: t.flip(x(t).transpose(0, 2), (0,)).stride(),
    "roll(x.transpose(0,2),1).stride()": lambda t: t.roll(x(t).transpose(0, 2), 1).stride(),
    "x.transpose(0,2).repeat(1,2,1).stride()": lambda t: (
        x(t).transpose(0, 2).repeat(1, 2, 1).stride()
    ),
    "cat((x.transpose(0,2),x.transpose(0,2))).stride()": lambda t: t.cat(
        (x(t).transpose(0, 2), x(t).transpose(0, 2))
    ).stride(),
    "cat((x[0].t(),x[0].t())).stride()": lambda t: t.cat((x(t)[0].t(), x(t)[0].t())).stride(),
    "stack((x.transpose(0,2),x.transpose(0,2))).stride()": lambda t: t.stack(
        (x(t).transpose(0, 2), x(t).transpose(0, 2))
    ).stride(),
    "diff(x.transpose(0,2)).stride()": lambda t: t.diff(x(t).transpose(0, 2)).stride(),
    "select_scatter(x.transpose(0,2),x.transpose(0,2)[0],0,1).stride()": lambda t: t.select_scatter(
        x(t).transpose(0, 2), x(t).transpose(0, 2)[0], 0, 1
    ).stride(),
    "slice_scatter(x.transpose(0,2),x.transpose(0,2)[:1],0,0,1).stride()": lambda t: (
        t.slice_scatter(x(t).transpose(0, 2), x(t).transpose(0, 2)[:1], 0, 0, 1).stride()
    ),
    "diagonal_scatter(x.transpose(0,2),x.transpose(0,2).diagonal()).stride()": lambda t: (
        t.diagonal_scatter(x(t).transpose(0, 2), x(t).transpose(0, 2).diagonal()).stride()
    ),
    "as_strided_scatter(x.transpose(0,2),x[0,0,:2],(2,),(1,)).stride()": lambda t: (
        t.as_strided_scatter(x(t).transpose(0, 2), x(t)[0, 0, :2], (2,), (1,)).stride()
    ),
    "fill(x.transpose(0,2),2).stride()": lambda t: t.fill(x(t).transpose(0, 2), 2).stride(),
    "repeat_interleave(x.transpose(0,2),2,0).stride()": lambda t: t.repeat_interleave(
        x(t).transpose(0, 2), 2, 0
    ).stride(),
    "repeat_interleave(x.transpose(0,2),tensor([1,2,0,1]),0).stride()": lambda t: (
        t.repeat_interleave(x(t).transpose(0, 2), t.tensor([1, 2, 0, 1]), 0).stride()
    ),
    "x.transpose(0,2).unfold(0,2,1).stride()": lambda t: (
        x(t).transpose(0, 2).unfold(0, 2, 1).stride()
    ),
    "x.transpose(0,2).view(int32).stride()": lambda t: x(t).transpose(0, 2).view(t.int32).stride(),
    "block_diag(x[0],x[1].t()).stride()": lambda t: t.block_diag(x(t)[0], x(t)[1].t()).stride(),
    "atleast_3d(x[0,0]).stride()": lambda t: t.atleast_3d(x(t)[0, 0]).stride(),
    "x.to(x.double()).stride()": lambda t: x(t).to(x(t).double()).stride(),
    "x.new(2,3).shape": lambda t: x(t).new(2, 3).shape,
    "x.new(Size([2,3])).shape": lambda t: x(t).new(t.Size([2, 3])).shape,
    "x.itemsize, x.nbytes, x.element_size(), x.numel(), x.nelement(), x.dim(), x.ndim, x.ndimension()": lambda t: (
        x(t).itemsize,
        x(t).nbytes,
        x(t).element_size(),
        x(t).numel(),
        x(t).nelement(),
        x(t).dim(),
        x(t).ndim,
        x(t).ndimension(),
    ),
    "x.size(-1), x.stride(0), x[1].storage_offset(), x.size(dim=1), x.stride(dim=1)": lambda t: (
        x(t).size(-1),
        x(t).stride(0),
        x(t)[1].storage_offset(),
        x(t).size(dim=1),
        x(t).stride(dim=1),
    ),
    "x.is_floating_point(), x.is_complex(), x.is_signed(), is_floating_point(x), is_complex(x), is_signed(x), is_same_size(x,x)": lambda t: (
        x(t).is_floating_point(),
        x(t).is_complex(),
        x(t).is_signed(),
        t.is_floating_point(x(t)),
        t.is_complex(x(t)),
        t.is_signed(x(t)),
        t.is_same_size(x(t), x(t)),
    ),
    "can_cast(int32,float16), can_cast(float32,int64), can_cast(int8,bool)": lambda t: (
        t.can_cast(t.int32, t.float16),
        t.can_cast(t.float32, t.int64),
        t.can_cast(t.int8, t.bool),
    ),
    "result_type(1,x), result_type(x.int(),1.5), result_type(x.int(),x.half()), result_type(1,2.5)": lambda t: (
        t.result_type(1, x(t)),
        t.result_type(x(t).int(), 1.5),
        t.result_type(x(t).int(), x(t).half()),
        t.result_type(1, 2.5),
    ),
    "zeros(2).resize_(3,2).shape": lambda t: t.zeros(2).resize_(3, 2).shape,
    "arange(6).resize_(2,2)": lambda t: t.arange(6).resize_(2, 2),
    "arange(6)[2:].resize_(2)": lambda t: t.arange(6)[2:].resize_(2),
    "zeros(2).resize_as_(x).shape": lambda t: t.zeros(2).resize_as_(x(t)).shape,
    "arange(4.).resize_(2,2).t_()": lambda t: t.arange(4.0).resize_(2, 2).t_(),
    "zeros(1,2,3,4).resize_(1,2,3,4,memory_format=channels_last).stride()": lambda t: (
        t.zeros(1, 2, 3, 4).resize_(1, 2, 3, 4, memory_format=t.channels_last).stride()
    ),
    "zeros(1).resize_(1,2,3,4,memory_format=channels_last).stride()": lambda t: (
        t.zeros(1).resize_(1, 2, 3, 4, memory_format=t.channels_last).stride()
    ),
    "arange(6).as_strided_((2,2),(1,2))": lambda t: t.arange(6).as_strided_((2, 2), (1, 2)),
}


@pytest.mark.parametrize("name", CALLS)
def test_call(name: str) -> None:
    assert_same(CALLS[name], words=False)


def test_what_needs_no_change_is_the_tensor_itself() -> None:
    tensor = minitorch.arange(24.0).reshape(2, 3, 4)
    assert tensor.to(minitorch.float32) is tensor
    assert tensor.to(dtype=None) is tensor
    assert tensor.contiguous() is tensor
    assert minitorch.asarray(tensor) is tensor
    assert minitorch.asarray(tensor, copy=True) is not tensor
    assert minitorch.atleast_3d(tensor) is tensor
    assert minitorch.broadcast_tensors(tensor, tensor)[0] is tensor


def test_frombuffer_shares_memory() -> None:
    buffer = bytearray(8)
    tensor = minitorch.frombuffer(buffer, dtype=minitorch.int32)
    tensor[1] = 258
    assert buffer == b"\0\0\0\0\2\1\0\0"


def test_set_shows_the_memory_of_another() -> None:
    source, target = minitorch.zeros(4), minitorch.zeros(2)
    target.set_(source)
    target[1] = 5
    assert source.tolist() == [0, 5, 0, 0]


def test_scatter_leaves_its_input_alone() -> None:
    tensor = minitorch.zeros(2, 2)
    tensor.select_scatter(minitorch.ones(2), 0, 0)
    tensor.as_strided_scatter(minitorch.ones(2), (2,), (1,))
    assert tensor.sum() == 0


@pytest.mark.parametrize("name", ["unbind", "split", "chunk"])
def test_one_of_several_views_is_not_followed(name: str) -> None:
    def change_the_part(t: Any) -> Any:
        base = t.ones(3, 2, requires_grad=True).clone()
        parts = getattr(base, name)(*(() if name == "unbind" else (2,)))
        return parts[0].mul_(2)

    def change_the_base(t: Any) -> Any:
        base = t.ones(3, 2, requires_grad=True).clone()
        parts = getattr(base, name)(*(() if name == "unbind" else (2,)))
        base.mul_(2)
        return parts[0] * 2

    assert_same(change_the_part)
    assert_same(change_the_base)


def test_parts_of_unsafe_split_may_be_changed() -> None:
    def change_the_part(t: Any) -> Any:
        leaf = t.arange(3.0, requires_grad=True)
        parts = (leaf * 1).unsafe_split(2)
        parts[0].mul_(3)
        t.cat(parts).backward(t.ones(3))
        return parts[0].detach(), leaf.grad

    assert_same(change_the_part)


RANDOM: dict[str, Callable[[Any], Any]] = {
    "normal(1.,2.)": lambda t: t.normal(1.0, 2.0),
    "normal(1.,2.,(2,)).shape": lambda t: t.normal(1.0, 2.0, (2,)).shape,
    "normal(mean=0,std=1,size=(2,)).shape": lambda t: t.normal(mean=0, std=1, size=(2,)).shape,
    "normal(x,-1.)": lambda t: t.normal(chances(t), -1.0),
    "normal(1.,-x)": lambda t: t.normal(1.0, -chances(t)),
    "normal(0.,-1.,(2,))": lambda t: t.normal(0.0, -1.0, (2,)),
    "normal(x,x.double()).dtype": lambda t: t.normal(chances(t), chances(t).double()).dtype,
    "normal(x.double(),x).dtype": lambda t: t.normal(chances(t).double(), chances(t)).dtype,
    "normal(x.int(),1.)": lambda t: t.normal(chances(t).int(), 1.0),
    "normal(x,rand(4))": lambda t: t.normal(chances(t), t.rand(4)),
    "normal(x,2)": lambda t: t.normal(chances(t), 2),
    "normal(x.t(),x.t()).stride()": lambda t: t.normal(chances(t).t(), chances(t).t()).stride(),
    "normal(x,rand(3)).shape": lambda t: t.normal(chances(t), t.rand(3)).shape,
    "normal(2,x).shape": lambda t: t.normal(2, chances(t)).shape,
    "bernoulli(x.int())": lambda t: t.bernoulli(chances(t).int()),
    "bernoulli(x,0.5).dtype": lambda t: t.bernoulli(chances(t), 0.5).dtype,
    "bernoulli(x*3)": lambda t: t.bernoulli(chances(t) * 3),
    "x.bernoulli(0.3).shape": lambda t: chances(t).bernoulli(0.3).shape,
    "rand_like(x.int())": lambda t: t.rand_like(chances(t).int()),
    "rand(2,dtype=int32)": lambda t: t.rand(2, dtype=t.int32),
    "rand(2,-1)": lambda t: t.rand(2, -1),
    "rand(2,out=empty(2)).shape": lambda t: t.rand(2, out=t.empty(2)).shape,
    "randint(5,(2,),out=empty(2)).dtype": lambda t: t.randint(5, (2,), out=t.empty(2)).dtype,
    "randint(5,(2,),dtype=float32)": lambda t: t.randint(5, (2,), dtype=t.float32),
    "randint(3,3,(2,))": lambda t: t.randint(3, 3, (2,)),
    "randint(high=3,size=(2,)).shape": lambda t: t.randint(high=3, size=(2,)).shape,
    "randint(5)": lambda t: t.randint(5),
    "randint(low=0,high=3,size=(2,)).shape": lambda t: t.randint(low=0, high=3, size=(2,)).shape,
    "randint_like(x,3).dtype": lambda t: t.randint_like(chances(t), 3).dtype,
    "randint_like(x,3,dtype=int32).dtype": lambda t: (
        t.randint_like(chances(t), 3, dtype=t.int32).dtype
    ),
    "randint_like(x,0,0)": lambda t: t.randint_like(chances(t), 0, 0),
    "randint_like(x,tensor(3)).dtype": lambda t: t.randint_like(chances(t), t.tensor(3)).dtype,
    "randperm(5,dtype=int32).dtype": lambda t: t.randperm(5, dtype=t.int32).dtype,
    "randperm(-1)": lambda t: t.randperm(-1),
    "randperm(5,out=empty(5,dtype=int32)).dtype": lambda t: (
        t.randperm(5, out=t.empty(5, dtype=t.int32)).dtype
    ),
    "randperm(5,dtype=bool)": lambda t: t.randperm(5, dtype=t.bool),
    "poisson(x.int())": lambda t: t.poisson(chances(t).int()),
    "poisson(-x)": lambda t: t.poisson(-chances(t)),
    "binomial(x,x).dtype": lambda t: t.binomial(chances(t), chances(t)).dtype,
    "binomial(x.double(),x).dtype": lambda t: t.binomial(chances(t).double(), chances(t)).dtype,
    "binomial(x.int(),x)": lambda t: t.binomial(chances(t).int(), chances(t)),
    "multinomial(x,2,out=empty(0,dtype=int64)).shape": lambda t: (
        t.multinomial(chances(t), 2, out=t.empty(0, dtype=t.int64)).shape
    ),
    "randn(2,dtype=complex64).dtype": lambda t: t.randn(2, dtype=t.complex64).dtype,
    "rand_like(x,memory_format=contiguous_format).shape": lambda t: (
        t.rand_like(chances(t), memory_format=t.contiguous_format).shape
    ),
    "rand_like(x,generator=Generator()).shape": lambda t: (
        t.rand_like(chances(t), generator=t.Generator()).shape
    ),
    "rand(2,names=None).shape": lambda t: t.rand(2, names=None).shape,
    "x.random_(5).dtype": lambda t: chances(t).random_(5).dtype,
    "x.random_(3,5).dtype": lambda t: chances(t).random_(3, 5).dtype,
    "x.random_(5,3)": lambda t: chances(t).random_(5, 3),
    "x.random_(to=5)": lambda t: chances(t).random_(to=5),
    "x.log_normal_(mean=1,std=-1)": lambda t: chances(t).log_normal_(mean=1, std=-1),
    "x.uniform_(to=2).shape": lambda t: chances(t).uniform_(to=2).shape,
    "x.exponential_(lambd=-1)": lambda t: chances(t).exponential_(lambd=-1),
    "x.geometric_(2)": lambda t: chances(t).geometric_(2),
    "x.bernoulli_(rand(3)).shape": lambda t: chances(t).bernoulli_(t.rand(3)).shape,
    "x.bernoulli_(rand(4)).shape": lambda t: chances(t).bernoulli_(t.rand(4)).shape,
    "normal(0,1,(2,),dtype=float64).dtype": lambda t: t.normal(0, 1, (2,), dtype=t.float64).dtype,
    "normal(0,1,(2,),out=empty(2)).dtype": lambda t: t.normal(0, 1, (2,), out=t.empty(2)).dtype,
    "normal(x,1.,out=empty(2,3)).shape": lambda t: (
        t.normal(chances(t), 1.0, out=t.empty(2, 3)).shape
    ),
    "bernoulli(x,out=empty(2,3)).shape": lambda t: t.bernoulli(chances(t), out=t.empty(2, 3)).shape,
    "rand_like(x,requires_grad=True).requires_grad": lambda t: (
        t.rand_like(chances(t), requires_grad=True).requires_grad
    ),
    "normal(rand(2,3,dtype=complex64),1.).dtype": lambda t: (
        t.normal(t.rand(2, 3, dtype=t.complex64), 1.0).dtype
    ),
    "randn_like(x.t()).stride()": lambda t: t.randn_like(chances(t).t()).stride(),
    "bernoulli(x.t()).stride()": lambda t: t.bernoulli(chances(t).t()).stride(),
    "poisson(x.t()).stride()": lambda t: t.poisson(chances(t).t()).stride(),
    "binomial(x.t(),x.t()).stride()": lambda t: t.binomial(chances(t).t(), chances(t).t()).stride(),
}


def chances(t: Any) -> Any:
    t.manual_seed(0)
    return t.rand(2, 3)


@pytest.mark.parametrize("name", RANDOM)
def test_draw(name: str) -> None:
    def draw(t: Any) -> Any:
        t.manual_seed(1)
        return RANDOM[name](t)

    assert_same(draw, words=False, exact="normal(" not in name)


@pytest.mark.parametrize(
    "name", ["uniform_", "normal_", "cauchy_", "log_normal_", "exponential_", "random_"]
)
def test_a_draw_in_place_has_torchs_node(name: str) -> None:
    def draw(t: Any) -> Any:
        t.manual_seed(1)
        leaf = t.ones(3, requires_grad=True)
        out = getattr(leaf.clone(), name)()
        out.backward(t.ones(3))
        return out.detach(), out.grad_fn.name(), leaf.grad

    assert_same(draw, exact=False)


@pytest.mark.parametrize(
    "call",
    [
        lambda t: t.arange(24).reshape(4, 6)[::2, 2:0],
        lambda t: t.arange(24).reshape(4, 6)[0:0, ::2],
        lambda t: t.arange(24).reshape(4, 6).t()[2:0],
        lambda t: t.arange(24).reshape(4, 6)[5:, 1],
        lambda t: t.empty(2, 0, 3),
        lambda t: t.arange(6).reshape(2, 3)[2:0] + 1,
    ],
)
def test_what_holds_no_elements_has_torchs_strides(call: Any) -> None:
    assert_same(call)


@pytest.mark.parametrize(
    "call",
    [
        lambda t: t.ones(2).view_as(3),
        lambda t: t.ones(2).expand_as([3]),
        lambda t: t.ones(2).reshape_as(3),
        lambda t: t.ones(2).type_as(3),
        lambda t: t.ones(2).to([1]),
        lambda t: t.ones(2).to({}),
        lambda t: t.addmm(t.ones(2, 2), 2.0, t.ones(2, 2)),
        lambda t: t.addmm(t.ones(2, 2).double(), t.ones(2, 2), t.ones(2, 2)),
        lambda t: t.arange(6).reshape(2, 3).t().take_along_dim(t.tensor([1])),
    ],
)
def test_a_wrong_operand_is_refused(call: Any) -> None:
    assert_raises_alike(call, words=False)


def test_solve_triangular_takes_the_dtype_of_the_matrix() -> None:
    def solve(t: Any) -> Any:
        a = t.tensor([[2.0, 1.0], [0.0, 4.0]], requires_grad=True)
        b = t.tensor([[1.0], [3.0]], dtype=t.float64, requires_grad=True)
        x = t.linalg.solve_triangular(a, b, upper=True)
        return [y.reshape(-1) for y in (x, *t.autograd.grad(x.sum(), (a, b)))]

    assert_same(solve, exact=False)
