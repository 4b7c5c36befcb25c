"""Convolutions of images without columns: products in registers, of the image as it lies.

See convolution_plan.py for where the numbers lie, register_tiles.py for the products.

Mirrors aten/src/ATen/native/mkldnn/Conv.cpp. Left out: volumes, float64.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minitorch._jit import kernel, prange
from minitorch.backends import cpu
from minitorch.native.convolution_columns import Ints, Window
from minitorch.native.cpu.convolution_plan import Plan, plan_of
from minitorch.native.cpu.register_tiles import (
    COLUMNS,
    ROWS,
    copy_lines,
    dot_columns,
    outer_columns,
)
from minitorch.native.cpu.scratch import scratch
from minitorch.native.cpu.strided_copies import gather_lines, scatter_lines
from minitorch.native.cpu.transposes import transpose
from minitorch.native.cpu.vector_instructions import LANES

# Multiplications that are worth a second thread: 10 us of work.
MULTIPLICATIONS_PER_THREAD = 1_000_000


def threads_for(multiplications: int, tasks: int) -> int:
    wanted = min(cpu.get_num_threads(), tasks, multiplications // MULTIPLICATIONS_PER_THREAD)
    return max(1, wanted)


# ------------------------------------------------------------------------------------- kernels


@kernel(parallel=True)
def pack_weights(
    packed: Any, weight: Any, parts: Any, taps: Any, rows: int, columns: int, strides: Any
) -> None:
    """packed[g, part, m // LANES, c, k, m % LANES] = the weight of group g, row m, column c, tap k.

    Args:
        strides: in ``weight``, from a group, a row and a column to the next.
    """
    group_stride, row_stride, column_stride = strides
    blocks = (rows + LANES - 1) // LANES
    area = len(taps)
    for task in prange(len(packed) * blocks):
        window = np.empty((area, LANES), np.float32)
        group, block = task // blocks, task % blocks
        for column in range(columns):
            start = group * group_stride + block * LANES * row_stride + column * column_stride
            transpose(
                window.ctypes.data,
                4 * LANES,
                weight[start:].ctypes.data,
                4 * row_stride,
                rows - block * LANES,
                area,
                LANES,
            )
            for part in range(len(parts)):
                first, count = parts[part, 0], parts[part, 1]
                place = (first * blocks + block * count) * columns + column * count
                for k in range(count):
                    target = packed[group, (place + k) * LANES :].ctypes.data
                    source = window[taps[first + k]].ctypes.data
                    copy_lines(target, 0, source, 0, 1, 1, LANES)


@kernel
def fill_frame(frame: Any, image: Any, planes: Any, steps: Any, shape: Any) -> None:
    """Copy an image into its frame, whose border is zero already."""
    channels, height, width = image.shape
    step_y, step_x = steps
    lines, columns = shape
    address, source = frame.ctypes.data, image.ctypes.data
    for channel in range(channels):
        for plane in range(len(planes)):
            y, x = planes[plane]
            # The lines and columns of the plane that lie in the image.
            top, left = max(0, -(y // step_y)), max(0, -(x // step_x))
            bottom = min(lines, (height - 1 - y) // step_y + 1)
            right = min(columns, (width - 1 - x) // step_x + 1)
            first = (channel * height + y + top * step_y) * width + x + left * step_x
            gather_lines(
                address + 4 * (top * columns + left),
                4 * columns,
                source + 4 * first,
                4 * width * step_y,
                step_x,
                max(0, bottom - top),
                max(0, right - left),
            )
            address += 4 * lines * columns


@kernel(parallel=True)
def shifted_runs(
    out: Any,
    images: Any,
    packed: Any,
    start: Any,
    planes: Any,
    parts: Any,
    offsets: Any,
    scratch: Any,
    groups: int,
    steps: Any,
    shape: Any,
    out_steps: Any,
    longest: int,
    reads_image: bool,
    writes_out: bool,
    threads: int,
) -> None:
    """out = the sum of shifted runs, image by image.

    A task is ROWS channels of the output of one image.
    """
    count, channels = images.shape[:2]
    rows = out.shape[1] // groups
    columns = channels // groups
    blocks = (rows + ROWS - 1) // ROWS
    kept = (rows + LANES - 1) // LANES * LANES
    area = len(planes) * shape[0] * shape[1]
    frame_size = 0 if reads_image else channels * area + COLUMNS
    tasks = count * groups * blocks
    for thread in prange(threads):
        memory = scratch[thread * (frame_size + ROWS * longest) :]
        frame, runs = memory[:frame_size], memory[frame_size : frame_size + ROWS * longest]
        frame[:] = 0
        current = np.int64(-1)
        for task in range(tasks * thread // threads, tasks * (thread + 1) // threads):
            image = task // (groups * blocks)
            group = task // blocks % groups
            row = task % blocks * ROWS
            height = min(ROWS, rows - row)
            if image != current and not reads_image:
                fill_frame(frame, images[image], planes, steps, shape)
            current = image
            address = images[image].ctypes.data if reads_image else frame.ctypes.data
            for i in range(len(parts)):
                first_tap, taps, y, x, lines, width, first, offset = parts[i]
                place = first_tap * kept + row // LANES * LANES * taps
                length = (lines - 1) * shape[1] + width
                target, stride = runs.ctypes.data, 4 * longest
                if writes_out:
                    target = out[image, group * rows + row].ctypes.data
                    stride = 4 * length
                dot_columns(
                    target,
                    stride,
                    height,
                    start[group, row:].ctypes.data,
                    packed[group, place * columns + row % LANES :].ctypes.data,
                    address + 4 * group * columns * area + first,
                    offsets[offset:].ctypes.data,
                    columns * taps,
                    length,
                )
                if not writes_out:
                    for m in range(height):
                        scatter_lines(
                            out[image, group * rows + row + m, y, x:].ctypes.data,
                            4 * out_steps[0] * out.shape[3],
                            runs[m * longest :].ctypes.data,
                            4 * shape[1],
                            out_steps[1],
                            lines,
                            width,
                        )


@kernel(parallel=True)
def shifted_products(
    total: Any,
    images: Any,
    grad: Any,
    planes: Any,
    offsets: Any,
    scratch: Any,
    steps: Any,
    shape: Any,
    reads_image: bool,
    together: int,
    threads: int,
) -> None:
    """total[thread, group, (c, k), m] = the sum over positions o of frame[c][o + offset[k]] *
    grad[m, o], of a part of the images.

    Args:
        together: so many images are multiplied one after the other while their sums are at hand.
    """
    count, channels = images.shape[:2]
    groups, sums, rows_kept = total.shape[1:]
    rows = grad.shape[1] // groups
    lines, length = grad.shape[2:]
    area = len(planes) * shape[0] * shape[1]
    frame_size = 0 if reads_image else channels * area + COLUMNS
    grad_size = groups * lines * length * rows_kept
    for thread in prange(threads):
        share = together * (frame_size + grad_size)
        memory = scratch[thread * share : (thread + 1) * share]
        frames = memory[: together * frame_size]
        grads = memory[together * frame_size :]
        frames[:] = 0
        total[thread] = 0
        stop = count * (thread + 1) // threads
        for first in range(count * thread // threads, stop, together):
            last = min(stop, first + together)
            for image in range(first, last):
                i = image - first
                if not reads_image:
                    frame = frames[i * frame_size : (i + 1) * frame_size]
                    fill_frame(frame, images[image], planes, steps, shape)
                for group in range(groups):
                    transpose(
                        grads[i * grad_size + group * lines * length * rows_kept :].ctypes.data,
                        4 * rows_kept,
                        grad[image, group * rows].ctypes.data,
                        4 * lines * length,
                        rows,
                        lines * length,
                        rows_kept,
                    )
            for group in range(groups):
                for k in range(0, sums, ROWS):
                    for image in range(first, last):
                        i = image - first
                        if reads_image:
                            address = images[image].ctypes.data
                        else:
                            address = frames[i * frame_size :].ctypes.data
                        outer_columns(
                            total[thread, group, k].ctypes.data,
                            4 * rows_kept,
                            address + 4 * group * (channels // groups) * area,
                            offsets[k:].ctypes.data,
                            4 * shape[1],
                            grads[i * grad_size + group * lines * length * rows_kept :].ctypes.data,
                            4 * rows_kept,
                            lines,
                            length,
                            rows_kept,
                        )


@kernel
def transpose_sums(out: Any, total: Any, rows: int, sums: int) -> None:
    """out[g, m, k] = total[g, k, m]"""
    groups, _, kept = total.shape
    address = out.ctypes.data
    for group in range(groups):
        transpose(
            address + 4 * group * rows * sums,
            4 * sums,
            total[group].ctypes.data,
            4 * kept,
            sums,
            rows,
            sums,
        )


# ----------------------------------------------------------------------------------- operations


def _round_up(n: int, step: int) -> int:
    return -(-n // step) * step


def convolve(input: Any, weight: Any, bias: Any, window: Window) -> Any:
    """weight * input + bias: as ``convolve`` of convolution_mm.py."""
    size, taps = input.shape[2:], weight.shape[2:]
    rows, columns = len(weight) // window.groups, weight.shape[1]
    plan = plan_of(True, size, size, taps, window, columns)
    out = np.empty((len(input), len(weight), *window.positions(size, taps)), np.float32)
    area = math.prod(taps)
    strides = rows * columns * area, columns * area, area
    _run(out, input, weight, bias, rows, columns, strides, plan, window.groups)
    return out


def spread(input: Any, weight: Any, bias: Any, window: Window, size: Ints) -> Any:
    """The gradient of a convolution's input: as ``spread`` of convolution_mm.py."""
    taps = weight.shape[2:]
    rows, columns = weight.shape[1], len(weight) // window.groups
    plan = plan_of(False, size, input.shape[2:], taps, window, columns)
    out = np.empty((len(input), rows * window.groups, *size), np.float32)
    area = math.prod(taps)
    strides = rows * columns * area, area, rows * area
    _run(out, input, weight, bias, rows, columns, strides, plan, window.groups)
    return out


def _run(
    out: Any,
    input: Any,
    weight: Any,
    bias: Any,
    rows: int,
    columns: int,
    strides: Ints,
    plan: Plan,
    groups: int,
) -> None:
    kept = _round_up(rows, LANES)
    packed = np.empty((groups, kept * columns * len(plan.taps)), np.float32)
    pack_weights(packed, weight.reshape(-1), plan.parts, plan.taps, rows, columns, strides)
    start = np.zeros((groups, kept), np.float32)
    if bias is not None:
        start[:, :rows] = bias.reshape(groups, rows)
    work = len(input) * groups * rows * columns * len(plan.taps) * plan.run // len(plan.parts)
    threads = threads_for(work, len(input) * groups * -(-rows // ROWS))
    frame = 0
    if not plan.reads_image:
        frame = input.shape[1] * len(plan.planes) * math.prod(plan.frame) + COLUMNS
    call = shifted_runs if threads == 1 else shifted_runs.on_all_threads
    call(
        out,
        input,
        packed,
        start,
        plan.planes,
        plan.parts,
        plan.offsets,
        scratch(threads * (frame + ROWS * plan.run)),
        groups,
        plan.steps,
        plan.frame,
        plan.out_steps,
        plan.run,
        plan.reads_image,
        plan.writes_out,
        threads,
    )


# Positions that are multiplied while a tile of sums is at hand.
POSITIONS_TOGETHER = 200


def correlate(input: Any, grad: Any, weight_shape: Ints, window: Window) -> Any:
    """The gradient of the weight: as ``correlate`` of convolution_mm.py."""
    size, taps, groups = input.shape[2:], weight_shape[2:], window.groups
    rows, columns = weight_shape[0] // groups, weight_shape[1]
    plan = plan_of(True, size, size, taps, window, columns)
    sums = columns * math.prod(taps)
    kept, rows_kept = _round_up(sums, ROWS), _round_up(rows, LANES)
    offsets = np.full(kept, plan.offsets[-1])
    offsets[:sums] = plan.offsets
    positions = math.prod(grad.shape[2:])
    threads = threads_for(len(input) * groups * sums * rows * positions, len(input))
    together = max(1, min(len(input) // threads, POSITIONS_TOGETHER // positions))
    frame = 0
    if not plan.reads_image:
        frame = input.shape[1] * len(plan.planes) * math.prod(plan.frame) + COLUMNS
    share = together * (frame + groups * positions * rows_kept)
    memory = scratch(threads * (share + groups * kept * rows_kept))
    total = memory[threads * share :][: threads * groups * kept * rows_kept]
    total = total.reshape(threads, groups, kept, rows_kept)
    call = shifted_products if threads == 1 else shifted_products.on_all_threads
    call(
        total,
        input,
        grad,
        plan.planes,
        offsets,
        memory,
        plan.steps,
        plan.frame,
        plan.reads_image,
        together,
        threads,
    )
    out = np.empty(weight_shape, np.float32)
    transpose_sums(out, total[0] if threads == 1 else total.sum(axis=0), rows, sums)
    return out
