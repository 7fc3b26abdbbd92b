"""What the small networks are built of."""

import keras
from keras import layers


def convolve(
    x: keras.KerasTensor, width: int, name: str, *, size: int = 3, stride: int = 1
) -> keras.KerasTensor:
    """Convolution, batch normalization, ReLU.

    The moving statistics follow quickly (momentum .9), for a training on small data has few steps.
    """
    return layers.ReLU(name=f"{name}_relu")(convolve_linear(x, width, name, size, stride))


def convolve_linear(
    x: keras.KerasTensor, width: int, name: str, size: int = 3, stride: int = 1
) -> keras.KerasTensor:
    """Convolution and batch normalization: what a residual block adds up."""
    x = layers.Conv2D(width, size, strides=stride, padding="same", use_bias=False, name=name)(x)
    return layers.BatchNormalization(momentum=0.9, name=f"{name}_norm")(x)


def standardize(image: keras.KerasTensor) -> keras.KerasTensor:
    """The image by the mean and spread of the training images, which the network learns."""
    return layers.BatchNormalization(momentum=0.9, name="standardize")(image)


def residual_block(x: keras.KerasTensor, width: int, name: str, stride: int) -> keras.KerasTensor:
    """Two convolutions beside a shortcut (He et al. 2016, arXiv:1512.03385, Fig. 2)."""
    shortcut = x
    if stride > 1 or x.shape[-1] != width:
        shortcut = convolve_linear(x, width, f"{name}_shortcut", 1, stride)
    y = convolve(x, width, f"{name}_conv1", stride=stride)
    y = convolve_linear(y, width, f"{name}_conv2")
    return layers.ReLU(name=f"{name}_relu")(layers.Add(name=f"{name}_add")([shortcut, y]))
