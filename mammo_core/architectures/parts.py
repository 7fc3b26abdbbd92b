"""A network's two parts: the trunk, which gives a map of features, and the head after it."""

import keras


def trunk_of(network: keras.Model) -> keras.Model:
    """The layers up to the last map, which they share with the network."""
    return keras.Model(network.inputs[0], network.get_layer("dropout").input, name="trunk")


def head_of(network: keras.Model) -> keras.Model:
    """The layers from the last map to the probabilities, which they share with the network.

    Raises:
        ValueError: Where the head looks at the image, too.
    """
    return keras.Model(network.get_layer("dropout").input, network.outputs[0], name="head")


def weighted_layers(network: keras.Model) -> tuple[list[keras.Layer], list[keras.Layer]]:
    """The layers that hold weights, (the trunk's, the head's), in the order of the forward pass."""
    trunk = [layer for layer in trunk_of(network).layers if layer.weights]
    in_trunk = {layer.name for layer in trunk}
    rest = [layer for layer in network.layers if layer.weights and layer.name not in in_trunk]
    return trunk, rest
