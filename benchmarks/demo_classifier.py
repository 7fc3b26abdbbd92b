"""The network that the costs of explanations are measured on."""


def load_demo_classifier():
    """The shipped model, or where there is none its architecture with fresh weights."""
    from mammo_core.architectures import build_architecture
    from mammo_core.errors import BadModel
    from mammo_core.keras_classifier import KerasClassifier, load_classifier
    from mammo_core.model_store import find_model

    try:
        return load_classifier(find_model("demo"))
    except BadModel:
        network = build_architecture("compact_cnn", (320, 192, 1), 3)
        return KerasClassifier(network, ("normal", "benign", "malignant"))
