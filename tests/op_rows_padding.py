"""The rows of padding and of the bilinear product."""

from __future__ import annotations

from tests.opinfo import OpInfo, draw, sample

PADDING_OPS = [
    OpInfo(
        "nn.functional.bilinear",
        [
            sample(draw(6, 4), draw(6, 5), draw(3, 4, 5), draw(3)),
            sample(draw(2, 3, 4), draw(2, 3, 5), draw(3, 4, 5)),
            sample(draw(4), draw(5), draw(3, 4, 5)),
            sample(draw(0, 4), draw(0, 5), draw(3, 4, 5), draw(3)),
        ],
        composite=True,
    ),
    OpInfo(
        "nn.functional.pad",
        [
            sample(draw(3, 4), (1, 2)),
            sample(draw(3, 4), (1, 2, 0, 3), value=1.5),
            sample(draw(2, 3, 4), (-1, 2, 1, -1)),
            sample(draw(3, 4), (0, 0)),
            sample(draw(0, 4), (1, 1)),
        ],
    ),
]
