"""Where the process-wide settings of each kind of hardware stand. Mirrors torch/backends/."""
