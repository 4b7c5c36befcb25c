"""The version. Mirrors torch/version.py."""

__version__ = "0.1.0"
