"""The settings of each kind of hardware and each library beneath.

``cpu`` makes those that minitorch runs with. The others only remember what scripts set: that
hardware is not here.

Mirrors torch/backends/__init__.py.
"""

from minitorch.backends import cuda as cuda
from minitorch.backends import cudnn as cudnn
from minitorch.backends import mkl as mkl
from minitorch.backends import mkldnn as mkldnn
from minitorch.backends import mps as mps
from minitorch.backends import openmp as openmp
