"""Images: the data sets, transforms and architectures that the lessons need.

Mirrors torchvision/__init__.py. Left out: detection (``ops``), video (``io``), version 2 of the
transforms. Pillow, which comes with the extra ``vision``, is imported when it is first needed.
"""

from minitorch.version import __version__ as __version__
from minitorch.vision import datasets, models, transforms, utils

__all__ = ["datasets", "models", "transforms", "utils"]
