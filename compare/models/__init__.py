"""The models of the comparison, each written once against the API that both libraries share.

``build(torch, facts)`` takes the library as its argument, so "one model, two frameworks" is one
function and two calls. It returns the model, the loss and the optimizer; the `Recipe` beside it
says what the model learns from. No model has a training loop: `compare.worker` trains them all.

mypy cannot know a base class that comes from an argument, as ``torch.nn.Module`` does here: hence
the ``type: ignore`` of such classes.
"""

from __future__ import annotations

from compare.models import char_rnn, cnn, housing, imdb, linear, mlp, qa, rnn, unet, vgg_transfer
from compare.recipe import Recipe

MODELS: dict[str, Recipe] = {
    "linear": linear.RECIPE,
    "mlp": mlp.RECIPE,
    "housing": housing.RECIPE,
    "cnn": cnn.RECIPE,
    "rnn": rnn.RECIPE,
    "imdb_rnn": imdb.RNN,
    "imdb_lstm": imdb.LSTM,
    "qa": qa.RECIPE,
    "char_rnn": char_rnn.RECIPE,
    "vgg_base": vgg_transfer.BASE,
    "vgg_transfer": vgg_transfer.TRANSFER,
    "vgg_scratch": vgg_transfer.SCRATCH,
    "unet": unet.RECIPE,
}
"""In the order of the syllabus, which is the order of ``compare all``."""
