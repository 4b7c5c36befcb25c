"""The models of the comparison, each written once against the API that both libraries share.

``build(torch)`` takes the library as its argument, so "one model, two frameworks" is one function
and two calls. It returns the model, the loss and the optimizer. The models take a batch of images
``(N, 1, 28, 28)`` and return one score per class ``(N, 10)``.
"""

from __future__ import annotations

from compare.models import cnn, mlp, rnn

MODELS = {"mlp": mlp.build, "cnn": cnn.build, "rnn": rnn.build}
