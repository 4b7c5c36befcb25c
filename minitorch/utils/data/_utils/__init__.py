"""The parts of the data loader. To read it: fetch and collate make a batch, iterators an epoch of
them; worker is what runs in another process, worker_process this side of it, shared_memory the way
between them, exceptions what else comes along it; position and random_state let an epoch continue.

Mirrors torch/utils/data/_utils/__init__.py. Left out: pinned memory.
"""
