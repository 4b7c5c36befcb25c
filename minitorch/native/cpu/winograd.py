"""3x3 convolutions with 16 multiplications for 4 outputs instead of 36: Winograd's F(2x2, 3x3).

A tile of 4 x 4 inputs d and a window g give 2 x 2 outputs,

    A^T [(G g G^T) * (B^T d B)] A          (* is element by element),

    B^T = 1  0 -1  0     G = 1    0    0      A^T = 1  1  1  0
          0  1  1  0         1/2  1/2  1/2          0  1 -1 -1
          0 -1  1  0         1/2 -1/2  1/2
          0  1  0 -1         0    0    1

whose transforms are a few additions. For all channels together, element (i, j) of the products is a
matrix product of its own: 16 of (M, C) @ (C, tiles). The gradient of the input is the same with the
window turned around; that of the weight is G^T [sum over tiles of (B^T d B) * (A grad A^T)] G.

Tiles follow each other along a line of the output, lines along the batch; as many lines as the
cache holds are computed together. Short lines share a vector: of images 8 wide, whose lines are 4
tiles, the transforms of four lines take as long as those of one.

NaN and inf spread over the four outputs of a tile here, and inf - inf makes new NaN: an image whose
output is not finite is computed again by the direct kernels.

Mirrors aten/src/ATen/native/NNPACK.cpp. Left out: larger tiles, F(4x4, 3x3), which round too
coarsely. F(2x2, 3x3) rounds as torch does: of 64 channels of 32 x 32, the output's error is 2.6e-7
of its standard deviation (torch 2.2e-7), that of the weight's gradient 3.8e-7 (torch 1.6e-6).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minitorch._jit import kernel, prange
from minitorch.native.convolution_columns import Ints, Window
from minitorch.native.cpu import convolution_direct as direct
from minitorch.native.cpu.convolution_direct import threads_for
from minitorch.native.cpu.register_tiles import ROWS, dot_columns, outer_columns
from minitorch.native.cpu.scratch import scratch
from minitorch.native.cpu.vector_instructions import LANES
from minitorch.native.cpu.winograd_transforms import (
    find_rows,
    transform_grads,
    transform_inputs,
    transform_products,
)
from minitorch.native.cpu.winograd_weights import transform_weights, weights_from_tiles

# ------------------------------------------------------------------------------------- kernels


@kernel(parallel=True)
def tiles_kernel(
    out: Any,
    is_finite: Any,
    images: Any,
    packed: Any,
    start: Any,
    offsets: Any,
    scratch: Any,
    padding: Any,
    together: int,
    slots: int,
    parts: int,
    threads: int,
) -> None:
    """The convolution. ``is_finite`` of an image becomes False where its output is not.

    Args:
        together: lines of tiles that are computed at a time; a multiple of ``parts``.
        slots, parts: see ``transform_inputs``.
    """
    count, channels, _, width = images.shape
    rows, out_height, out_width = out.shape[1:]
    lines, tiles = (out_height + 1) // 2, (out_width + 1) // 2
    # LANES more: planes a multiple of 4 KiB apart would share a few places of the cache.
    stride = together * slots + LANES
    inputs_size, products_size = channels * stride + LANES, rows * stride + LANES
    size = 16 * (inputs_size + products_size) + out_width + width + 4 * LANES
    pieces = (count * lines + together - 1) // together
    for thread in prange(threads):
        memory = scratch[thread * size : (thread + 1) * size]
        memory[size - width - 4 * LANES :] = 0
        inputs = memory.ctypes.data
        products = inputs + 4 * 16 * inputs_size
        spare = products + 4 * 16 * products_size
        zeros = spare + 4 * out_width
        places, steps = np.empty((together, 4), np.int64), np.empty((together, 4), np.int64)
        targets, strides = np.empty((together, 2), np.int64), np.empty((together, 2), np.int64)
        for piece in range(pieces * thread // threads, pieces * (thread + 1) // threads):
            first, last = piece * together, min((piece + 1) * together, count * lines)
            used = (last - first + parts - 1) // parts * parts
            find_rows(places[:used], steps[:used], images, zeros, first, last, lines, -padding[0])
            find_rows(targets[:used], strides[:used], out, spare, first, last, lines, 0)
            transform_inputs(
                inputs,
                inputs_size,
                stride,
                places[:used],
                steps[:used],
                channels,
                width,
                -padding[1],
                tiles,
                slots,
                parts,
            )
            for plane in range(16):
                for row in range(0, rows, ROWS):
                    dot_columns(
                        products + 4 * (plane * products_size + row * stride),
                        4 * stride,
                        min(ROWS, rows - row),
                        zeros,
                        packed[plane, row // LANES * channels, row % LANES :].ctypes.data,
                        inputs + 4 * plane * inputs_size,
                        offsets.ctypes.data,
                        channels,
                        used * slots,
                    )
            transform_products(
                is_finite,
                products,
                products_size,
                stride,
                targets[:used],
                strides[:used],
                start,
                out_width,
                slots,
                parts,
                first,
                lines,
            )


@kernel(parallel=True)
def tile_products(
    total: Any,
    images: Any,
    grad: Any,
    offsets: Any,
    scratch: Any,
    padding: Any,
    kept: int,
    together: int,
    slots: int,
    parts: int,
    bands: int,
    threads: int,
) -> None:
    """total[share, plane, c * kept + m] = the sum over tiles of (B^T d B) * (A grad A^T).

    Args:
        bands: of the rows m, each of which has threads of its own; these share the tiles.
    """
    count, channels, _, width = images.shape
    out_height, out_width = grad.shape[2:]
    lines, tiles = (out_height + 1) // 2, (out_width + 1) // 2
    stride = together * slots + LANES
    inputs_size, grads_size = channels * stride + LANES, together * slots * kept + LANES
    size = 16 * (inputs_size + grads_size) + 2 * out_width * kept + width + kept + 4 * LANES
    pieces = (count * lines + together - 1) // together
    blocks, shares = kept // LANES, threads // bands
    for thread in prange(threads):
        band, share = thread % bands, thread // bands
        top, bottom = blocks * band // bands * LANES, blocks * (band + 1) // bands * LANES
        height = bottom - top
        for plane in range(16):
            for channel in range(len(offsets)):
                total[share, plane, channel * kept + top : channel * kept + bottom] = 0
        memory = scratch[thread * size : (thread + 1) * size]
        memory[size - width - kept - 4 * LANES :] = 0
        inputs = memory.ctypes.data
        grads = inputs + 4 * 16 * inputs_size
        positions = grads + 4 * 16 * grads_size
        zeros = positions + 4 * 2 * out_width * kept
        places, steps = np.empty((together, 4), np.int64), np.empty((together, 4), np.int64)
        for piece in range(pieces * share // shares, pieces * (share + 1) // shares):
            first, last = piece * together, min((piece + 1) * together, count * lines)
            used = (last - first + parts - 1) // parts * parts
            find_rows(places[:used], steps[:used], images, zeros, first, last, lines, -padding[0])
            transform_inputs(
                inputs,
                inputs_size,
                stride,
                places[:used],
                steps[:used],
                channels,
                width,
                -padding[1],
                tiles,
                slots,
                parts,
            )
            transform_grads(
                grads, grads_size, grad, top, bottom, positions, zeros, first, last, lines, slots
            )
            for plane in range(16):
                for channel in range(0, len(offsets), ROWS):
                    outer_columns(
                        total[share, plane, channel * kept + top :].ctypes.data,
                        4 * kept,
                        inputs + 4 * plane * inputs_size,
                        offsets[channel:].ctypes.data,
                        0,
                        grads + 4 * plane * grads_size,
                        4 * height,
                        1,
                        (last - first) * slots,
                        height,
                    )


# ----------------------------------------------------------------------------------- operations

# Tiles that are computed together: as many as the second-level cache holds the transforms of; more
# where it cannot hold the weights, which are read once for all of them: of 512 channels, 128 tiles
# take 6.9 ms together, 8.0 in three parts.
CACHE_BYTES = 1 << 20
MOST_TILES = 200
FEWEST_TILES = 48
FEWEST_TILES_OF_MANY_WEIGHTS = 128


def _are_many(weights: int) -> bool:
    return 4 * 16 * weights > CACHE_BYTES


def _lanes_of_line(tiles: int) -> tuple[int, int]:
    """Lanes for each line of so many tiles, and how many lines share a vector.

    Lines of few tiles do, if the tiles leave few of the lanes empty.
    """
    for parts in (8, 4, 2):
        slots = LANES // parts
        if slots >= 2 and 8 * tiles >= 7 * slots and tiles <= slots:
            return slots, parts
    return tiles, 1


def _lines_together(slots: int, parts: int, lines: int, rows: int, columns: int) -> int:
    """How many lines of so many lanes to compute together, of all ``lines``."""
    fewest = FEWEST_TILES_OF_MANY_WEIGHTS if _are_many(rows * columns) else FEWEST_TILES
    wanted = min(max(CACHE_BYTES // (4 * 16 * (rows + columns)), fewest), MOST_TILES)
    if parts > 1:
        return parts * max(1, min(wanted // LANES, -(-lines // parts)))
    most = max(1, min(wanted // slots, lines))
    # Vectors are whole: of these numbers of lines, the one whose last vector is the fullest.
    candidates = range(most, most // 2, -1)
    return max(candidates, key=lambda n: n * slots / -(-n * slots // LANES))


def convolve(input: Any, weight: Any, bias: Any, window: Window) -> Any:
    """weight * input + bias: as ``convolve`` of convolution_mm.py."""
    rows, columns = weight.shape[:2]
    out = np.empty((len(input), rows, *window.positions(input.shape[2:], (3, 3))), np.float32)
    wrong = _run(out, input, weight, bias, rows, columns, window.padding, False)
    if wrong is not None:
        out[wrong] = direct.convolve(input[wrong], weight, bias, window)
    return out


def spread(input: Any, weight: Any, bias: Any, window: Window, size: Ints) -> Any:
    """The gradient of a convolution's input: as ``spread`` of convolution_mm.py."""
    columns, rows = weight.shape[:2]
    out = np.empty((len(input), rows, *size), np.float32)
    padding = 2 - window.padding[0], 2 - window.padding[1]
    wrong = _run(out, input, weight, bias, rows, columns, padding, True)
    if wrong is not None:
        out[wrong] = direct.spread(input[wrong], weight, bias, window, size)
    return out


def _run(
    out: Any,
    input: Any,
    weight: Any,
    bias: Any,
    rows: int,
    columns: int,
    padding: Ints,
    turned: bool,
) -> Any:
    """Fill ``out``; return the numbers of the images that have to be computed again, if any."""
    packed = np.empty((16, -(-rows // LANES) * columns + 1, LANES), np.float32)
    strides = (9, 9 * rows) if turned else (9 * columns, 9)
    transform_weights(packed, weight.reshape(-1), rows, columns, *strides, turned)
    start = np.zeros(rows, np.float32) if bias is None else bias
    lines, tiles = -(-out.shape[2] // 2), -(-out.shape[3] // 2)
    lines *= len(input)
    threads = threads_for(16 * lines * tiles * rows * columns, lines)
    slots, parts = _lanes_of_line(tiles)
    together = _lines_together(slots, parts, -(-lines // threads), rows, columns)
    stride = together * slots + LANES
    size = 16 * ((columns + rows) * stride + 2 * LANES) + out.shape[3] + input.shape[3] + 4 * LANES
    is_finite = np.ones(len(input), np.bool_)
    call = tiles_kernel if threads == 1 else tiles_kernel.on_all_threads
    call(
        out,
        is_finite,
        input,
        packed,
        start,
        4 * stride * np.arange(columns),
        scratch(threads * size),
        padding,
        together,
        slots,
        parts,
        threads,
    )
    return None if is_finite.all() else np.flatnonzero(~is_finite)


def correlate(input: Any, grad: Any, weight_shape: Ints, window: Window) -> Any:
    """The gradient of the weight: as ``correlate`` of convolution_mm.py."""
    rows, columns = weight_shape[:2]
    sums, kept = -(-columns // ROWS) * ROWS, -(-rows // LANES) * LANES
    lines, tiles = -(-grad.shape[2] // 2), -(-grad.shape[3] // 2)
    lines *= len(input)
    width, out_width = input.shape[3], grad.shape[3]
    threads = threads_for(16 * lines * tiles * rows * columns, lines)
    # Sums of many weights are not kept twice; the inputs are transformed twice instead.
    bands = threads if _are_many(rows * columns) and kept >= threads * LANES else 1
    slots, parts = _lanes_of_line(tiles)
    together = _lines_together(slots, parts, -(-lines * bands // threads), kept, columns)
    stride = together * slots + LANES
    size = 16 * (columns * stride + kept * together * slots + 2 * LANES)
    size += 2 * out_width * kept + width + kept + 4 * LANES
    plane_size = sums * kept + LANES
    shares = threads // bands
    memory = scratch(threads * size + shares * 16 * plane_size)
    total = memory[threads * size :][: shares * 16 * plane_size]
    total = total.reshape(shares, 16, plane_size)
    offsets = 4 * stride * np.minimum(np.arange(sums), columns - 1)
    call = tile_products if threads == 1 else tile_products.on_all_threads
    padding = window.padding
    call(total, input, grad, offsets, memory, padding, kept, together, slots, parts, bands, threads)
    out = np.empty(weight_shape, np.float32)
    weights_from_tiles(out, total, kept)
    if not np.isfinite(np.vdot(out, out)):
        return direct.correlate(input, grad, weight_shape, window)
    return out
