"""The networks that can be trained, each a function that builds an uncompiled Keras model."""

from typing import TYPE_CHECKING

from mammo_core.architectures.architecture import (
    Architecture,
    InputShape,
    Pooling,
    PoolingChoice,
    PublishedWeights,
)
from mammo_core.errors import BadConfiguration
from mammo_core.hanging import VIEWS
from mammo_core.wording import tell_nearest

if TYPE_CHECKING:
    import keras

__all__ = [
    "ARCHITECTURES",
    "Architecture",
    "InputShape",
    "Pooling",
    "PoolingChoice",
    "PublishedWeights",
    "build_architecture",
    "check_architecture",
    "find_imagenet",
]

ARCHITECTURES: dict[str, Architecture] = {
    "compact_cnn": Architecture(
        title="Compact CNN",
        reference="after Pinheiro and Collobert 2015, arXiv:1411.6228 (pooling)",
        suits="256 to 640 rows; trains on a CPU in minutes",
        parameters=84_855,
        builder="mammo_core.architectures.compact_cnn:build_compact_cnn",
    ),
    "vgg_small": Architecture(
        title="Small VGG",
        reference="after Simonyan and Zisserman 2015, arXiv:1409.1556",
        suits="160 to 512 rows; hundreds of images",
        parameters=295_075,
        builder="mammo_core.architectures.small_networks:build_vgg_small",
    ),
    "resnet_small": Architecture(
        title="Small ResNet",
        reference="after He et al. 2016, arXiv:1512.03385",
        suits="256 to 640 rows; hundreds to thousands of images",
        parameters=702_947,
        builder="mammo_core.architectures.small_networks:build_resnet_small",
    ),
    "attention_mil": Architecture(
        title="Attention MIL",
        reference="after Ilse et al. 2018, arXiv:1802.04712",
        suits="640 to 1280 rows; small lesions, such as microcalcifications",
        parameters=209_155,
        builder="mammo_core.architectures.small_networks:build_attention_mil",
        pooling="attention",
    ),
    "two_view": Architecture(
        title="Two views, one trunk",
        reference="after Wu et al. 2020, doi:10.1109/TMI.2019.2945514",
        suits="256 to 640 rows; CC and MLO of a breast together",
        parameters=84_864,
        builder="mammo_core.architectures.two_view:build_two_view",
        views=VIEWS,
        trunk="compact_cnn",
    ),
    "mobilenet_v3_small": Architecture(
        title="MobileNetV3-Small",
        reference="Howard et al. 2019, arXiv:1905.02244",
        suits="224 to 640 rows; transfer on a CPU",
        parameters=940_575,
        builder="mammo_core.architectures.keras_applications:build_mobilenet_v3_small",
        pooling="mean",
        imagenet=PublishedWeights(
            "mobilenet_v3/weights_mobilenet_v3_small_224_1.0_float_no_top_v2.h5",
            "d3e8ec802a04aa4fc771ee12a9a9b836",
        ),
    ),
    "mobilenet_v3_large": Architecture(
        title="MobileNetV3-Large",
        reference="Howard et al. 2019, arXiv:1905.02244",
        suits="224 to 640 rows; transfer on a CPU",
        parameters=2_998_959,
        builder="mammo_core.architectures.keras_applications:build_mobilenet_v3_large",
        pooling="mean",
        imagenet=PublishedWeights(
            "mobilenet_v3/weights_mobilenet_v3_large_224_1.0_float_no_top_v2.h5",
            "07fb09a5933dd0c8eaafa16978110389",
        ),
    ),
    "efficientnet_v2_b0": Architecture(
        title="EfficientNetV2-B0",
        reference="Tan and Le 2021, arXiv:2104.00298",
        suits="224 to 640 rows; transfer, better on a GPU",
        parameters=5_922_591,
        builder="mammo_core.architectures.keras_applications:build_efficientnet_v2_b0",
        pooling="mean",
        imagenet=PublishedWeights(
            "efficientnet_v2/efficientnetv2-b0_notop.h5",
            "893217f2bb855e2983157299931e43ff",
        ),
    ),
    "densenet121": Architecture(
        title="DenseNet-121",
        reference="Huang et al. 2017, arXiv:1608.06993",
        suits="224 to 1024 rows; transfer on a GPU",
        parameters=7_034_319,
        builder="mammo_core.architectures.keras_applications:build_densenet121",
        pooling="mean",
        imagenet=PublishedWeights(
            "densenet/densenet121_weights_tf_dim_ordering_tf_kernels_notop.h5",
            "30ee3e1110167f948a6b9946edeeb738",
        ),
    ),
    "resnet50": Architecture(
        title="ResNet-50",
        reference="He et al. 2016, arXiv:1512.03385",
        suits="224 to 1024 rows; transfer on a GPU",
        parameters=23_587_599,
        builder="mammo_core.architectures.keras_applications:build_resnet50",
        pooling="mean",
        imagenet=PublishedWeights(
            "resnet/resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5",
            "4d473c1dd8becc155b73f8504c6f6626",
        ),
    ),
    "convnext_tiny": Architecture(
        title="ConvNeXt-Tiny",
        reference="Liu et al. 2022, arXiv:2201.03545",
        suits="224 to 1024 rows; transfer on a GPU",
        parameters=27_819_375,
        builder="mammo_core.architectures.keras_applications:build_convnext_tiny",
        pooling="mean",
        imagenet=PublishedWeights(
            "convnext/convnext_tiny_notop.h5",
            "d547c096cabd03329d7be5562c5e14798aa39ed24b474157cef5e85ab9e49ef1",
        ),
    ),
}


def build_architecture(
    name: str,
    input_shape: InputShape,
    n_classes: int,
    dropout: float = 0.1,
    pooling: PoolingChoice = "own",
) -> "keras.Model":
    """An uncompiled model of that architecture.

    Raises:
        BadConfiguration: For an unknown name or an input too small for the network.
    """
    check_architecture(name)
    if min(input_shape[:2]) < 32:
        raise BadConfiguration(
            f"Setting 'image_size' must be at least 32x32, got {input_shape[:2]}"
        )
    return ARCHITECTURES[name].build(input_shape, n_classes, dropout, pooling)


def check_architecture(name: str) -> None:
    """Refuse a name that is not in the table.

    Raises:
        BadConfiguration: Naming those that are.
    """
    if name not in ARCHITECTURES:
        known = ", ".join(ARCHITECTURES)
        raise BadConfiguration(
            f"Setting 'architecture' must be one of {known}, got '{name}'"
            f"{tell_nearest(name, ARCHITECTURES)}"
        )


def find_imagenet(name: str) -> PublishedWeights:
    """The ImageNet weights of that architecture.

    Raises:
        BadConfiguration: Where there are none; names the architectures that have some.
    """
    published = ARCHITECTURES[name].imagenet
    if published is None:
        having = ", ".join(key for key, facts in ARCHITECTURES.items() if facts.imagenet)
        raise BadConfiguration(
            f"Setting 'weights' cannot be imagenet for {name}; there are such weights for {having}"
        )
    return published
