"""What a training minimizes: cross-entropy, its focal kin, with smooth labels or without."""

import keras
from keras import ops

from mammo_core.augmentation import read_augmentation
from mammo_core.training.configuration import TrainingConfiguration

LEAST = 1e-30
"""No probability counts as smaller. Keras's own floor of 1e-7 would leave no gradient to an image
that is wrong by more than 16 logits, the very one that has most to teach."""


class FocalLoss(keras.losses.Loss):
    """Cross-entropy in which what is well known already counts less (Lin et al. 2017).

    sum over k of q_k (1 - p_k)^gamma (-log p_k), q being the label: a class index, or the share of
    each class where images were blended (arXiv:1708.02002, with q of one class; without its alpha,
    which the weights of classes stand for). Gamma 0 is cross-entropy.

    Label smoothing (Szegedy et al. 2016, arXiv:1512.00567) replaces q by (1 - s) q + s / K.
    """

    def __init__(self, gamma: float = 0.0, smoothing: float = 0.0) -> None:
        super().__init__(name="focal_loss")
        self.gamma, self.smoothing = gamma, smoothing

    def call(self, y_true: keras.KerasTensor, y_pred: keras.KerasTensor) -> keras.KerasTensor:
        """The loss of each label.

        Args:
            y_true: (...,) class indices or (..., K) shares.
            y_pred: (..., K) probabilities.
        """
        n_classes = y_pred.shape[-1]
        if len(y_true.shape) < len(y_pred.shape):
            y_true = ops.one_hot(ops.cast(y_true, "int32"), n_classes, dtype=y_pred.dtype)
        shares = (1 - self.smoothing) * y_true + self.smoothing / n_classes
        p = ops.clip(y_pred, keras.config.epsilon(), 1 - keras.config.epsilon())
        logarithms = ops.log(ops.maximum(y_pred, LEAST))
        return -ops.sum(shares * (1 - p) ** self.gamma * logarithms, axis=-1)


def make_loss(config: TrainingConfiguration) -> keras.losses.Loss:
    """The loss of the settings; the plain one is Keras's own, which needs no shares of classes."""
    gamma = config.focal_gamma if config.loss == "focal" else 0.0
    if gamma or config.label_smoothing or "mixup" in read_augmentation(config.augmentation):
        return FocalLoss(gamma, config.label_smoothing)
    return keras.losses.SparseCategoricalCrossentropy()
