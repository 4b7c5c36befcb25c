"""The operations, one file per family: kernel, forward, backward and public function together.

Mirrors aten/src/ATen/native/. Start with ``unary_ops``, then ``binary_ops``, ``reduce_ops`` and
``views``.
"""
