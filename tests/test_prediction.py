"""Networks see images in small batches, in their order, with the channels that they take."""

import numpy as np
import pytest

from mammo_core.embeddings.making import embed_images
from mammo_core.errors import BadModel, Cancelled
from mammo_core.prediction import IMAGES_AT_ONCE, predict_images


class MeanClassifier:
    """Calls an image by its mean; notes the shapes that it is given."""

    classes = ("dark", "bright")

    def __init__(self, channels):
        self.input_shape = (4, 3, channels)
        self.shapes = []

    def predict(self, images):
        self.shapes.append(images.shape)
        bright = images.mean(axis=(1, 2, 3))
        return np.stack([1 - bright, bright], axis=1)

    embed = predict


class Cache:
    """Image n of 100 has the value n / 100 everywhere."""

    def images(self, image_ids):
        values = np.array([int(image_id) / 100 for image_id in image_ids], np.float32)
        return np.broadcast_to(values[:, None, None, None], (len(values), 4, 3, 1))


IDS = [str(n) for n in range(70)]
of_both = pytest.mark.parametrize("ask", [predict_images, embed_images])


@of_both
@pytest.mark.parametrize("channels", [1, 3])
def test_each_row_is_its_image(ask, channels):
    classifier = MeanClassifier(channels)
    probabilities = ask(classifier, Cache(), IDS)
    np.testing.assert_allclose(probabilities[:, 1], np.arange(70) / 100, atol=1e-6)
    assert {shape[3] for shape in classifier.shapes} == {channels}


@of_both
def test_no_batch_is_larger_than_agreed(ask):
    classifier = MeanClassifier(1)
    ask(classifier, Cache(), IDS)
    assert max(shape[0] for shape in classifier.shapes) == IMAGES_AT_ONCE


def test_no_table_comes_of_answers_that_are_no_numbers():
    class Broken(MeanClassifier):
        """Has no answer about images of a half and brighter."""

        def predict(self, images):
            p = super().predict(images)
            return np.where(p[:, 1:] > 0.495, np.nan, p)

    with pytest.raises(BadModel, match=r"for 20 of 70 images, 50 among them"):
        predict_images(Broken(1), Cache(), IDS)


@of_both
def test_a_wish_to_stop_is_obeyed_between_batches(ask):
    def stop(done, total, doing):
        if done:
            raise Cancelled("Stopped by the user")

    classifier = MeanClassifier(1)
    with pytest.raises(Cancelled):
        ask(classifier, Cache(), IDS, progress=stop)
    assert len(classifier.shapes) == 1
