"""How the learning rate changes over a run, for ``Recipe.schedule``.

A rate that falls to nearly nothing lets the weights settle. That is more accurate, and less noisy:
the two libraries draw apart by rounding, and at a constant rate their last steps may differ by half
a per cent of accuracy.
"""

from __future__ import annotations

from typing import Any


def cosine(torch: Any, optimizer: Any, steps: int) -> Any:
    """From the optimizer's learning rate down to 0, along half a cosine."""
    return torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=steps)


def one_cycle(torch: Any, optimizer: Any, steps: int) -> Any:
    """Up to the optimizer's learning rate in the first 30 % of the steps, then down to nearly 0."""
    highest = optimizer.param_groups[0]["lr"]
    return torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=highest, total_steps=steps)
