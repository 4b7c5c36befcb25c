"""Random numbers: torch's CPU stream, bit for bit.

A ``Generator`` owns a Mersenne Twister (MT19937): 624 words of 32 bits that are read in order and,
once used up, all replaced. ``next_words`` reads them many at a time, ``next_word`` one at a time;
what a distribution makes of them stands in native/distribution_kernels.py.

Mirrors torch/random.py, aten/src/ATen/CPUGeneratorImpl.cpp and
aten/src/ATen/core/MT19937RNGEngine.h. Left out: other devices' generators (Philox), graph-safe
states, ``thread_safe_generator``.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minitorch import _device
from minitorch._jit import kernel

__all__ = [
    "Generator",
    "default_generator",
    "fork_rng",
    "get_rng_state",
    "initial_seed",
    "manual_seed",
    "seed",
    "set_rng_state",
]

# The names of Matsumoto and Nishimura, "Mersenne Twister" (1998): a block has N words, and a new
# word is made of its old self, its right neighbour and the word M places on.
N = 624
M = 397
UPPER_BIT = np.uint32(0x80000000)
LOWER_BITS = np.uint32(0x7FFFFFFF)
TWIST_MATRIX = np.uint32(0x9908B0DF)
TEMPERING_MASK_B = np.uint32(0x9D2C5680)
TEMPERING_MASK_C = np.uint32(0xEFC60000)

# An engine is an array of N + 2 words: the block, then torch's two counters. After word p of a
# block LEFT holds N + 1 - p and NEXT holds p; LEFT == 1 says that the block is used up.
LEFT = N
NEXT = N + 1

_DEFAULT_SEED = 67280421310721  # of every torch.Generator() that was given none


@kernel
def _twisted(word: Any, neighbour: Any, far_word: Any) -> Any:
    mixed = np.uint32((word & UPPER_BIT) | (neighbour & LOWER_BITS))
    return far_word ^ (mixed >> np.uint32(1)) ^ (TWIST_MATRIX * (mixed & np.uint32(1)))


@kernel
def _next_block(engine: Any) -> None:
    """Replace all N words. In place: each reads words not yet replaced, or replaced long before."""
    for i in range(N - M):
        engine[i] = _twisted(engine[i], engine[i + 1], engine[i + M])
    for i in range(N - M, N - 1):
        engine[i] = _twisted(engine[i], engine[i + 1], engine[i + M - N])
    engine[N - 1] = _twisted(engine[N - 1], engine[0], engine[M - 1])
    engine[LEFT] = N + 1
    engine[NEXT] = 0


@kernel
def _tempered(word: Any) -> Any:
    """Scramble a word of the block, so that nearby outputs look unrelated."""
    word = np.uint32(word ^ (word >> np.uint32(11)))
    word = np.uint32(word ^ ((word << np.uint32(7)) & TEMPERING_MASK_B))
    word = np.uint32(word ^ ((word << np.uint32(15)) & TEMPERING_MASK_C))
    return np.uint32(word ^ (word >> np.uint32(18)))


@kernel(inline=True)  # as a function of its own, with all of _next_block in it, it took 9 ns, not 2
def next_word(engine: Any) -> Any:
    """One word of 32 random bits."""
    if engine[LEFT] == 1:
        _next_block(engine)
    word = _tempered(engine[engine[NEXT]])
    engine[LEFT] -= 1
    engine[NEXT] += 1
    return word


@kernel
def next_words(out: Any, engine: Any) -> None:
    """Fill ``out`` (uint32) with the words that as many calls of ``next_word`` would return."""
    filled = 0
    while filled < out.size:
        if engine[LEFT] == 1:
            _next_block(engine)
        first = engine[NEXT]
        count = min(out.size - filled, N - first)
        block = engine[first : first + count]
        part = out[filled : filled + count]
        for i in range(count):
            part[i] = _tempered(block[i])
        engine[LEFT] -= count
        engine[NEXT] += count
        filled += count


# get_state() as torch lays it out, for its checkpoints: the struct of 2011's Lua Torch, whose words
# took 64 bits each, with the cache for a float normal, never filled on a CPU, added at the end.
_STATE_LAYOUT = np.dtype(
    [
        ("initial_seed", "<u8"),
        ("left", "<i4"),
        ("seeded", "<i4"),
        ("next", "<u8"),
        ("block", "<u8", (N,)),
        ("normal_x", "<f8"),
        ("normal_y", "<f8"),
        ("normal_rho", "<f8"),
        ("normal_is_valid", "<i4"),
        ("padding", "<i4"),
        ("next_float_normal", "<f4"),
        ("next_float_normal_is_valid", "u1"),
        ("end_padding", "u1", (3,)),
    ]
)


# States are tensors in torch: _tensor.py, which stands above this file, puts its own function here.
wrap_state: Callable[[NDArray[np.uint8]], Any] = lambda array: array  # noqa: E731


class Generator:
    """A source of random numbers: the same seed gives torch's numbers.

    >>> from minitorch.random import Generator
    >>> Generator().manual_seed(-1).initial_seed()
    18446744073709551615

    Attributes:
        engine: the Mersenne Twister's words and counters, for the kernels.
        next_normal: NaN, or the second normal of a pair of which only the first has been used.
        lock: held while a kernel advances the engine, since kernels release Python's own lock.
    """

    __slots__ = ("_initial_seed", "device", "engine", "lock", "next_normal")

    def __init__(self, device: Any = "cpu") -> None:
        if str(getattr(device, "type", device) or "cpu") != "cpu":
            raise RuntimeError(f"minitorch has no random generator for device {device}")
        self.device = _device.device("cpu")
        self.engine = np.empty(N + 2, np.uint32)
        self.next_normal = np.empty(1, np.float64)
        self.lock = threading.Lock()
        self._reset(_DEFAULT_SEED)

    def _reset(self, seed: int) -> None:
        """Fill the block from a seed, of which MT19937 uses the lower 32 bits.

        Plain Python: 0.1 ms, where the first use of Numba would take 0.2 s.
        """
        word = seed & 0xFFFFFFFF
        block = [word]
        for i in range(1, N):
            word = (1812433253 * (word ^ (word >> 30)) + i) & 0xFFFFFFFF
            block.append(word)
        with self.lock:
            self._initial_seed = seed
            self.engine[:N] = block
            self.engine[LEFT] = 1
            self.engine[NEXT] = 0
            self.next_normal[0] = np.nan

    def manual_seed(self, seed: int) -> Generator:
        """Restart from ``seed``, an integer of 64 bits, signed or not; negative ones wrap."""
        if isinstance(seed, bool) or not isinstance(seed, int | np.integer):
            raise RuntimeError(f"manual_seed expected a long, but got {type(seed).__name__}")
        if not -(2**63) <= seed < 2**64:
            raise ValueError("Overflow when unpacking long long")
        self._reset(int(seed) & 0xFFFFFFFFFFFFFFFF)
        return self

    def seed(self) -> int:
        """Restart from a seed that the operating system draws, and return it."""
        seed = int.from_bytes(os.urandom(8), "little")
        self._reset(seed)
        return seed

    def initial_seed(self) -> int:
        """The seed of the last restart."""
        return self._initial_seed

    def _state_array(self) -> NDArray[np.uint8]:
        state = np.zeros((), _STATE_LAYOUT)
        with self.lock:
            state["initial_seed"] = self._initial_seed
            state["left"] = self.engine[LEFT]
            state["seeded"] = 1
            state["next"] = self.engine[NEXT]
            state["block"] = self.engine[:N]
            if not np.isnan(self.next_normal[0]):
                state["normal_y"] = self.next_normal[0]
                state["normal_is_valid"] = 1
        return np.frombuffer(bytearray(state.tobytes()), np.uint8)

    def get_state(self) -> Any:
        """The generator's state as a ByteTensor of 5056 elements, which torch reads too."""
        return wrap_state(self._state_array())

    def set_state(self, new_state: Any) -> Generator:
        """Continue from a state that ``get_state``, here or in torch, has returned."""
        if not hasattr(new_state, "__array__"):
            raise TypeError(f"expected a torch.ByteTensor, but got {type(new_state).__name__}")
        array = np.asarray(new_state)
        if array.dtype != np.uint8:
            raise TypeError("RNG state must be a torch.ByteTensor")
        if not array.flags.c_contiguous:
            raise RuntimeError("RNG state must be contiguous")
        if array.size != _STATE_LAYOUT.itemsize:
            raise RuntimeError(
                f"Expected a CPUGeneratorImplState of size {_STATE_LAYOUT.itemsize} "
                f"but found the input RNG state size to be {array.size}"
            )
        state = array.reshape(-1).view(_STATE_LAYOUT)[0]
        if not (state["seeded"] == 1 and 0 < state["left"] <= N and state["next"] <= N):
            raise RuntimeError("Invalid mt19937 state")
        with self.lock:
            self._initial_seed = int(state["initial_seed"])
            self.engine[:N] = state["block"]
            self.engine[LEFT] = state["left"]
            self.engine[NEXT] = state["next"]
            self.next_normal[0] = state["normal_y"] if state["normal_is_valid"] else np.nan
        return self

    def clone_state(self) -> Generator:
        """A new generator that will draw the same numbers as this one."""
        return Generator(self.device).set_state(self._state_array())

    def get_offset(self) -> int:
        raise RuntimeError("CPU Generator does not use offset")

    def set_offset(self, offset: int) -> Generator:
        raise RuntimeError("CPU Generator does not use offset")

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle, and copy, as the device and the state."""
        return Generator, (self.device,), self._state_array()

    def __setstate__(self, state: NDArray[np.uint8]) -> None:
        self.set_state(state)


default_generator = Generator()
default_generator.seed()


def manual_seed(seed: Any) -> Generator:
    """Restart the default generator from ``seed``, and return it.

    >>> from minitorch import random
    >>> random.manual_seed(2.5).initial_seed()
    2
    """
    return default_generator.manual_seed(int(seed))


def seed() -> int:
    """Restart the default generator from a seed drawn by the operating system, and return it."""
    return default_generator.seed()


def initial_seed() -> int:
    """The seed that the default generator was last restarted from."""
    return default_generator.initial_seed()


def get_rng_state() -> Any:
    """The state of the default generator, as a ByteTensor."""
    return default_generator.get_state()


def set_rng_state(new_state: Any) -> None:
    """Let the default generator continue from ``new_state``."""
    default_generator.set_state(new_state)


@contextmanager
def fork_rng(
    devices: Iterable[Any] | None = None, enabled: bool = True, device_type: str | None = None
) -> Iterator[None]:
    """Give the default generator its present state back when the block ends.

    ``devices`` lists others whose generators to fork as well; there are none here.
    """
    if not enabled or device_type == "meta":
        yield
        return
    state = default_generator.get_state()
    try:
        yield
    finally:
        default_generator.set_state(state)
