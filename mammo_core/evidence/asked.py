"""A method's answer to one question, and the means to put it again a little differently."""

from functools import cached_property

from mammo_core.attribution.base import Attributed, Attribution, Images, Maps, Question
from mammo_core.attribution.resolution import upsample
from mammo_core.types import Classifier, Progress, Target, no_progress


class Asked:
    """What a method says of some images; several measures of it share the one answer.

    Attributes:
        model: The classifier that is explained.
        images: (N, H, W, C) float32 in [0, 1].
        method: The method.
        target: What is explained of each image.
        progress: Told by methods of many passes how many they are through with; may end them.
    """

    def __init__(
        self,
        model: Classifier,
        images: Images,
        method: Attribution,
        target: Target,
        progress: Progress = no_progress,
    ) -> None:
        self.model, self.images, self.target = model, images, target
        self.method, self.progress = method, progress

    @cached_property
    def answer(self) -> Attributed:
        """The method's own answer; computed when it is first asked for."""
        return self._put(self.model, self.images, self.method, self.target)

    @cached_property
    def maps(self) -> Maps:
        """(N, H, W) the same on the images' grid."""
        return upsample(self.answer.maps, self.images.shape[1:3])

    def explain_again(
        self,
        *,
        model: Classifier | None = None,
        images: Images | None = None,
        method: Attribution | None = None,
        target: Target | None = None,
    ) -> Maps:
        """(N, H, W) maps of the same question with what is given in place of its own."""
        answer = self._put(
            self.model if model is None else model,
            self.images if images is None else images,
            self.method if method is None else method,
            self.target if target is None else target,
        )
        return upsample(answer.maps, self.images.shape[1:3])

    def _put(
        self, model: Classifier, images: Images, method: Attribution, target: Target
    ) -> Attributed:
        return method.attribute(Question(model, images, target, method.needs, self.progress))
