"""Scorers by name: the embedded trees, or a model of the registry as judge."""

import os
from collections.abc import Mapping

from answerable_models.errors import InvalidEntry
from answerable_models.openai_compatible import ChatEndpoint
from answerable_models.registry import ModelEntry, api_key, find
from answerable_models.support.calibration import Calibration
from answerable_models.support.judge_scorer import JudgeScorer
from answerable_models.support.port import SupportScorer, Use
from answerable_models.support.tree_scorer import TreeScorer

TREES = "trees"


def load_scorer(
    scorer_id: str = TREES,
    entries: Mapping[str, ModelEntry] | None = None,
    *,
    calibrations: Mapping[Use, Calibration] | None = None,
    environ: Mapping[str, str] = os.environ,
) -> SupportScorer:
    """The scorer "trees", or the registry's model of that id as judge. Nothing is called yet.

    Raises UnknownModel, ModelRejected (key variable unset), InvalidEntry (not an openai entry, or broken weights).
    """
    if scorer_id == TREES:
        return TreeScorer()
    entry = find(entries or {}, scorer_id)
    if entry.adapter != "openai" or entry.base_url is None:
        raise InvalidEntry("only a model of adapter openai can judge support")
    endpoint = ChatEndpoint(model=entry.name, base_url=entry.base_url, api_key=api_key(entry, environ))
    return JudgeScorer(endpoint, revision=entry.revision, calibrations=calibrations)
