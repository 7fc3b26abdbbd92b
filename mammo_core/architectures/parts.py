"""A network's two parts: the trunk, which gives a map of features, and the head after it."""

import keras


def trunk_of(network: keras.Model) -> keras.Model:
    """The layers up to the last map, which they share with the network."""
    return keras.Model(network.inputs[0], network.get_layer("dropout").input, name="trunk")


def head_of(network: keras.Model) -> keras.Model:
    """The layers from the last map to the probabilities, which they share with the network."""
    return keras.Model(network.get_layer("dropout").input, network.outputs[0], name="head")


def weighted_layers(model: keras.Model) -> list[keras.Layer]:
    """The layers that hold weights, in the order of the forward pass."""
    return [layer for layer in model.layers if layer.weights]
