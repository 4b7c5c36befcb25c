"""Selecting and sorting, step for step as libstdc++ and ATen do it.

Which of several equal elements comes first depends on the steps of the algorithm, and torch returns
what its algorithms leave. Each kernel works on one row and moves indices along with the values.

Mirrors quick_select_template of aten/src/ATen/native/Sorting.cpp, and std::nth_element,
std::partial_sort and std::sort, which TopKImpl.h and the kernel of ``mode`` call.
"""

from __future__ import annotations

from typing import Any

from minitorch._jit import kernel


@kernel(inline=True)
def _before(x: Any, y: Any, largest: bool) -> Any:
    """Whether x comes before y; NaN counts as largest."""
    if largest:
        return (x != x and y == y) or x > y
    return (x == x and y != y) or x < y


@kernel(inline=True)
def _swap(values: Any, indices: Any, i: int, j: int) -> None:
    values[i], values[j] = values[j], values[i]
    indices[i], indices[j] = indices[j], indices[i]


@kernel
def _quick_select(values: Any, indices: Any, k: int) -> None:
    """Bring the k-th smallest to place k, by Sedgewick's quickselect (median of three)."""
    left, right = 0, values.size - 1
    while True:
        if right <= left:
            return
        if right == left + 1:
            if _before(values[left], values[right], True):
                _swap(values, indices, left, right)
            return
        _swap(values, indices, (left + right) >> 1, left + 1)
        if _before(values[left + 1], values[right], True):
            _swap(values, indices, left + 1, right)
        if _before(values[left], values[right], True):
            _swap(values, indices, left, right)
        if _before(values[left + 1], values[left], True):
            _swap(values, indices, left + 1, left)
        i, j, pivot = left + 1, right, values[left]
        while True:
            i += 1
            while _before(pivot, values[i], True):
                i += 1
            j -= 1
            while _before(values[j], pivot, True):
                j -= 1
            if j < i:
                break
            _swap(values, indices, i, j)
        _swap(values, indices, left, j)
        if j <= k:
            left = i
        if j >= k:
            right = j - 1


@kernel
def _push_heap(
    values: Any,
    indices: Any,
    first: int,
    hole: int,
    top: int,
    value: Any,
    index: int,
    largest: bool,
) -> None:
    parent = (hole - 1) // 2
    while hole > top and _before(values[first + parent], value, largest):
        values[first + hole] = values[first + parent]
        indices[first + hole] = indices[first + parent]
        hole = parent
        parent = (hole - 1) // 2
    values[first + hole] = value
    indices[first + hole] = index


@kernel
def _adjust_heap(
    values: Any,
    indices: Any,
    first: int,
    hole: int,
    length: int,
    value: Any,
    index: int,
    largest: bool,
) -> None:
    top = hole
    child = hole
    while child < (length - 1) // 2:
        child = 2 * (child + 1)
        if _before(values[first + child], values[first + child - 1], largest):
            child -= 1
        values[first + hole] = values[first + child]
        indices[first + hole] = indices[first + child]
        hole = child
    if length % 2 == 0 and child == (length - 2) // 2:
        child = 2 * (child + 1)
        values[first + hole] = values[first + child - 1]
        indices[first + hole] = indices[first + child - 1]
        hole = child - 1
    _push_heap(values, indices, first, hole, top, value, index, largest)


@kernel
def _pop_heap(
    values: Any, indices: Any, first: int, length: int, result: int, largest: bool
) -> None:
    value, index = values[result], indices[result]
    values[result], indices[result] = values[first], indices[first]
    _adjust_heap(values, indices, first, 0, length, value, index, largest)


@kernel
def _heap_select(
    values: Any, indices: Any, first: int, middle: int, last: int, largest: bool
) -> None:
    """Bring the first ``middle - first`` in order to the front, as a heap."""
    length = middle - first
    if length >= 2:
        parent = (length - 2) // 2
        while True:
            value, index = values[first + parent], indices[first + parent]
            _adjust_heap(values, indices, first, parent, length, value, index, largest)
            if parent == 0:
                break
            parent -= 1
    for i in range(middle, last):
        if _before(values[i], values[first], largest):
            _pop_heap(values, indices, first, length, i, largest)


@kernel
def _partial_sort(
    values: Any, indices: Any, first: int, middle: int, last: int, largest: bool
) -> None:
    _heap_select(values, indices, first, middle, last, largest)
    end = middle
    while end - first > 1:
        end -= 1
        _pop_heap(values, indices, first, end - first, end, largest)


@kernel
def _linear_insert(values: Any, indices: Any, last: int, largest: bool) -> None:
    value, index = values[last], indices[last]
    while _before(value, values[last - 1], largest):
        values[last], indices[last] = values[last - 1], indices[last - 1]
        last -= 1
    values[last], indices[last] = value, index


@kernel
def _insertion_sort(values: Any, indices: Any, first: int, last: int, largest: bool) -> None:
    for i in range(first + 1, last):
        if _before(values[i], values[first], largest):
            value, index = values[i], indices[i]
            for j in range(i, first, -1):
                values[j], indices[j] = values[j - 1], indices[j - 1]
            values[first], indices[first] = value, index
        else:
            _linear_insert(values, indices, i, largest)


@kernel
def _partition(values: Any, indices: Any, first: int, last: int, largest: bool) -> Any:
    """Split around the median of three, which goes to the front; the start of the right part."""
    a, b, c = first + 1, first + (last - first) // 2, last - 1
    if _before(values[a], values[b], largest):
        if _before(values[b], values[c], largest):
            median = b
        elif _before(values[a], values[c], largest):
            median = c
        else:
            median = a
    elif _before(values[a], values[c], largest):
        median = a
    elif _before(values[b], values[c], largest):
        median = c
    else:
        median = b
    _swap(values, indices, first, median)
    left, right = first + 1, last
    while True:
        while _before(values[left], values[first], largest):
            left += 1
        right -= 1
        while _before(values[first], values[right], largest):
            right -= 1
        if left >= right:
            return left
        _swap(values, indices, left, right)
        left += 1


@kernel
def _log2(n: int) -> Any:
    power = 0
    while n > 1:
        n >>= 1
        power += 1
    return power


@kernel
def _nth_element(values: Any, indices: Any, first: int, nth: int, last: int, largest: bool) -> None:
    if first == last or nth == last:
        return
    depth = 2 * _log2(last - first)
    while last - first > 3:
        if depth == 0:
            _heap_select(values, indices, first, nth + 1, last, largest)
            _swap(values, indices, first, nth)
            return
        depth -= 1
        cut = _partition(values, indices, first, last, largest)
        if cut <= nth:
            first = cut
        else:
            last = cut
    _insertion_sort(values, indices, first, last, largest)


@kernel
def _sort(values: Any, indices: Any, first: int, last: int, largest: bool) -> None:
    """Introsort: quicksort down to pieces of 16, then one insertion sort over all."""
    if first == last:
        return
    stack = [(first, last, 2 * _log2(last - first))]
    while len(stack) > 0:
        start, stop, depth = stack.pop()
        while stop - start > 16:
            if depth == 0:
                _partial_sort(values, indices, start, stop, stop, largest)
                break
            depth -= 1
            cut = _partition(values, indices, start, stop, largest)
            stack.append((cut, stop, depth))
            stop = cut
    if last - first > 16:
        _insertion_sort(values, indices, first, first + 16, largest)
        for i in range(first + 16, last):
            _linear_insert(values, indices, i, largest)
    else:
        _insertion_sort(values, indices, first, last, largest)


# --------------------------------------------------------------------------- over rows


@kernel
def kth_value_kernel(values: Any, indices: Any, k: int) -> None:
    """Bring the k-th smallest of each row, and its index, to place k.

    Args:
        values, indices: shape (rows, n); indices hold 0, ..., n - 1 in each row.
    """
    for row in range(values.shape[0]):
        _quick_select(values[row], indices[row], k)


@kernel
def nth_element_kernel(values: Any, indices: Any, k: int) -> None:
    """As ``kth_value_kernel``, by std::nth_element."""
    for row in range(values.shape[0]):
        _nth_element(values[row], indices[row], 0, k, values.shape[1], False)


@kernel
def select_first(values: Any, indices: Any, k: int, largest: bool, sort: bool) -> None:
    """Bring the first k of each row to the front; as ``kth_value_kernel`` otherwise."""
    n = values.shape[1]
    for row in range(values.shape[0]):
        v, i = values[row], indices[row]
        if k * 64 <= n:
            _partial_sort(v, i, 0, k, n, largest)
        else:
            _nth_element(v, i, 0, k - 1, n, largest)
            if sort:
                _sort(v, i, 0, k - 1, largest)


@kernel
def mode_kernel(out: Any, out_indices: Any, values: Any, indices: Any) -> None:
    """The most frequent value of each row, the smallest of several, and the place of the last of
    them after sorting.
    """
    n = values.shape[1]
    for row in range(values.shape[0]):
        v, i = values[row], indices[row]
        _sort(v, i, 0, n, False)
        best, count = 0, 0
        for j in range(n):
            count += 1
            if j == n - 1 or v[j] != v[j + 1]:
                if count > best:
                    out[row], out_indices[row] = v[j], i[j]
                    best = count
                count = 0
