"""Convolutions that meet many channels: columns, but only as many as the cache holds.

convolution_direct.py reads the image anew for every ROWS channels of the output. That pays while
image and weights are small. With a stride, the image is spread over several planes, whose lines are
short; and the deeper a network, the smaller its images and the more its channels. Here TERMS lines
of the matrix of columns are made for POSITIONS positions, of several images where one has fewer,
and all channels of the output take what they need from them before the next lines are made.

The weights are read as they lie. On one core, 256 channels of 8 x 8 become 512 of 4 x 4 at 129
GFLOP/s, which convolution_direct.py does at 72, and 128 of 16 x 16 become 256 of 8 x 8 at 154
instead of 126; with fewer weights both are alike. Gradients of weights gain nothing.

Mirrors aten/src/ATen/native/mkldnn/Conv.cpp. Left out: groups.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from minitorch._jit import kernel, prange
from minitorch.native.convolution_columns import Ints, Window
from minitorch.native.cpu.convolution_direct import fill_frame, threads_for
from minitorch.native.cpu.convolution_plan import Plan, plan_of
from minitorch.native.cpu.register_tiles import (
    COLUMNS,
    ROWS,
    TERMS,
    outer_columns,
)
from minitorch.native.cpu.scratch import scratch
from minitorch.native.cpu.strided_copies import scatter_lines
from minitorch.native.cpu.transposes import transpose
from minitorch.native.cpu.vector_instructions import (
    INT,
    LANES,
    Vectors,
    depends_on_instructions,
    instruction,
    intrinsic,
)

# Four tiles of columns: the weights, which may be too large for the cache, are read once for them.
POSITIONS = 4 * COLUMNS

# ------------------------------------------------------------------------------------- kernels


@intrinsic
def _copy_columns(
    typing_context: Any,
    out: Any,
    stride: Any,
    source: Any,
    offsets: Any,
    count: Any,
    columns: Any,
) -> Any:
    """out[k, j] = (source + offsets[k])[j] for k < count and j < columns <= LANES."""

    def write(
        v: Vectors, out: Any, stride: Any, source: Any, offsets: Any, count: Any, columns: Any
    ) -> None:
        mask = v.mask(INT(0), columns)
        with v.range(count) as loop:
            offset = v.number(v.moved(offsets, v.times(loop.index, 8)), INT)
            target = v.moved(out, v.times(stride, loop.index))
            v.store(v.load(v.moved(source, offset), mask), target, mask)

    return instruction(6, write)


@kernel
def fill_columns(
    columns: int,
    stride: int,
    frames: int,
    image_bytes: int,
    line_bytes: int,
    lines: int,
    width: int,
    first: int,
    last: int,
    offsets: int,
    count: int,
) -> None:
    """Lines of the matrix of columns: columns[k, j] for k < count and the positions
    first + j < last, each ``lines`` x ``width`` of which are an image.
    """
    position = first
    while position < last:
        image, place = position // (lines * width), position % (lines * width)
        line, x = place // width, place % width
        length = min(LANES, min(width - x, last - position))
        _copy_columns(
            columns + 4 * (position - first),
            stride,
            frames + image * image_bytes + line * line_bytes + 4 * x,
            offsets,
            count,
            length,
        )
        position += length


@kernel
def fill_frames(
    frames: Any, images: Any, first: int, last: int, planes: Any, steps: Any, shape: Any
) -> None:
    """Frames, one after the other, of images ``first`` to ``last``."""
    size = len(frames) // (last - first)
    for image in range(first, last):
        fill_frame(frames[(image - first) * size :], images[image], planes, steps, shape)


@kernel(parallel=True)
def panel_sums(
    out: Any,
    images: Any,
    weights: Any,
    row_stride: int,
    start: Any,
    planes: Any,
    parts: Any,
    chunks: Any,
    offsets: Any,
    scratch: Any,
    steps: Any,
    shape: Any,
    out_steps: Any,
    reads_image: bool,
    writes_out: bool,
    together: int,
    bands: int,
    threads: int,
) -> None:
    """out = weights @ columns + start. A task is a band of the rows, of ``together`` images.

    Args:
        chunks: (part, where its weights begin in a row, where its offsets begin, their number).
    """
    count, channels, height, width = images.shape
    rows = out.shape[1]
    frame_size = channels * len(planes) * shape[0] * shape[1] + COLUMNS
    image_bytes = 4 * (channels * height * width if reads_image else frame_size)
    frames_size = 0 if reads_image else together * frame_size
    kept = (rows + ROWS - 1) // ROWS * ROWS
    size = frames_size + (TERMS + kept) * POSITIONS
    tasks = (count + together - 1) // together * bands
    for thread in prange(threads):
        memory = scratch[thread * size : (thread + 1) * size]
        frames = memory[:frames_size]
        frames[:] = 0
        columns = memory[frames_size:].ctypes.data
        sums = memory[frames_size + TERMS * POSITIONS :]
        weight_rows = np.empty(ROWS, np.int64)
        current: Any = np.int64(-1)
        for task in range(tasks * thread // threads, tasks * (thread + 1) // threads):
            first_image = task // bands * together
            last_image = min(count, first_image + together)
            band = task % bands
            top = kept // ROWS * band // bands * ROWS
            bottom = min(rows, kept // ROWS * (band + 1) // bands * ROWS)
            if first_image != current and not reads_image:
                used = frames[: (last_image - first_image) * frame_size]
                fill_frames(used, images, first_image, last_image, planes, steps, shape)
            current = first_image
            source = images[first_image].ctypes.data if reads_image else frames.ctypes.data
            for part in range(len(parts)):
                positions = (last_image - first_image) * parts[part, 4] * parts[part, 5]
                for first in range(0, positions, POSITIONS):
                    _, _, y, x, lines, length, place, _ = parts[part]
                    last = min(positions, first + POSITIONS)
                    vectors = (last - first + LANES - 1) // LANES
                    for row in range(top, bottom):
                        sums[row * POSITIONS : (row + 1) * POSITIONS] = start[row]
                    for chunk in range(len(chunks)):
                        owner, where, terms, number = chunks[chunk]
                        if owner != part:
                            continue
                        fill_columns(
                            columns,
                            4 * POSITIONS,
                            source + place,
                            image_bytes,
                            4 * shape[1],
                            lines,
                            length,
                            first,
                            last,
                            offsets[terms:].ctypes.data,
                            number,
                        )
                        for row in range(top, bottom, ROWS):
                            for i in range(ROWS):
                                weight_rows[i] = 4 * min(row + i, rows - 1) * row_stride
                            outer_columns(
                                sums[row * POSITIONS :].ctypes.data,
                                4 * POSITIONS,
                                weights[where:].ctypes.data,
                                weight_rows.ctypes.data,
                                0,
                                columns,
                                4 * POSITIONS,
                                1,
                                number,
                                vectors * LANES,
                            )
                    if writes_out:  # an image is a line
                        length, lines = lines * length, 1
                    for row in range(top, bottom):
                        position = first
                        while position < last:
                            image, line = position // (lines * length), position // length % lines
                            column, run = position % length, length
                            # Whole lines where there are any, else what is left of one.
                            whole = min((last - position) // length, lines - line)
                            if column or not whole:
                                whole, run = 1, min(length - column, last - position)
                            target = out[first_image + image, row, y + line * out_steps[0]]
                            scatter_lines(
                                target.ctypes.data + 4 * (x + column * out_steps[1]),
                                4 * out_steps[0] * out.shape[3],
                                sums[row * POSITIONS + position - first :].ctypes.data,
                                4 * length,
                                out_steps[1],
                                whole,
                                run,
                            )
                            position += whole * run


depends_on_instructions(fill_columns)

# ----------------------------------------------------------------------------------- operations


class Panels(NamedTuple):
    """A plan, its terms in the order in which a row of the weights has them."""

    plan: Plan
    offsets: Any
    chunks: Any
    """(chunks, 4): of at most TERMS terms, see ``panel_sums``."""


@lru_cache(maxsize=512)
def _panels_of(
    is_forward: bool, size: Ints, source_size: Ints, taps: Ints, window: Window, channels: int
) -> Panels:
    """As ``plan_of``. A row of the weights has (channels, taps), turned ones (taps, channels)."""
    plan = plan_of(is_forward, size, source_size, taps, window, channels)
    if is_forward:
        terms = len(plan.offsets)
        chunks = [(0, k, k, min(TERMS, terms - k)) for k in range(0, terms, TERMS)]
        return Panels(plan, plan.offsets, np.array(chunks, np.int64))
    offsets: list[int] = []
    chunks = []
    for number, (first_tap, count, *_, place) in enumerate(plan.parts):
        of_part = plan.offsets[place : place + channels * count].reshape(channels, count)
        for i in range(count):
            for c in range(0, channels, TERMS):
                where = int(plan.taps[first_tap + i]) * channels + c
                chunks.append((number, where, len(offsets) + c, min(TERMS, channels - c)))
            offsets += of_part[:, i].tolist()
    chunk_array = np.array(chunks, np.int64).reshape(-1, 4)
    return Panels(plan, np.array(offsets, np.int64), chunk_array)


def _images_together(images: int, positions: int, wanted: int) -> int:
    """Of the numbers of images that have at most so many positions, the one whose last vector is
    the fullest; 1 at least.
    """
    most = max(1, min(images, wanted // positions))
    candidates = range(most, most // 2, -1)
    return max(candidates, key=lambda n: n * positions / -(-n * positions // LANES))


def convolve(input: Any, weight: Any, bias: Any, window: Window) -> Any:
    """weight * input + bias: as ``convolve`` of convolution_mm.py."""
    size, taps = input.shape[2:], weight.shape[2:]
    panels = _panels_of(True, size, size, taps, window, input.shape[1])
    out = np.empty((len(input), len(weight), *window.positions(size, taps)), np.float32)
    _run(out, input, weight, bias, panels)
    return out


def spread(input: Any, weight: Any, bias: Any, window: Window, size: Ints) -> Any:
    """The gradient of a convolution's input: as ``spread`` of convolution_mm.py."""
    rows, columns, taps = weight.shape[1], len(weight), weight.shape[2:]
    panels = _panels_of(False, size, input.shape[2:], taps, window, columns)
    turned = np.empty((rows * math.prod(taps), columns), np.float32)
    transpose_matrix(turned, weight.reshape(columns, -1))
    out = np.empty((len(input), rows, *size), np.float32)
    _run(out, input, turned, bias, panels)
    return out


@kernel
def transpose_matrix(out: Any, matrix: Any) -> None:
    rows, columns = matrix.shape
    # In bands of rows, whose pages the processor can keep in mind.
    for j in range(0, rows, 8 * LANES):
        height = min(8 * LANES, rows - j)
        for i in range(0, columns, LANES):
            transpose(
                out[i, j:].ctypes.data,
                4 * rows,
                matrix[j, i:].ctypes.data,
                4 * columns,
                height,
                min(LANES, columns - i),
                height,
            )


def _run(out: Any, input: Any, weights: Any, bias: Any, panels: Panels) -> None:
    plan, count, rows = panels.plan, len(input), out.shape[1]
    start = np.zeros(rows, np.float32) if bias is None else bias
    threads = threads_for(out.size * weights.size // rows, count * -(-rows // ROWS))
    largest = max([lines * width for _, _, _, _, lines, width, _, _ in plan.parts])
    together = _images_together(-(-count // threads), largest, POSITIONS)
    tasks = -(-count // together)
    bands = 1 if tasks % threads == 0 or tasks >= 8 * threads else threads
    frames = 0
    if not plan.reads_image:
        area = len(plan.planes) * math.prod(plan.frame)
        frames = together * (input.shape[1] * area + COLUMNS)
    kept = -(-rows // ROWS) * ROWS
    call = panel_sums if threads == 1 else panel_sums.on_all_threads
    call(
        out,
        input,
        weights.reshape(-1),
        weights.size // rows,
        start,
        plan.planes,
        plan.parts,
        panels.chunks,
        panels.offsets,
        scratch(threads * (frames + (TERMS + kept) * POSITIONS)),
        plan.steps,
        plan.frame,
        plan.out_steps,
        plan.reads_image,
        len(plan.parts) == 1 and plan.out_steps == (1, 1),
        together,
        bands,
        threads,
    )
