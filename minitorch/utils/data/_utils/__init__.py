"""What the data loader does with the examples of one batch, here or in worker processes.

Mirrors torch/utils/data/_utils/__init__.py. Left out: pinned memory.
"""
