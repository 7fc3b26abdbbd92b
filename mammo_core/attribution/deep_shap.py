"""Deep SHAP: DeepLIFT's rescale rule averaged over references, by the shap library."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from mammo_core.attribution.base import Access, Attributed, Attribution, Images, Maps, Question
from mammo_core.attribution.references import REFERENCES, choose_references, compare_logits
from mammo_core.attribution.shap_library import load_shap, network_of, seeded_quietly
from mammo_core.batch_size import batch_size_of
from mammo_core.errors import BadModel, UnfitNetwork
from mammo_core.types import Classifier

MOST_REFERENCES = 10
"""In one pass: shap would put a whole background in one, next to as many images."""
LARGEST_GAP = 0.1
ROUNDING = 1e-4
"""Share of a map's total size below which a gap is float32's own."""
INSTEAD = "choose gradient_shap or expected_gradients, which any differentiable network can have"
RIGHT = frozenset(
    {
        *("Identity", "StridedSlice", "Squeeze", "ExpandDims", "Pack", "Unpack", "Cast"),
        *("BiasAdd", "Add", "AddV2", "Sub", "Sum", "Mean", "Transpose", "Tile", "Reshape", "Pad"),
        *("ConcatV2", "Conv2D", "AvgPool", "MatMul", "Mul", "RealDiv", "MaxPool"),
        *("Relu", "Elu", "Selu", "Sigmoid", "Tanh", "Softplus", "Placeholder"),
    }
)
"""TensorFlow's operations that shap's rules pass on rightly."""
SPELLED = {
    "CustomGradient": "swish (SiLU) or another activation with a gradient of its own",
    "DepthwiseConv2dNative": "a depthwise convolution",
    "Relu6": "ReLU6",
    "LeakyRelu": "LeakyReLU",
    "Erfc": "GELU",
    "Log": "a logarithm, of a LogSumExp pooling for instance",
}
OF_PROBABILITIES = "a logarithm, for the network's output is probabilities"
PRODUCTS = frozenset({"Mul", "RealDiv"})


@dataclass(frozen=True, kw_only=True)
class DeepShap(Attribution):
    """Each unit's change against a reference, passed back by how its output changed with it.

    shap's DeepExplainer on the target's logit, the references in parts of ten. It knows rules for
    some operations only. A network with others is refused before, and a map afterwards that
    misses its difference of logits by more than a tenth: with swish, shap answers 8.6 times the
    true difference and its own check can miss it.
    """

    title: ClassVar[str] = "Deep SHAP"
    reference: ClassVar[str] = "Lundberg and Lee 2017, arXiv:1705.07874"
    signed: ClassVar[bool] = True
    passes: ClassVar[str] = "2 forward and backward a reference (3), 4 forward"
    cost: ClassVar[int] = 22
    access: ClassVar[Access] = "network"
    revision: ClassVar[int] = 2

    def attribute(self, question: Question) -> Attributed:
        """(N, H, W) maps whose sum is the difference of the logits.

        Raises:
            BadModel: Where there is no network to look into, or shap would explain it wrongly.
        """
        network = network_of(question.model, self.title)
        if self.title not in network.kept:
            _refuse_strange_operations(network)
            network.kept[self.title] = _Explainer(network)
        references, note = choose_references(question)
        maps: list[Maps] = []
        for image, weights, ones in zip(question.images, question.weights, references, strict=True):
            network.aim(weights)
            tell = partial(_tell, question, len(maps))
            size = min(MOST_REFERENCES, batch_size_of(question.model))
            maps.append(network.kept[self.title].explain(image, ones, size, tell))
        answer = Attributed(np.stack(maps), compare_logits(question, references), note)
        _refuse_gap(answer)
        return answer


def tell_refusal(model: Classifier) -> str | None:
    """Why Deep SHAP cannot explain a network, told before it is asked; None where it may.

    What its rules make of a network is seen in its maps alone, so that it can still refuse later.
    """
    try:
        _refuse_strange_operations(network_of(model, DeepShap.title))
    except BadModel as error:
        return str(error)
    return None


def _tell(question: Question, number: int, done: int, total: int) -> None:
    """Progress of the references of one of several images."""
    question.progress(number * total + done, len(question.images) * total, REFERENCES)


class _Explainer:
    """shap's explainer, which asks for the references of each image anew."""

    def __init__(self, network: Any) -> None:
        self._network = network
        self._references: Images | None = None
        with seeded_quietly(0), network.lent() as model:
            self._explainer = load_shap().DeepExplainer(model, lambda inputs: [self._references])

    def explain(
        self, image: Images, references: Images, size: int, tell: Callable[[int, int], None]
    ) -> Maps:
        """(H, W), the mean over the references.

        Args:
            image: (H, W, C).
            references: (M, H, W, C).
            size: Of them in one pass.
            tell: Told before each pass how many of them went.
        """
        total = np.zeros(image.shape[:2])
        for start in range(0, len(references), size):
            tell(start, len(references))
            self._references = references[start : start + size]
            total += len(self._references) * self._explain_part(image)
        return (total / len(references)).astype(np.float32)

    def _explain_part(self, image: Images) -> NDArray[np.float64]:
        try:
            with seeded_quietly(0), self._network.lent():
                values = self._explainer.shap_values(image[None], check_additivity=False)
        except self._network.failures as error:
            what = (str(error).splitlines() or [""])[0]
            raise UnfitNetwork(
                f"Deep SHAP has no rule for a part of this network "
                f"({type(error).__name__}: {what}); {INSTEAD}"
            ) from error
        return np.asarray(values[0, ..., 0].sum(axis=-1))


def _refuse_strange_operations(network: Any) -> None:
    """Refuse what shap has no right rule for, named first where its name says something."""
    spelled = SPELLED | ({"Log": OF_PROBABILITIES} if network.takes_logarithm else {})
    strange = [one for one in network.operations() if one.kind not in RIGHT or _is_gate(one)]
    if strange:
        first = min(strange, key=lambda one: one.kind not in spelled)
        what = "a product of maps of different shapes" if _is_gate(first) else None
        what = what or spelled.get(first.kind, f"the operation {first.kind}")
        raise UnfitNetwork(
            f"Deep SHAP has no right rule for {what}, which this network uses ({first.name}); "
            f"{INSTEAD}"
        )


def _is_gate(operation: Any) -> bool:
    """Whether it multiplies by what is spread over several axes, of which shap adds up one.

    Squeeze-and-excitation does.
    """
    if operation.kind not in PRODUCTS or len(operation.varying) < 2:
        return False
    one, other = operation.varying
    n_axes = sum(a != b for a, b in zip(one, other, strict=False))
    return len(one) != len(other) or n_axes > 1


def _refuse_gap(answer: Attributed) -> None:
    """Refuse maps that miss what they must add up to; what is lost in rounding does not count."""
    gaps, total = answer.completeness_gap, answer.total
    if gaps is None or total is None:
        return
    sizes = np.abs(answer.maps).sum(axis=(1, 2), dtype=np.float64)
    wrong = (gaps > LARGEST_GAP) & (gaps * np.abs(total) > ROUNDING * sizes)
    if not np.isfinite(answer.maps).all():
        raise BadModel(
            "The Deep SHAP map holds values that are not numbers: the model's weights do, or it "
            "goes beyond all bounds"
        )
    if wrong.any():
        raise BadModel(
            f"The Deep SHAP map misses the difference of logits it explains by "
            f"{gaps[wrong].max(initial=0):.0%}, above {LARGEST_GAP:.0%}: shap's rules are wrong "
            f"for this network; {INSTEAD}"
        )
