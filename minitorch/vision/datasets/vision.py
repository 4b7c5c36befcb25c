"""What all data sets of images share: a folder, transforms and the printed form.

Mirrors torchvision/datasets/vision.py.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from minitorch.utils.data.dataset import Dataset

__all__ = ["StandardTransform", "VisionDataset"]

Transform = Callable[..., Any]


class VisionDataset(Dataset[tuple[Any, Any]]):
    """The base of data sets of pairs (image, target).

    Args:
        root: the folder of the data set.
        transforms: a function of image and target that returns both: for what must happen to both
            alike, such as a crop of an image and its mask.
        transform: a function of the image.
        target_transform: a function of the target.

    Raises:
        ValueError: ``transforms`` is given, and one of the other two as well.
    """

    _repr_indent = 4

    def __init__(
        self,
        root: str | os.PathLike[str] | None = None,
        transforms: Transform | None = None,
        transform: Transform | None = None,
        target_transform: Transform | None = None,
    ) -> None:
        self.root: Any = os.path.expanduser(root) if isinstance(root, str) else root
        separate = transform is not None or target_transform is not None
        if transforms is not None and separate:
            raise ValueError(
                "Only transforms or transform/target_transform can be passed as argument"
            )
        self.transform = transform
        self.target_transform = target_transform
        self.transforms: Any = (
            StandardTransform(transform, target_transform) if separate else transforms
        )

    def __getitem__(self, index: Any) -> tuple[Any, Any]:
        raise NotImplementedError

    def __len__(self) -> int:
        raise NotImplementedError

    def _transformed(self, image: Any, target: Any) -> tuple[Any, Any]:
        """Image and target, each by the transform that is set now, or both by the joint one."""
        if self.transforms is not None and not isinstance(self.transforms, StandardTransform):
            return self.transforms(image, target)
        return StandardTransform(self.transform, self.target_transform)(image, target)

    def __repr__(self) -> str:
        body = [f"Number of datapoints: {len(self)}"]
        if self.root is not None:
            body.append(f"Root location: {self.root}")
        body += self.extra_repr().splitlines()
        if self.transforms is not None:
            body.append(repr(self.transforms))
        return "\n".join(
            [f"Dataset {type(self).__name__}", *(" " * self._repr_indent + line for line in body)]
        )

    def extra_repr(self) -> str:
        """More lines for the printed form."""
        return ""


class StandardTransform:
    """One function for the image, another one for the target."""

    def __init__(
        self, transform: Transform | None = None, target_transform: Transform | None = None
    ) -> None:
        self.transform = transform
        self.target_transform = target_transform

    def __call__(self, input: Any, target: Any) -> tuple[Any, Any]:
        if self.transform is not None:
            input = self.transform(input)
        if self.target_transform is not None:
            target = self.target_transform(target)
        return input, target

    def __repr__(self) -> str:
        body = [type(self).__name__]
        if self.transform is not None:
            body.append(_hanging("Transform: ", self.transform))
        if self.target_transform is not None:
            body.append(_hanging("Target transform: ", self.target_transform))
        return "\n".join(body)


def _hanging(head: str, transform: Transform) -> str:
    """The printed form behind ``head``, its later lines below its first."""
    return head + repr(transform).replace("\n", "\n" + " " * len(head))
