"""Images: the data sets and transforms that the lessons need.

Mirrors torchvision/__init__.py.
"""
