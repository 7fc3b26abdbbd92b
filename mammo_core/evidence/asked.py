"""A method's answer to one question, and the means to put it again a little differently."""

from collections import OrderedDict
from collections.abc import Hashable, Iterable
from functools import cached_property
from typing import Any, NamedTuple

from mammo_core.attribution.base import Attributed, Attribution, Images, Maps, Question
from mammo_core.attribution.resolution import upsample
from mammo_core.targets import split_target
from mammo_core.types import Classifier, Progress, Target, no_progress

MOST_VERSIONS = 8
"""Versions of the images that are remembered: as many as any measure makes, and their own."""


class _Version(NamedTuple):
    """What is remembered of one version of the images: all their questions share what is kept."""

    questions: dict[tuple[Any, ...], Question]
    kept: dict[Hashable, Any]


class Questions:
    """Questions about one model that several methods are asked, so that each pass is made once.

    Measures that explain again put the same ones to every method: the image with a little noise,
    another class. The last few versions of the images are remembered, with their gradients and
    activations.

    Args:
        model: The classifier.
        methods: Who will be asked.
    """

    def __init__(self, model: Classifier, methods: Iterable[Attribution]) -> None:
        self._model = model
        self._needs = tuple({need for method in methods for need in method.needs})
        self._versions: OrderedDict[bytes, _Version] = OrderedDict()

    def put(self, images: Images, target: Target, progress: Progress) -> Question:
        """The question, which knows what others took from it before.

        Raises:
            ValueError: As `Question` does.
        """
        version = self._find(images.tobytes())
        about = tuple(split_target(target, self._model.classes, len(images)))
        if about not in version.questions:
            version.questions[about] = Question(
                self._model, images, about, self._needs, progress, version.kept
            )
        question = version.questions[about]
        question.progress = progress
        return question

    def _find(self, content: bytes) -> _Version:
        version = self._versions.setdefault(content, _Version({}, {}))
        self._versions.move_to_end(content)
        if len(self._versions) > MOST_VERSIONS:
            self._versions.popitem(last=False)
        return version


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
        questions: Questions | None = None,
    ) -> None:
        self.model, self.images, self.target = model, images, target
        self.method, self.progress = method, progress
        self._questions = questions or Questions(model, [method])

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
        if model is self.model:
            return method.attribute(self._questions.put(images, target, self.progress))
        # Another model may be one whose weights change under way: nothing of it is remembered.
        return method.attribute(Question(model, images, target, method.needs, self.progress))
