"""The models whose training steps are timed, each written once for both libraries.

``mlp`` is that of `compare`; all others stand here. Their data is noise that is drawn once: the
time of a step does not depend on what it shows.
"""

from __future__ import annotations

from functools import partial

from benchmarks.models import digits, perceptrons, photos, texts, transformers
from benchmarks.models.training import Training
from compare.models import mlp
from compare.recipe import Facts

HOUSING_ROWS = 20_640

TRAININGS = {
    "tiny_mlp": Training(perceptrons.build_tiny, perceptrons.draw, 32),
    "housing": Training(perceptrons.build_housing, perceptrons.draw, 64, HOUSING_ROWS // 64),
    "mlp": Training(partial(mlp.build, facts=Facts(classes=10)), digits.draw, 64, group="mlp"),
    "cnn": Training(digits.build_cnn, digits.draw, 64, group="cnn"),
    "vgg_block": Training(photos.build_vgg_block, photos.draw_labelled, 32, 8),
    "resnet18": Training(photos.build_resnet18, photos.draw_labelled, 32, 8),
    "unet": Training(photos.build_unet, photos.draw_masked, 8, 8),
    "rnn": Training(partial(texts.build, "RNN"), texts.draw, 64, 8),
    "lstm": Training(partial(texts.build, "LSTM"), texts.draw, 64, 8),
    "gru": Training(partial(texts.build, "GRU"), texts.draw, 64, 8),
    "transformer": Training(transformers.build_encoder, transformers.draw_classified, 16, 8),
    "gpt": Training(transformers.build_gpt, transformers.draw_next_characters, 16, 8),
}

# The mlp begins at 8: of two samples, batch normalisation leaves the signs alone, and gradients of
# rounding noise, which Adam makes full steps of; with 4, losses still part in the third step.
BATCH_SIZES = {"mlp": (8, 16, 256), "cnn": (1, 16, 256)}
"""The sizes that are timed beside the usual one."""
