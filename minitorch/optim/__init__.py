"""Optimizers and learning rate schedules.

Mirrors torch/optim/__init__.py. Left out: Adadelta, Adafactor, Adamax, ASGD, LBFGS, Muon, NAdam,
RAdam, Rprop, SparseAdam.
"""

from minitorch.optim import lr_scheduler
from minitorch.optim.adagrad import Adagrad
from minitorch.optim.adam import Adam
from minitorch.optim.adamw import AdamW
from minitorch.optim.optimizer import Optimizer
from minitorch.optim.rmsprop import RMSprop
from minitorch.optim.sgd import SGD

__all__ = ["Adagrad", "Adam", "AdamW", "Optimizer", "RMSprop", "SGD", "lr_scheduler"]
