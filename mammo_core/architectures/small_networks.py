"""Small networks in the manner of the well-known ones, for data that cannot feed the originals."""

import keras
from keras import layers

from mammo_core.architectures.architecture import InputShape, Pooling
from mammo_core.architectures.blocks import convolve, residual_block, standardize
from mammo_core.architectures.heads import add_head


def build_vgg_small(
    input_shape: InputShape, n_classes: int, dropout: float, pooling: Pooling
) -> keras.Model:
    """Four blocks of two 3 x 3 convolutions and a maximum, 16 to 128 channels wide.

    Departs from VGG by batch normalization and by a head that is pooled over positions, 16 pixels
    apart, in place of three dense layers that hold most of VGG's weights.
    """
    image = keras.Input(input_shape, name="image")
    x = standardize(image)
    for block, width in enumerate((16, 32, 64, 128), start=1):
        for number in (1, 2):
            x = convolve(x, width, f"block{block}_conv{number}")
        x = layers.MaxPooling2D(2, padding="same", name=f"block{block}_pool")(x)
    return keras.Model(image, add_head(x, n_classes, dropout, pooling), name="vgg_small")


def build_resnet_small(
    input_shape: InputShape, n_classes: int, dropout: float, pooling: Pooling
) -> keras.Model:
    """ResNet-18 at a quarter of its width: four stages of two residual blocks, 16 to 128 channels.

    Departs from ResNet-18 by a stem that halves the image once, not twice, so that positions are
    16 pixels apart and small lesions keep some.
    """
    image = keras.Input(input_shape, name="image")
    x = convolve(standardize(image), 16, "stem", size=5, stride=2)
    for stage, width in enumerate((16, 32, 64, 128), start=1):
        x = residual_block(x, width, f"stage{stage}_block1", 1 if stage == 1 else 2)
        x = residual_block(x, width, f"stage{stage}_block2", 1)
    return keras.Model(image, add_head(x, n_classes, dropout, pooling), name="resnet_small")


def build_attention_mil(
    input_shape: InputShape, n_classes: int, dropout: float, pooling: Pooling
) -> keras.Model:
    """A light trunk for large images, whose positions are 8 pixels apart whatever the size.

    Each of the first two convolutions halves the image, so that a training takes less than 200 MB
    of memory an image at 1280 x 768; a position sees 113 x 113 pixels. Attention says which
    positions decide: a bag of patches that share their computation.
    """
    image = keras.Input(input_shape, name="image")
    x = convolve(standardize(image), 16, "stem1", size=5, stride=2)
    x = convolve(x, 24, "stem2", stride=2)
    for stage, (width, stride) in enumerate(((32, 1), (48, 2), (64, 1), (64, 1)), start=1):
        x = residual_block(x, width, f"stage{stage}", stride)
    return keras.Model(image, add_head(x, n_classes, dropout, pooling), name="attention_mil")
