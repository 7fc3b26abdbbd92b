"""What values a foreign network wants in its input, and what makes them of ours, in [0, 1]."""

from dataclasses import dataclass

from mammo_core.errors import BadConfiguration
from mammo_core.wording import tell_nearest


@dataclass(frozen=True)
class InputRange:
    """Values that a network was trained on.

    Attributes:
        title: For a person.
        scale: What values in [0, 1] are multiplied by, one number a channel.
        offset: What is added then, one number a channel.
    """

    title: str
    scale: tuple[float, ...] = (1.0,)
    offset: tuple[float, ...] = (0.0,)

    @property
    def is_ours(self) -> bool:
        """Whether nothing has to be done."""
        return self.scale == (1.0,) and self.offset == (0.0,)


_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_CAFFE_MEAN = (103.939, 116.779, 123.68)

INPUT_RANGES: dict[str, InputRange] = {
    "0..1": InputRange("values in [0, 1], as everywhere here"),
    "0..255": InputRange("values in [0, 255]", (255.0,)),
    "-1..1": InputRange("values in [-1, 1]", (2.0,), (-1.0,)),
    "imagenet": InputRange(
        "ImageNet's mean and standard deviation a channel, as torchvision and DenseNet have it",
        tuple(1 / s for s in _STD),
        tuple(-m / s for m, s in zip(_MEAN, _STD, strict=True)),
    ),
    "caffe": InputRange(
        "values in [0, 255] less ImageNet's mean a channel, as Keras's ResNet and VGG have it",
        (255.0,) * 3,
        tuple(-m for m in _CAFFE_MEAN),
    ),
}
"""Mean and deviation: the ImageNet figures of torchvision; the other means: Caffe's VGG."""


def find_input_range(name: str, channels: int) -> InputRange:
    """The range of that name, if it goes with so many channels.

    Raises:
        BadConfiguration: For an unknown name, or one for three channels where there is one.
    """
    if name not in INPUT_RANGES:
        known = ", ".join(INPUT_RANGES)
        near = tell_nearest(name, INPUT_RANGES)
        raise BadConfiguration(f"--input-range must be one of {known}, got '{name}'{near}")
    chosen = INPUT_RANGES[name]
    if len(chosen.scale) > 1 and channels != len(chosen.scale):
        raise BadConfiguration(
            f"--input-range {name} is for 3 channels, the model takes {channels}; name another"
        )
    return chosen
