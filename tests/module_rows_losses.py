"""The losses of torch.nn: every reduction, and every other option once."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.module_info import (
    MakeInput,
    ModuleInfo,
    floats,
    integers,
    library_of,
    log_probabilities,
    probabilities,
    row,
    signs,
)


def per_class(nn: Any) -> Any:
    return library_of(nn).tensor([1.0, 2.0, 0.5, 1.5])


def loss(
    name: str,
    *inputs: MakeInput,
    options: tuple[dict[str, Any], ...] = (),
    reductions: tuple[str, ...] = ("mean", "sum", "none"),
    differentiable: int = 1,
    twice: bool = True,
) -> list[ModuleInfo]:
    """Rows for all reductions, and for further arguments of the constructor; those that are
    functions are called with ``nn``.
    """
    chosen = [{"reduction": r} for r in reductions] + [*options]

    def made(arguments: dict[str, Any]) -> ModuleInfo:
        def build(nn: Any) -> Any:
            values = {k: v(nn) if callable(v) else v for k, v in arguments.items()}
            return getattr(nn, name)(**values)

        shown = [f"{k}={'given' if callable(v) else v}" for k, v in arguments.items()]
        return row(
            "-".join([name, *shown]), build, *inputs, differentiable=differentiable, twice=twice
        )

    return [made(arguments) for arguments in chosen]


CLASSIFICATION = (
    {"weight": per_class},
    {"weight": per_class, "ignore_index": 1},
    {"weight": per_class, "reduction": "sum"},
    {"ignore_index": 1, "reduction": "none"},
)
SMOOTHED = (
    {"label_smoothing": 0.1},
    {"label_smoothing": 0.1, "weight": per_class, "ignore_index": 1},
    {"label_smoothing": 1.0, "reduction": "none"},
)
LOSSES = [
    # ----- of a choice among classes
    *loss(
        "CrossEntropyLoss",
        floats(6, 4),
        integers(4, 6),
        options=(*CLASSIFICATION, *SMOOTHED),
    ),
    row(
        "CrossEntropyLoss-images",
        lambda nn: nn.CrossEntropyLoss(per_class(nn), reduction="none"),
        floats(2, 4, 3, 3),
        integers(4, 2, 3, 3),
    ),
    row(
        "CrossEntropyLoss-probabilities",
        lambda nn: nn.CrossEntropyLoss(per_class(nn), label_smoothing=0.1),
        floats(6, 4),
        probabilities(6, 4),
    ),
    *loss("NLLLoss", log_probabilities(6, 4), integers(4, 6), options=CLASSIFICATION),
    row("NLLLoss-1d", lambda nn: nn.NLLLoss(), log_probabilities(2, 4, 3), integers(4, 2, 3)),
    *loss("NLLLoss2d", log_probabilities(2, 4, 3, 3), integers(4, 2, 3, 3)),
    *[
        row(
            f"LinearCrossEntropyLoss-{i}",
            lambda nn, options=options: nn.LinearCrossEntropyLoss(5, 4, **options),
            floats(6, 5),
            integers(4, 6),
        )
        for i, options in enumerate(
            [
                {},
                {"bias": True, "reduction": "sum"},
                {"ignore_index": 1, "reduction": "none"},
                {"label_smoothing": 0.2},
            ]
        )
    ],
    row(
        "LinearCrossEntropyLoss-places",
        lambda nn: nn.LinearCrossEntropyLoss(
            5, 4, out_features=(2, 3), bias=True, weight=per_class(nn)
        ),
        floats(6, 5),
        integers(4, 6, 2, 3),
    ),
    *[
        row(
            f"AdaptiveLogSoftmaxWithLoss-{'sample' if not batch else 'batch'}",
            lambda nn: nn.AdaptiveLogSoftmaxWithLoss(8, 10, [2, 4, 7], 2.0, head_bias=True),
            floats(*batch, 8),
            integers(10, *batch),
        )
        for batch in ((), (12,))
    ],
    *loss(
        "CTCLoss",
        lambda rng, dtype: np.log(rng.dirichlet(np.ones(4), (6, 2))).astype(dtype),
        lambda rng, dtype: np.array([[1, 2, 2], [3, 1, 0]]),
        lambda rng, dtype: np.array([6, 5]),
        lambda rng, dtype: np.array([3, 2]),
        options=({"zero_infinity": True}, {"blank": 3}),
        twice=False,
    ),
    # ----- of probabilities
    *loss("BCELoss", probabilities(6, 4), probabilities(6, 4), options=({"weight": per_class},)),
    *loss(
        "BCEWithLogitsLoss",
        floats(6, 4),
        probabilities(6, 4),
        options=({"weight": per_class, "pos_weight": per_class},),
    ),
    *loss(
        "KLDivLoss",
        log_probabilities(6, 4),
        probabilities(6, 4),
        reductions=("batchmean", "mean", "sum", "none"),
    ),
    row(
        "KLDivLoss-log",
        lambda nn: nn.KLDivLoss(reduction="batchmean", log_target=True),
        log_probabilities(6, 4),
        log_probabilities(6, 4),
    ),
    *loss(
        "PoissonNLLLoss",
        probabilities(6),
        probabilities(6),
        options=({"full": True}, {"log_input": False, "eps": 1e-3}),
    ),
    *loss(
        "GaussianNLLLoss",
        floats(6, 2),
        floats(6, 2),
        probabilities(6, 2),
        options=({"full": True, "eps": 0.2},),
    ),
    # ----- of differences
    *loss("MSELoss", floats(6, 4), floats(6, 4)),
    *loss("L1Loss", floats(6, 4), floats(6, 4)),
    *loss("SmoothL1Loss", floats(6, 4), floats(6, 4), options=({"beta": 0.5}, {"beta": 0.0})),
    *loss("HuberLoss", floats(6, 4), floats(6, 4), options=({"delta": 0.5},)),
    # ----- of margins
    *loss("SoftMarginLoss", floats(6, 4), signs(6, 4)),
    *loss("HingeEmbeddingLoss", floats(6, 4), signs(6, 4), options=({"margin": 0.5},)),
    *loss(
        "MarginRankingLoss",
        floats(6),
        floats(6),
        signs(6),
        options=({"margin": 0.2},),
        differentiable=2,
    ),
    *loss(
        "CosineEmbeddingLoss",
        floats(6, 4),
        floats(6, 4),
        signs(6),
        options=({"margin": 0.1},),
        differentiable=2,
    ),
    *loss(
        "MultiMarginLoss",
        floats(6, 4),
        integers(4, 6),
        options=({"p": 2, "margin": 0.7}, {"weight": per_class}),
        twice=False,
    ),
    *loss(
        "MultiLabelMarginLoss",
        floats(3, 4),
        lambda rng, dtype: np.array([[0, 2, -1, 1], [-1, 0, 0, 0], [3, 1, 0, 2]]),
        twice=False,
    ),
    *loss(
        "MultiLabelSoftMarginLoss",
        floats(6, 4),
        probabilities(6, 4),
        options=({"weight": per_class},),
    ),
    *loss(
        "TripletMarginLoss",
        floats(6, 4),
        floats(6, 4),
        floats(6, 4),
        options=({"margin": 0.7, "swap": True}, {"p": 1.0, "eps": 0.1}),
        differentiable=3,
    ),
    *loss(
        "TripletMarginWithDistanceLoss",
        floats(6, 4),
        floats(6, 4),
        floats(6, 4),
        options=({"distance_function": lambda nn: nn.CosineSimilarity(), "swap": True},),
        differentiable=3,
    ),
    *loss(
        "CosineSimilarity",
        floats(6, 4),
        floats(6, 4),
        reductions=(),
        options=({}, {"dim": 0}),
        differentiable=2,
    ),
    *loss(
        "PairwiseDistance",
        floats(6, 4),
        floats(6, 4),
        reductions=(),
        options=({}, {"keepdim": True, "p": 1.0}),
        differentiable=2,
    ),
]
