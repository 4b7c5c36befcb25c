"""One kernel over lists of arrays: whatever it cannot read as C would is left to the caller."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

import minitorch
from minitorch._jit import PARALLEL_GRAIN, kernel
from minitorch.native.multi_tensor import MultiTensorApply


@MultiTensorApply
@kernel
def scale_loop(out: Any, offset: Any, x: Any, options: Any) -> None:
    for i in range(out.size):
        out[i] = x[i] * options[0]
        if offset is not None:
            out[i] += offset[i]


WITHOUT_OFFSET = (0, None, 1)


def arrays_like(x: Any) -> list[Any]:
    return [np.zeros_like(x), x]


LAYOUTS = {
    "vector": np.arange(5.0),
    "number": np.array(3.0),
    "nothing": np.zeros((3, 0, 2)),
    "matrix": np.arange(12.0).reshape(3, 4),
    "transposed": np.arange(12.0).reshape(3, 4).T,
    "channels last": np.arange(120.0).reshape(2, 3, 4, 5).transpose(0, 3, 1, 2),
    "lengths of one": np.arange(6.0).reshape(1, 6, 1, 1).transpose(3, 1, 2, 0),
    "for all threads": np.arange(PARALLEL_GRAIN + 7.0),
}


@pytest.mark.parametrize("names", [[name] for name in LAYOUTS] + [list(LAYOUTS)], ids=str)
def test_every_array_of_the_lists(names: list[str]) -> None:
    arrays = [array for name in names for array in arrays_like(LAYOUTS[name])]
    assert scale_loop(arrays, WITHOUT_OFFSET, (3.0,))
    for out, x in zip(arrays[::2], arrays[1::2], strict=True):
        np.testing.assert_array_equal(out, x * 3)


def test_a_column_that_is_there() -> None:
    out, offset, x = np.zeros(3, np.float32), np.ones(3, np.float32), np.arange(3, dtype=np.float32)
    assert scale_loop([out, offset, x], (0, 1, 2), (2.0,))
    assert out.tolist() == [1, 3, 5]
    assert scale_loop([out, x], WITHOUT_OFFSET, (2.0,))
    assert out.tolist() == [0, 2, 4]


def read_only(x: Any) -> Any:
    x.flags.writeable = False
    return x


def misaligned() -> Any:
    return np.frombuffer(bytearray(25), np.uint8)[1:].view(np.float64)


LEFT_ALONE: dict[str, list[Any]] = {
    "gaps": [np.zeros((4, 4))[:, ::2], np.zeros((4, 4))[:, ::2]],
    "backwards": [np.zeros(3)[::-1], np.zeros(3)[::-1]],
    "one number everywhere": [np.zeros(3), np.broadcast_to(np.zeros(()), 3)],
    "other layout": [np.zeros((2, 3)), np.zeros((3, 2)).T],
    "other shape": [np.zeros(3), np.zeros(4)],
    "other dimensions": [np.zeros(4), np.zeros((2, 2))],
    "other dtype": [np.zeros(3), np.zeros(3, np.float32)],
    "other dtype of a later row": [np.zeros(3), np.zeros(3), np.zeros(3), np.zeros(3, np.int64)],
    "read-only": [read_only(np.zeros(3)), np.zeros(3)],
    "misaligned": [np.zeros(3), misaligned()],
    "no array": [np.zeros(3), [0.0, 0.0, 0.0]],
    "nothing at all": [np.zeros(3), None],
}


@pytest.mark.parametrize("name", LEFT_ALONE)
def test_left_alone(name: str) -> None:
    arrays = LEFT_ALONE[name]
    assert not scale_loop(arrays, WITHOUT_OFFSET, (3.0,))
    assert not np.any(arrays[0])


def test_what_is_only_read_may_be_read_only() -> None:
    out = np.zeros(3)
    assert scale_loop([out, read_only(np.ones(3))], WITHOUT_OFFSET, (3.0,))
    assert out.tolist() == [3, 3, 3]


def test_threads_change_nothing() -> None:
    x = np.random.default_rng(0).normal(size=3 * PARALLEL_GRAIN + 5)
    results = []
    threads = minitorch.get_num_threads()
    for count in (1, 2, 3):
        minitorch.set_num_threads(count)
        arrays = [*arrays_like(x), *arrays_like(x[:5].copy())]
        assert scale_loop(arrays, WITHOUT_OFFSET, (0.1,))
        results.append(np.concatenate(arrays[::2]))
    minitorch.set_num_threads(threads)
    np.testing.assert_array_equal(results[0], results[1])
    np.testing.assert_array_equal(results[0], results[2])


def test_unpickled_parameters_are_stepped() -> None:
    """Their arrays have dtype objects of their own."""
    param = pickle.loads(pickle.dumps(minitorch.ones(3))).requires_grad_()
    param.grad = pickle.loads(pickle.dumps(minitorch.ones(3)))
    minitorch.optim.SGD([param], lr=0.5).step()
    assert param.tolist() == [0.5, 0.5, 0.5]


def test_read_only_parameters_are_refused() -> None:
    param = minitorch.ones(3).requires_grad_()
    param.grad = minitorch.ones(3)
    param._array.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        minitorch.optim.SGD([param], lr=0.5).step()


def test_parameters_that_stand_twice_are_stepped_twice() -> None:
    import torch

    results = []
    for library in (minitorch, torch):
        param = library.ones(4).requires_grad_()
        param.grad = library.ones(4)
        with pytest.warns(UserWarning, match="duplicate"):
            optimizer = library.optim.Adam([param, param], lr=0.1)
        optimizer.step()
        results.append((param.detach().numpy(), optimizer.state[param]["step"].item()))
    np.testing.assert_allclose(results[0][0], results[1][0], rtol=1e-6)
    assert results[0][1] == results[1][1]


def test_a_parameter_that_gets_other_memory() -> None:
    param = minitorch.ones(3).requires_grad_()
    optimizer = minitorch.optim.SGD([param], lr=0.5, momentum=0.5)
    for data in (minitorch.ones(3), minitorch.zeros(3)):
        param.data = data
        param.grad = minitorch.ones(3)
        optimizer.step()
    optimizer.state[param]["momentum_buffer"] = minitorch.zeros(3)
    optimizer.step()
    assert data.tolist() == [-1.25, -1.25, -1.25]
