"""The models of the comparison, each written once against the API that both libraries share.

``build(torch, facts)`` takes the library as its argument, so "one model, two frameworks" is one
function and two calls. It returns the model, the loss and the optimizer; the `Recipe` beside it
says what the model learns from. No model has a training loop: `compare.worker` trains them all.
"""

from __future__ import annotations

from compare.models import cnn, mlp, rnn
from compare.recipe import Recipe

MODELS: dict[str, Recipe] = {
    "mlp": mlp.RECIPE,
    "cnn": cnn.RECIPE,
    "rnn": rnn.RECIPE,
}
"""In the order of the syllabus, which is the order of ``compare all``."""
