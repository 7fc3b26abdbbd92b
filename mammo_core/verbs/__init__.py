"""The command line's verbs: one file each, listed here in the order of the help.

A verb is a function with typed parameters that returns its answer as a dictionary. Verb modules
import nothing heavy at their top, so that the help appears at once.
"""

from collections.abc import Callable
from typing import Any

from mammo_core.verbs.adopt import adopt
from mammo_core.verbs.adopt_table import adopt_table
from mammo_core.verbs.architectures import architectures
from mammo_core.verbs.audit import audit
from mammo_core.verbs.background import background
from mammo_core.verbs.calibrate import calibrate
from mammo_core.verbs.card import card
from mammo_core.verbs.cases import cases
from mammo_core.verbs.check import check
from mammo_core.verbs.compare import compare
from mammo_core.verbs.conformal import conformal
from mammo_core.verbs.cross_validate import cross_validate
from mammo_core.verbs.curves import curves
from mammo_core.verbs.decide import decide
from mammo_core.verbs.deidentify import deidentify
from mammo_core.verbs.diagnose import diagnose
from mammo_core.verbs.diff import diff
from mammo_core.verbs.embed import embed
from mammo_core.verbs.ensemble import ensemble
from mammo_core.verbs.erase import erase
from mammo_core.verbs.evaluate import evaluate
from mammo_core.verbs.evidence import evidence
from mammo_core.verbs.explain import explain
from mammo_core.verbs.export import export
from mammo_core.verbs.formats import formats
from mammo_core.verbs.import_model import import_model
from mammo_core.verbs.index import index
from mammo_core.verbs.jobs import jobs
from mammo_core.verbs.learning_curve import learning_curve
from mammo_core.verbs.learning_rate import learning_rate
from mammo_core.verbs.methods import methods
from mammo_core.verbs.metrics import metrics
from mammo_core.verbs.models import models
from mammo_core.verbs.plausibility import plausibility
from mammo_core.verbs.predict import predict
from mammo_core.verbs.prepare import prepare
from mammo_core.verbs.preview import preview
from mammo_core.verbs.quality import quality
from mammo_core.verbs.reading import reading
from mammo_core.verbs.referral import referral
from mammo_core.verbs.remove import remove
from mammo_core.verbs.reviews import reviews
from mammo_core.verbs.sample import sample
from mammo_core.verbs.similar import similar
from mammo_core.verbs.slices import slices
from mammo_core.verbs.suggest import suggest
from mammo_core.verbs.train import train
from mammo_core.verbs.tune import tune
from mammo_core.verbs.uncertainty import uncertainty

VERBS: dict[str, Callable[..., dict[str, Any]]] = {
    "sample": sample,
    "check": check,
    "index": index,
    "quality": quality,
    "deidentify": deidentify,
    "prepare": prepare,
    "decide": decide,
    "suggest": suggest,
    "preview": preview,
    "learning-rate": learning_rate,
    "train": train,
    "diagnose": diagnose,
    "tune": tune,
    "cross-validate": cross_validate,
    "learning-curve": learning_curve,
    "import": import_model,
    "plausibility": plausibility,
    "predict": predict,
    "evaluate": evaluate,
    "curves": curves,
    "cases": cases,
    "calibrate": calibrate,
    "slices": slices,
    "compare": compare,
    "uncertainty": uncertainty,
    "ensemble": ensemble,
    "conformal": conformal,
    "referral": referral,
    "explain": explain,
    "evidence": evidence,
    "audit": audit,
    "erase": erase,
    "export": export,
    "background": background,
    "reading": reading,
    "embed": embed,
    "similar": similar,
    "reviews": reviews,
    "jobs": jobs,
    "models": models,
    "architectures": architectures,
    "diff": diff,
    "card": card,
    "adopt": adopt,
    "adopt-table": adopt_table,
    "remove": remove,
    "methods": methods,
    "metrics": metrics,
    "formats": formats,
}
