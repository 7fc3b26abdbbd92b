"""Model cards for tests that need no network."""

from mammo_core.model_store import CARD_KEYS


def make_card(**changes):
    """A complete card of a model of 64 x 48 pixels, with changes."""
    card = dict.fromkeys(CARD_KEYS, "x") | {
        "classes": ["normal", "malignant"],
        "input_shape": [64, 48, 1],
        "preprocessing": {"size": [64, 48]},
        "threshold": 0.25,
        "training": {"configuration": {"recipe": "a|b"}, "val": {"auroc": 0.876543}},
        "dataset": {"name": "films", "fingerprint": "f", "images": {"train": {"normal": 3}}},
        "versions": {"keras": "3"},
    }
    return card | changes
