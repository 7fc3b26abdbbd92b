"""Keras's own layers that an import rebuilds, and what each declares about its weights' shapes.

All of them compute; none reads files, calls functions by name or holds program code. What is not
in these tables stays outside.
"""

from collections.abc import Callable, Mapping
from typing import Any

Config = Mapping[str, Any]
Pattern = tuple[int | None, ...]
"""A shape of which some sides are known before the layer's input is."""


def _of_dense(config: Config) -> list[Pattern]:
    return [(None, config["units"])]


def _of_convolution(config: Config) -> list[Pattern]:
    return [(*kernel_size(config, 2), None, config["filters"])]


def _of_line_convolution(config: Config) -> list[Pattern]:
    return [(*kernel_size(config, 1), None, config["filters"])]


def _of_transposed(config: Config) -> list[Pattern]:
    return [(*kernel_size(config, 2), config["filters"], None)]


def _of_depthwise(config: Config) -> list[Pattern]:
    return [(*kernel_size(config, 2), None, config["depth_multiplier"])]


def _of_separable(config: Config) -> list[Pattern]:
    return [*_of_depthwise(config), (1, 1, None, config["filters"])]


def _of_attention(config: Config) -> list[Pattern]:
    return [(None, config["num_heads"], config["key_dim"])]


def _by_input(config: Config) -> list[Pattern]:
    """Nothing: the input alone gives the shapes."""
    return []


def kernel_size(config: Config, rank: int) -> Pattern:
    """A kernel's sides; one number stands for all of them."""
    size = config["kernel_size"]
    return tuple(size) if isinstance(size, list | tuple) else (size,) * rank


LAYERS: dict[str, Callable[[Config], list[Pattern]]] = {
    "Conv1D": _of_line_convolution,
    "Conv2D": _of_convolution,
    "Conv2DTranspose": _of_transposed,
    "Dense": _of_dense,
    "DepthwiseConv2D": _of_depthwise,
    "MultiHeadAttention": _of_attention,
    "SeparableConv2D": _of_separable,
    **dict.fromkeys(
        """
        InputLayer Activation ELU LeakyReLU PReLU ReLU Softmax Add Average Concatenate Dot Maximum
        Minimum Multiply Subtract BatchNormalization GroupNormalization LayerNormalization
        UnitNormalization Attention AdditiveAttention AveragePooling1D AveragePooling2D MaxPooling1D
        MaxPooling2D GlobalAveragePooling1D GlobalAveragePooling2D GlobalMaxPooling1D
        GlobalMaxPooling2D Flatten Permute RepeatVector Reshape Cropping2D ZeroPadding2D
        UpSampling2D Identity ActivityRegularization AlphaDropout Dropout GaussianDropout
        GaussianNoise SpatialDropout1D SpatialDropout2D Rescaling Normalization Resizing CenterCrop
        RandomFlip RandomRotation RandomTranslation RandomZoom RandomContrast RandomBrightness
        RandomCrop
        """.split(),  # noqa: SIM905, a list would take a line a name
        _by_input,
    ),
}

OTHER_HOMES = {
    "LayerScale": "keras.src.applications.convnext",
    "StochasticDepth": "keras.src.applications.convnext",
}
"""Layers that Keras's own networks bring along."""

OPERATIONS = {
    "keras.src.ops.numpy": frozenset(
        """
        Abs Absolute Add Amax Amin Clip Concatenate Divide Exp ExpandDims GetItem Log Matmul Max
        Maximum Mean Min Minimum Multiply Negative Power Reshape Sqrt Square Squeeze Stack Std
        Subtract Sum Transpose TrueDivide Var
        """.split()  # noqa: SIM905, a list would take a line a name
    ),
    "keras.src.ops.math": frozenset({"Logsumexp", "Rsqrt"}),
    "keras.src.ops.nn": frozenset(
        """
        Elu Gelu HardSigmoid HardSilu LeakyRelu LogSigmoid LogSoftmax Relu Relu6 Sigmoid Silu
        Softmax Softplus
        """.split()  # noqa: SIM905, a list would take a line a name
    ),
}
"""Arithmetic between layers, which Keras notes as operations."""

ACTIVATIONS = frozenset(
    """
    celu elu exponential gelu glu hard_sigmoid hard_silu hard_swish hard_tanh leaky_relu linear
    log_sigmoid log_softmax mish relu relu6 selu sigmoid silu softmax softplus softsign squareplus
    swish tanh
    """.split()  # noqa: SIM905, a list would take a line a name
)

AUGMENTATIONS = frozenset(
    """
    RandomFlip RandomRotation RandomTranslation RandomZoom RandomContrast RandomBrightness
    RandomCrop GaussianNoise
    """.split()  # noqa: SIM905, a list would take a line a name
)
RESCALING = frozenset({"Rescaling", "Normalization"})
MODELS = frozenset({"Functional", "Model", "Sequential"})
OWN_MODULES = ("keras", "tensorflow.keras", "tensorflow.python.keras", "tf_keras")
"""Where Keras's own layers say that they live, over the years."""

RENAMED = {("LeakyReLU", "alpha"): "negative_slope"}
"""Settings that older Keras called otherwise."""

SAYS_NOTHING: dict[str, tuple[Any, ...]] = {
    "batch_input_shape": (),
    "fused": (None, True, False),
    "groups": (1,),
    "implementation": (1, 2),
    "renorm": (False,),
    "renorm_clipping": (None,),
    "renorm_momentum": (0.99,),
    "synchronized": (False,),
    "virtual_batch_size": (None,),
    "adjustment": (None,),
    "force_generator": (),
    "noise_shape": (None,),
    "rng_type": (),
    "trainable": (),
}
"""Settings that say nothing here where they hold one of these values; () stands for any."""
