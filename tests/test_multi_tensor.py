"""A kernel for every row of lists of arrays: the plain one and that of native/cpu/, which must leave
alone whatever it cannot read as C would.
"""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

import minitorch
from minitorch._jit import PARALLEL_GRAIN, kernel
from minitorch.native.cpu.array_objects import ARRAY, count_elements
from minitorch.native.multi_tensor import multi_tensor_apply


@kernel
def scale_loop(out: Any, offset: Any, x: Any, options: Any) -> None:
    for i in range(out.size):
        out[i] = x[i] * options[0]
        if offset is not None:
            out[i] += offset[i]


either = pytest.mark.parametrize("apply", [multi_tensor_apply, multi_tensor_apply.plain])
WITHOUT_OFFSET = (0, None, 1)


def scale(
    arrays: list[Any],
    columns: Any = WITHOUT_OFFSET,
    factor: float = 3.0,
    apply: Any = multi_tensor_apply,
) -> None:
    apply(arrays[0], scale_loop, arrays, columns, (factor,))


def arrays_like(x: Any) -> list[Any]:
    return [np.zeros_like(x), x]


def elements(arrays: list[Any], width: int = 2) -> int:
    """What the tuned kernel reads."""
    dtype = np.dtype(np.float64)
    return int(count_elements(np.array([*map(id, arrays)]), width, ARRAY, id(dtype), 8))


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


@either
@pytest.mark.parametrize("names", [[name] for name in LAYOUTS] + [list(LAYOUTS)], ids=str)
def test_every_array_of_the_lists(names: list[str], apply: Any) -> None:
    arrays = [array for name in names for array in arrays_like(LAYOUTS[name])]
    assert elements(arrays) == sum(array.size for array in arrays[::2])
    scale(arrays, apply=apply)
    for out, x in zip(arrays[::2], arrays[1::2], strict=True):
        np.testing.assert_array_equal(out, x * 3)


@either
def test_a_column_that_is_there(apply: Any) -> None:
    out, offset, x = np.zeros(3, np.float32), np.ones(3, np.float32), np.arange(3, dtype=np.float32)
    scale([out, offset, x], (0, 1, 2), 2.0, apply)
    assert out.tolist() == [1, 3, 5]
    scale([out, x], WITHOUT_OFFSET, 2.0, apply)
    assert out.tolist() == [0, 2, 4]


def read_only(x: Any) -> Any:
    x.flags.writeable = False
    return x


def misaligned() -> Any:
    return np.frombuffer(bytearray(25), np.uint8)[1:].view(np.float64)


def with_gaps() -> Any:
    return np.arange(16.0).reshape(4, 4)[:, ::2]


LEFT_ALONE: dict[str, list[Any]] = {
    "gaps": [with_gaps(), with_gaps()],
    "backwards": [np.zeros(3)[::-1], np.arange(3.0)[::-1]],
    "one number everywhere": [np.zeros(3), np.broadcast_to(np.ones(()), 3)],
    "other layout": [np.zeros((2, 3)), np.arange(6.0).reshape(3, 2).T],
    "other dtype": [np.zeros(3), np.ones(3, np.float32)],
    "other dtype of a later row": [np.zeros(3), np.ones(3), np.zeros(3), np.ones(3, np.int64)],
    "half precision": [np.zeros(3, np.float16), np.ones(3, np.float16)],
    "complex": [np.zeros(3, np.complex64), np.full(3, 1 + 2j, np.complex64)],
    "misaligned": [misaligned(), np.arange(3.0)],
}
REFUSED: dict[str, tuple[list[Any], type[Exception]]] = {
    "other shape": ([np.zeros(3), np.ones(4)], RuntimeError),
    "other dimensions": ([np.zeros(4), np.ones((2, 2))], RuntimeError),
    "read-only": ([read_only(np.zeros(3)), np.ones(3)], ValueError),
    "no array": ([np.zeros(3), [1.0, 1.0, 1.0]], AttributeError),
    "nothing at all": ([np.zeros(3), None], AttributeError),
}


@either
@pytest.mark.parametrize("name", LEFT_ALONE)
def test_computed_one_by_one(name: str, apply: Any) -> None:
    arrays = LEFT_ALONE[name]
    assert elements(arrays) == -1
    scale(arrays, apply=apply)
    for out, x in zip(arrays[::2], arrays[1::2], strict=True):
        np.testing.assert_array_equal(out, x * 3)


@either
@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str, apply: Any) -> None:
    arrays, error = REFUSED[name]
    assert elements(arrays) == -1
    with pytest.raises(error):
        scale(arrays, apply=apply)
    assert not np.any(arrays[0])


@either
def test_what_is_only_read_may_be_read_only(apply: Any) -> None:
    out = np.zeros(3)
    arrays = [out, read_only(np.ones(3))]
    assert elements(arrays) == 3
    scale(arrays, apply=apply)
    assert out.tolist() == [3, 3, 3]


def test_threads_change_nothing() -> None:
    x = np.random.default_rng(0).normal(size=3 * PARALLEL_GRAIN + 5)
    results = []
    threads = minitorch.get_num_threads()
    for count in (1, 2, 3):
        minitorch.set_num_threads(count)
        arrays = [*arrays_like(x), *arrays_like(x[:5].copy())]
        scale(arrays, factor=0.1)
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
