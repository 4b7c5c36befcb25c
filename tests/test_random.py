"""The random stream is torch's, bit for bit: numbers, generator states, errors.

Every draw is made twice in a row, so that cached normals and odd offsets into a block of 624 words
occur, and is followed by a comparison of the generators' states, so that no word too many is drawn.
"""

from __future__ import annotations

import ast
import copy
import os
import pickle
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch

from minitorch import random
from minitorch.native import integer_kernels
from minitorch.native.distribution_kernels import (
    bernoulli_,
    cauchy_,
    exponential_,
    geometric_,
    multinomial,
    uniform_,
)
from minitorch.native.integer_kernels import random_, randperm
from minitorch.native.normal_kernels import log_normal_, normal_
from minitorch.native.rejection_kernels import binomial, poisson, standard_gamma

SEEDS = [0, 42, 2**32 + 5, 2**63 + 11, -1]
SIZES = [0, 1, 2, 3, 7, 14, 15, 16, 17, 31, 32, 33, 100, 311, 313, 623, 624, 625, 4097]
FLOATS = ["float16", "float32", "float64"]
INTEGERS = ["uint8", "int8", "int16", "int32", "int64"]


def state() -> np.ndarray[Any, Any]:
    return np.asarray(random.get_rng_state())


def seed_both(seed: int) -> None:
    torch.manual_seed(seed)
    random.manual_seed(seed)


def assert_same_bits(ours: Any, theirs: torch.Tensor) -> None:
    expected = theirs.numpy()
    assert ours.dtype == expected.dtype
    assert ours.shape == expected.shape
    differing = np.flatnonzero(ours != expected)
    assert ours.tobytes() == expected.tobytes(), f"first differences at {differing[:5]}"


def assert_same_state() -> None:
    assert state().tobytes() == torch.get_rng_state().numpy().tobytes()


# --------------------------------------------------------------------------------- in-place fills


class Fill(NamedTuple):
    name: str
    ours: Callable[..., Any]
    dtypes: list[str]
    arguments: list[tuple[Any, ...]]


FILLS = [
    Fill("uniform_", uniform_, [*FLOATS, "complex64"], [(), (-0.137, 0.93), (1, 1 + 3e-7), (2, 2)]),
    Fill("normal_", normal_, [*FLOATS, "complex64", "complex128"], [(), (0.1, 0.37), (5, 0)]),
    Fill("log_normal_", log_normal_, FLOATS, [(), (0.3, 0.7)]),
    Fill(
        "bernoulli_", bernoulli_, [*FLOATS, *INTEGERS, "bool"], [(0.3,), (0.0,), (1.0,), (1 / 3,)]
    ),
    Fill("exponential_", exponential_, FLOATS, [(), (1.3,)]),
    Fill("geometric_", geometric_, [*FLOATS, *INTEGERS], [(0.23,)]),
    Fill("cauchy_", cauchy_, FLOATS, [(), (0.3, 1.7)]),
    Fill("random_", random_, [*FLOATS, *INTEGERS, "bool"], [(), (0, 2), (1, None)]),
    Fill("random_", random_, ["int64"], [(-(2**63), None), (-(2**63), 2**63 - 1), (5, None)]),
    Fill("random_", random_, ["int64", "float64"], [(-7, 2**28 - 8), (-7, 2**28 - 7), (0, 2**40)]),
    Fill("random_", random_, ["int32"], [(-(2**31), 2**31), (-100, 2**30)]),
    Fill("random_", random_, ["uint16", "uint32", "uint64"], [(3, 60_000)]),
    Fill("random_", random_, ["float32"], [(3, 2**30 + 1), (-(2**24) - 3, 4), (-(2**63), None)]),
    Fill("random_", random_, ["float16"], [(0, 65504), (2047, 2051), (-30_000, None)]),
]
FILL_CASES = [
    pytest.param(row.ours, row.name, dtype, arguments, id=f"{row.name}{arguments}-{dtype}")
    for row in FILLS
    for dtype in row.dtypes
    for arguments in row.arguments
]


@pytest.mark.filterwarnings("ignore:.*is out of bounds")
@pytest.mark.parametrize(("ours", "name", "dtype", "arguments"), FILL_CASES)
def test_fill(ours: Any, name: str, dtype: str, arguments: tuple[Any, ...]) -> None:
    for seed in SEEDS[:2]:
        for size in SIZES:
            seed_both(seed)
            for _ in range(2):
                theirs = torch.empty(size, dtype=getattr(torch, dtype))
                getattr(theirs, name)(*arguments)
                array = np.empty(size, dtype)
                assert ours(array, *arguments) is array
                assert_same_bits(array, theirs)
            assert_same_state()


@pytest.mark.parametrize("seed", SEEDS)
def test_large_fills_in_a_row(seed: int) -> None:
    seed_both(seed)
    for row in FILLS[:8]:
        for dtype in row.dtypes[:3]:
            theirs = torch.empty(100_003, dtype=getattr(torch, dtype))
            getattr(theirs, row.name)(*row.arguments[-1])
            assert_same_bits(row.ours(np.empty(100_003, dtype), *row.arguments[-1]), theirs)
    assert_same_state()


def test_float32_normals_of_two_million_uniforms() -> None:
    """Enough for all branches of the logarithm and most octants' ends."""
    seed_both(7)
    assert_same_bits(normal_(np.empty(2_000_000, np.float32)), torch.randn(2_000_000))


LAYOUTS: dict[str, Callable[[Any], Any]] = {
    "steps": lambda x: x[..., ::2],
    "inner part": lambda x: x[1:, 1:3],
    "transposed": lambda x: x.swapaxes(0, 2),
    "permuted": lambda x: x.swapaxes(0, 1).swapaxes(1, 2),
    "one column": lambda x: x[:, :, 1],
    "single row": lambda x: x[:1].swapaxes(0, 1),
    "one element": lambda x: x[:1, 2:3, 3:4],
    "empty": lambda x: x[:, 2:2],
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", ["float32", "float64", "float16"])
def test_memory_order(layout: str, dtype: str) -> None:
    seed_both(3)
    for row in FILLS[:8]:
        if dtype not in row.dtypes:
            continue
        theirs = torch.zeros(4, 5, 6, dtype=getattr(torch, dtype))
        array = np.zeros((4, 5, 6), dtype)
        view = LAYOUTS[layout](array)
        getattr(LAYOUTS[layout](theirs), row.name)(*row.arguments[0])
        row.ours(view, *row.arguments[0])
        assert_same_bits(array, theirs)
    assert_same_state()


def test_complex_views() -> None:
    seed_both(3)
    theirs, array = torch.zeros(5, 6, dtype=torch.complex64), np.zeros((5, 6), np.complex64)
    theirs.T[::2].normal_()
    normal_(array.T[::2])
    assert_same_bits(array, theirs)
    assert_same_state()


# ------------------------------------------------------------------------------------- new arrays


def pair(function: Callable[[Any], Any]) -> tuple[Any, torch.Tensor]:
    """``function`` of NumPy arrays, and of tensors on copies of them."""
    values = function(np.random.default_rng(5))
    return values, torch.from_numpy(values.copy())


@pytest.mark.parametrize("dtype", [*FLOATS, "uint8", "int64", "bool"])
@pytest.mark.parametrize("p_dtype", FLOATS)
def test_bernoulli_of_probabilities(dtype: str, p_dtype: str) -> None:
    seed_both(1)
    for shape in [(), (40,), (3, 1), (4, 1, 1), (4, 3, 40)]:
        p, theirs_p = pair(lambda rng, shape=shape: np.asarray(rng.random(shape), p_dtype))
        ours, theirs = (
            np.empty((4, 3, 40), dtype),
            torch.empty(4, 3, 40, dtype=getattr(torch, dtype)),
        )
        assert_same_bits(bernoulli_(ours, p), theirs.bernoulli_(theirs_p))
        if p.ndim == 3:  # element by element as the array lies, not the probabilities
            bernoulli_(ours.swapaxes(0, 1), p.swapaxes(0, 1))
            theirs.swapaxes(0, 1).bernoulli_(theirs_p.swapaxes(0, 1))
            assert_same_bits(ours, theirs)
    assert_same_state()


@pytest.mark.parametrize("dtype", ["int64", "int32", "int16", "float32", "float64"])
def test_randperm(dtype: str) -> None:
    for seed in SEEDS:
        seed_both(seed)
        for size in [0, 1, 2, 3, 10, 623, 2049, 5000]:
            assert_same_bits(
                randperm(size, dtype), torch.randperm(size, dtype=getattr(torch, dtype))
            )
        assert_same_state()


def test_randperm_beyond_32_bits() -> None:
    """torch's second algorithm starts at 214,748,364 elements; here it is checked on a few."""
    generator = random.Generator().manual_seed(2)
    ours = np.empty(3000, np.int64)
    integer_kernels._inside_out_shuffle(ours, generator.engine)
    draws = torch.empty(3000, dtype=torch.int64)
    draws.random_(-(2**63), None, generator=torch.Generator().manual_seed(2))
    expected: list[int] = []
    for i, word in enumerate(draws.tolist()):
        position = word % 2**64 % (i + 1)
        expected.append(expected[position] if position < i else i)
        expected[position] = i
    assert ours.tolist() == expected


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("replacement", [False, True])
def test_multinomial(dtype: str, replacement: bool) -> None:
    seed_both(4)
    for shape in [(1,), (10,), (500,), (3, 1), (3, 40), (0, 4)]:
        weights, theirs = pair(lambda rng, shape=shape: rng.random(shape).astype(dtype))
        for count in {1, shape[-1]}:
            expected = torch.multinomial(theirs, count, replacement)
            assert_same_bits(multinomial(weights, count, replacement), expected)
    strided, theirs = pair(lambda rng: rng.random((40, 3)).astype(dtype))
    ours = multinomial(strided.T, 7, replacement)
    assert_same_bits(ours, torch.multinomial(theirs.T, 7, replacement))
    assert_same_state()


def test_multinomial_with_zeros_and_float16() -> None:
    seed_both(4)
    weights = np.array([0, 3, 0, 1, 2, 0], np.float16)
    for replacement in (False, True):
        expected = torch.multinomial(torch.from_numpy(weights), 3, replacement)
        assert_same_bits(multinomial(weights, 3, replacement), expected)
    assert_same_state()


@pytest.mark.parametrize("dtype", FLOATS)
def test_poisson(dtype: str) -> None:
    rates, theirs = pair(lambda rng: (rng.random((50, 40)) * 40).astype(dtype))
    for scale in (0, 0.125, 1, 64):
        seed_both(6)
        assert_same_bits(poisson(rates * rates.dtype.type(scale)), torch.poisson(theirs * scale))
        assert_same_bits(poisson(rates.T), torch.poisson(theirs.T))
        assert_same_state()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_standard_gamma(dtype: str) -> None:
    alphas, theirs = pair(lambda rng: np.exp(2 * rng.standard_normal((50, 40))).astype(dtype))
    alphas[0, 0] = theirs[0, 0] = 0
    seed_both(6)
    normal_(np.empty(3)), torch.empty(3, dtype=torch.float64).normal_()  # leaves one in the cache
    assert_same_bits(standard_gamma(alphas), torch._standard_gamma(theirs))
    assert_same_state()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_binomial(dtype: str) -> None:
    counts, theirs = pair(lambda rng: np.floor(rng.random((50, 40)) * 500).astype(dtype))
    p, theirs_p = pair(lambda rng: rng.choice([0, 1, 0.01, 0.3, 0.5, 0.9], (50, 40)).astype(dtype))
    seed_both(6)
    assert_same_bits(binomial(counts, p), torch.binomial(theirs, theirs_p))
    assert_same_state()


# ------------------------------------------------------------------------------------- generators


@pytest.mark.parametrize("seed", [*SEEDS, -(2**63), 2**64 - 1, 2.7, "12", True])
def test_manual_seed(seed: Any) -> None:
    assert random.manual_seed(seed) is random.default_generator
    torch.manual_seed(int(seed))
    assert random.initial_seed() == torch.initial_seed()
    assert_same_state()


def test_new_generators_are_alike() -> None:
    ours, theirs = random.Generator(), torch.Generator()
    assert ours.initial_seed() == theirs.initial_seed()
    assert np.asarray(ours.get_state()).tobytes() == theirs.get_state().numpy().tobytes()
    assert_same_bits(
        normal_(np.empty(5), generator=ours),
        torch.empty(5, dtype=torch.float64).normal_(generator=theirs),
    )


def test_seed_is_drawn_anew() -> None:
    assert random.seed() != random.seed()
    assert random.seed() == random.initial_seed()
    generator = random.Generator()
    assert generator.seed() == generator.initial_seed()


@pytest.mark.parametrize("words", [0, 1, 5, 623, 624, 625, 1000])
@pytest.mark.parametrize("normals", [0, 1, 2])
def test_states_travel(words: int, normals: int) -> None:
    """From torch to here and back, in mid-block and with a normal waiting."""
    torch.manual_seed(99)
    torch.rand(words)
    torch.randn(normals)
    random.set_rng_state(torch.get_rng_state())
    assert_same_state()
    assert_same_bits(normal_(np.empty(7, np.float32)), torch.randn(7))
    torch.manual_seed(0)
    torch.set_rng_state(torch.from_numpy(state()))
    assert_same_state()
    assert_same_bits(uniform_(np.empty(900, np.float32)), torch.rand(900))
    assert_same_bits(normal_(np.empty(1, np.float32)), torch.randn(1))


def test_a_state_is_a_copy() -> None:
    generator = random.Generator()
    before = np.asarray(generator.get_state()).copy()
    kept = generator.get_state()
    uniform_(np.empty(10), generator=generator)
    assert np.array_equal(np.asarray(kept), before)
    assert generator.set_state(kept) is generator
    assert np.array_equal(np.asarray(generator.get_state()), before)


@pytest.mark.parametrize(
    "duplicate",
    [
        random.Generator.clone_state,
        copy.copy,
        copy.deepcopy,
        lambda generator: pickle.loads(pickle.dumps(generator)),
    ],
)
def test_duplicates_draw_the_same(duplicate: Callable[[Any], Any]) -> None:
    generator = random.Generator().manual_seed(8)
    normal_(np.empty(701), generator=generator)
    twin = duplicate(generator)
    assert twin.initial_seed() == 8
    first = normal_(np.empty((20, 5)).T, generator=generator)
    assert np.array_equal(normal_(np.empty((20, 5)).T, generator=twin), first)
    uniform_(np.empty(1), generator=twin)
    assert not np.array_equal(np.asarray(twin.get_state()), np.asarray(generator.get_state()))


def test_fork_rng() -> None:
    random.manual_seed(3)
    before = state()
    with random.fork_rng(devices=[]):
        uniform_(np.empty(5))
    assert np.array_equal(state(), before)
    with pytest.raises(KeyError), random.fork_rng():
        uniform_(np.empty(5))
        raise KeyError
    assert np.array_equal(state(), before)
    with random.fork_rng(enabled=False):
        uniform_(np.empty(5))
    assert not np.array_equal(state(), before)


def test_threads_share_a_generator() -> None:
    """Each word is given to one thread only, and none is lost."""
    random.manual_seed(11)
    parts = np.empty((4, 50, 999), np.float32)

    def draw(part: Any) -> None:
        for row in part:
            uniform_(row)

    threads = [threading.Thread(target=draw, args=(part,)) for part in parts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    torch.manual_seed(11)
    assert np.array_equal(np.sort(parts.ravel()), np.sort(torch.rand(parts.size).numpy()))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore:.*fork")
def test_a_forked_process_continues_the_stream() -> None:
    random.manual_seed(12)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, uniform_(np.empty(10)).tobytes())
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reader, 80) == uniform_(np.empty(10)).tobytes()


def run_python(code: str, **environment: str) -> str:
    process = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, **environment},
    )
    return process.stdout.strip()


def test_import_does_not_load_numba() -> None:
    code = "import sys, minitorch.random, minitorch.native.rejection_kernels; print(*sys.modules)"
    assert "numba" not in run_python(code).split()


def test_kernels_run_as_plain_python() -> None:
    """With NUMBA_DISABLE_JIT=1, for a debugger: the same numbers, without a warning."""
    code = """
import numpy as np
from minitorch.random import Generator
from minitorch.native.normal_kernels import normal_
from minitorch.native.integer_kernels import random_, randperm
generator = Generator().manual_seed(1)
numbers = [normal_(np.empty(17, np.float32), 0.1, 0.3, generator), randperm(5, generator=generator)]
numbers += [random_(np.empty(3, np.int64), 0, n, generator) for n in (9, 2**60)]
print(np.concatenate(numbers).tolist())
"""
    generator = torch.Generator().manual_seed(1)
    expected = torch.empty(17).normal_(0.1, 0.3, generator=generator).tolist()
    expected += torch.randperm(5, generator=generator).tolist()
    expected += torch.empty(3, dtype=torch.int64).random_(0, 9, generator=generator).tolist()
    expected += torch.empty(3, dtype=torch.int64).random_(0, 2**60, generator=generator).tolist()
    printed = run_python(code, NUMBA_DISABLE_JIT="1", PYTHONWARNINGS="error")
    assert ast.literal_eval(printed) == [float(number) for number in expected]


# ----------------------------------------------------------------------------------------- errors


def filled(name: str, dtype: str, *arguments: Any) -> tuple[Callable[[], Any], Callable[[], Any]]:
    ours = next(row.ours for row in FILLS if row.name == name)
    theirs = torch.empty(3, dtype=getattr(torch, dtype))
    return (
        lambda: ours(np.empty(3, dtype), *arguments),
        lambda: getattr(theirs, name)(*arguments),
    )


def called(name: str, ours: Any, values: Any, *arguments: Any) -> tuple[Any, Any]:
    array = np.asarray(values)
    if array.dtype == np.float64:
        array = array.astype(np.float32)
    return (
        lambda: ours(array, *arguments),
        lambda: getattr(torch, name)(torch.from_numpy(array), *arguments),
    )


NAN, INF = float("nan"), float("inf")
ERRORS = [
    *(
        filled("uniform_", "float32", *a)
        for a in [(1, 0), (INF, INF), (0, INF), (NAN, 1), (0, 1e39)]
    ),
    filled("uniform_", "float32", -3e38, 3e38),
    filled("uniform_", "float16", 0, 1e5),
    *(filled("uniform_", dtype) for dtype in ["int64", "bool"]),
    *(filled("normal_", "float32", 0, std) for std in [-1, NAN, -0.25]),
    *(filled("normal_", dtype) for dtype in ["int64", "bool"]),
    *(filled("log_normal_", "float32", 0, std) for std in [-1, 0]),
    *(filled("log_normal_", dtype) for dtype in ["int64", "complex64"]),
    *(filled("exponential_", "float32", rate) for rate in [0, -1, NAN]),
    *(filled("exponential_", dtype) for dtype in ["int64", "bool", "complex64"]),
    *(filled("cauchy_", "float32", 0, sigma) for sigma in [0, -1]),
    *(filled("cauchy_", dtype) for dtype in ["int64", "bool", "complex64"]),
    *(filled("geometric_", "float32", p) for p in [0, 1, -0.1, 1.5, NAN]),
    *(filled("geometric_", dtype, 0.5) for dtype in ["bool", "complex64", "uint16"]),
    *(filled("bernoulli_", "float32", p) for p in [-0.1, 1.5, NAN]),
    filled("bernoulli_", "complex64", 0.5),
    *(filled("random_", "uint8", *a) for a in [(5, 3), (3, 3), (0, 300), (-1, 5), (256, None)]),
    *(filled("random_", "bool", *a) for a in [(0, 3), (-1, 1), (2, None)]),
    *(filled("random_", "int8", *a) for a in [(0, 129), (-129, 5), (128, None)]),
    *(filled("random_", "int16", *a) for a in [(-5, 2**15 + 1), (2**20, 2**21)]),
    *(filled("random_", "float16", *a) for a in [(0, 70000), (-70000, 3), (2049, None)]),
    *(filled("random_", dtype) for dtype in ["uint16", "uint32", "uint64", "complex64"]),
    filled("random_", "uint64", 3, None),
    filled("random_", "complex64", 0, 5),
    filled("random_", "int32", -(2**63), None),
    called("bernoulli", lambda p: bernoulli_(np.empty_like(p), p), [0.5, 1.5]),
    called("bernoulli", lambda p: bernoulli_(np.empty_like(p), p), [0.5, NAN]),
    called("bernoulli", lambda p: bernoulli_(np.empty_like(p), p), [1, 0]),
    called("poisson", poisson, [1, -1.0]),
    called("poisson", poisson, [1, NAN]),
    called("poisson", poisson, [1]),
    called("_standard_gamma", standard_gamma, [1]),
    called("multinomial", multinomial, [1.0, 2], 0),
    called("multinomial", multinomial, [1.0, 2], 3),
    called("multinomial", multinomial, [1, 2], 1),
    called("multinomial", multinomial, [[[1.0]]], 1),
    called("multinomial", multinomial, 1.0, 1),
    *(called("multinomial", multinomial, [1.0, bad, 2], 2) for bad in [-1, INF, NAN]),
    *(called("multinomial", multinomial, [1.0, bad, 2], 2, True) for bad in [-1, INF, NAN]),
    *(called("multinomial", multinomial, [[1.0, 1], [0, 0]], 2, again) for again in [False, True]),
    (
        lambda: multinomial(np.broadcast_to(np.float32(1), 2**24 + 1), 1),
        lambda: torch.multinomial(torch.ones(1).expand(2**24 + 1), 1),
    ),
    (lambda: randperm(-1), lambda: torch.randperm(-1)),
    (lambda: randperm(257, "uint8"), lambda: torch.randperm(257, dtype=torch.uint8)),
    (lambda: randperm(129, "int8"), lambda: torch.randperm(129, dtype=torch.int8)),
    (lambda: randperm(2050, "float16"), lambda: torch.randperm(2050, dtype=torch.float16)),
    (lambda: randperm(2, "bool"), lambda: torch.randperm(2, dtype=torch.bool)),
    (lambda: randperm(2, "uint16"), lambda: torch.randperm(2, dtype=torch.uint16)),
]


@pytest.mark.parametrize("case", range(len(ERRORS)))
def test_errors(case: int) -> None:
    ours, theirs = ERRORS[case]
    with pytest.raises(Exception) as expected:
        theirs()
    with pytest.raises(type(expected.value)) as raised:
        ours()
    assert str(raised.value) == str(expected.value)


@pytest.mark.parametrize("name", [row.name for row in FILLS[:8]])
def test_elements_that_share_memory(name: str) -> None:
    ours = next(row.ours for row in FILLS if row.name == name)
    arguments = (0.5,) if name in ("bernoulli_", "geometric_") else ()
    shared = np.lib.stride_tricks.as_strided(np.empty(1, np.float32), (20,), (0,))
    with pytest.raises(RuntimeError) as expected:
        getattr(torch.empty(1).expand(20), name)(*arguments)
    with pytest.raises(RuntimeError) as raised:
        ours(shared, *arguments)
    assert str(raised.value) == str(expected.value)


@pytest.mark.parametrize("bounds", [(0, 2**25), (-(2**25), 4), (2**24 + 1, 2**24 + 2)])
def test_warning_of_inexact_integers(bounds: tuple[int, int]) -> None:
    with warnings.catch_warnings(record=True) as ours:
        warnings.simplefilter("always")
        random_(np.empty(3, np.float32), *bounds)
    with warnings.catch_warnings(record=True) as theirs:
        warnings.simplefilter("always")
        torch.empty(3).random_(*bounds)
    assert [str(w.message) for w in ours] == [
        str(w.message).split(" (Triggered")[0] for w in theirs
    ]


def broken_state(**fields: int) -> Any:
    broken = state().copy()
    for field, value in fields.items():
        broken.view(random._STATE_LAYOUT)[field] = value
    return broken


@pytest.mark.parametrize(
    "bad",
    [
        lambda: state()[:100],
        lambda: np.zeros(5056, np.uint8),
        lambda: state().astype(np.float32),
        lambda: np.stack([state(), state()], 1)[:, 0],
        lambda: broken_state(left=0),
        lambda: broken_state(left=625),
        lambda: broken_state(next=625),
        lambda: broken_state(seeded=0),
    ],
)
def test_bad_states(bad: Callable[[], Any]) -> None:
    before = state()
    with pytest.raises((RuntimeError, TypeError)) as expected:
        torch.Generator().set_state(torch.from_numpy(bad()))
    with pytest.raises(type(expected.value)) as raised:
        random.set_rng_state(bad())
    assert str(raised.value) == str(expected.value)
    assert np.array_equal(state(), before)


@pytest.mark.parametrize("seed", [2**64, -(2**63) - 1, 1.5, "a", None, True])
def test_bad_seeds(seed: Any) -> None:
    with pytest.raises((RuntimeError, ValueError, TypeError)) as expected:
        torch.Generator().manual_seed(seed)
    with pytest.raises(type(expected.value)) as raised:
        random.Generator().manual_seed(seed)
    assert str(raised.value) == str(expected.value)


def test_what_a_cpu_generator_has_not() -> None:
    generator = random.Generator()
    with pytest.raises(RuntimeError, match="CPU Generator does not use offset"):
        generator.get_offset()
    with pytest.raises(RuntimeError, match="CPU Generator does not use offset"):
        generator.set_offset(1)
    with pytest.raises(RuntimeError, match="cuda"):
        random.Generator("cuda")
    with pytest.raises(TypeError, match=r"expected a torch\.ByteTensor, but got list"):
        generator.set_state([1])
