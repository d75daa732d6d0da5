"""What turns a claim against its evidence though the words are there: negation, opposites, exchanges, roles."""

from collections.abc import Sequence
from difflib import SequenceMatcher

import numpy as np

from answerable_models.support.lexicon import OPPOSITES
from answerable_models.support.matching import Matching
from answerable_models.support.reading import Sentence, Word

TURNS = {
    "verbatim": 1,
    "negation_differs": -1,
    "negation_differs_all": -1,
    "negation_only_claim": -1,
    "negation_only_evidence": -1,
    "implicit_differs": -1,
    "opposite_best": -1,
    "opposite_any": -1,
    "exchanged_number": -1,
    "exchanged_name": -1,
    "exchanged_word": -1,
    "order_best": 1,
    "subsequence": 1,
    "names_order": 1,
    "subject_first": 1,
    "compact": 1,
}
_SCOPE = 4  # words before the first match in which a negation still governs it
_BEHIND = 1  # and after the last: farther on, another clause is denied
_LOOKED_AT = 3  # sentences, the best first
_COMPARABLE = 0.85  # of the best coverage: such a sentence speaks of the same
_SAME_SENTENCE = 0.5  # of the claim's weight: below, a difference says nothing about the claim


def turn_features(matching: Matching) -> dict[str, float]:
    """The features of TURNS."""
    cover = matching.cover()
    order = [int(column) for column in np.argsort(-cover, kind="stable")[:_LOOKED_AT]]
    rivals = [column for column in order if cover[column] >= _COMPARABLE * cover[order[0]]]
    sentences = [matching.evidence[column] for column in rivals]
    best = matching.evidence[order[0]]
    place = verbatim_place(matching)
    found = {"verbatim": float(place is not None)} | _negation(matching, best, sentences, place)
    found |= _opposites(matching, best, sentences)
    found |= _exchanges(matching, [(matching.evidence[column], float(cover[column])) for column in rivals])
    return found | _order(matching, best)


def verbatim_place(matching: Matching) -> int | None:
    """Where the claim stands word for word, counted in words of the evidence; None where it does not."""
    ours = [word.word for word in matching.claim.words]
    theirs = [word.word for sentence in matching.evidence for word in sentence.words]
    for at in range(len(theirs) - len(ours) + 1):
        if theirs[at] == ours[0] and theirs[at : at + len(ours)] == ours:
            return at
    return None


def _before(matching: Matching, place: int) -> list[Word]:
    """The few words before a place, as far as they are of its sentence."""
    start = 0
    for sentence in matching.evidence:
        if place < start + len(sentence.words):
            return list(sentence.words[max(place - start - _SCOPE, 0) : place - start])
        start += len(sentence.words)
    return []


def _negation(matching: Matching, best: Sentence, rivals: Sequence[Sentence], verbatim: int | None) -> dict[str, float]:
    claim = len(matching.claim.negations)
    keys = {word.key for word in matching.words}
    scoped = [_scoped(sentence, sentence.negations, keys) for sentence in rivals]
    if verbatim is not None:  # then only what stands before it in its sentence can deny it
        scoped = [claim + sum(word.negates for word in _before(matching, verbatim))]
    differs = [(claim - count) % 2 != 0 for count in scoped]
    implicit = len(matching.claim.implicit) + claim
    theirs = _scoped(best, best.implicit, keys) + scoped[0]
    return {
        "negation_differs": float(differs[0]),
        "negation_differs_all": float(all(differs)),
        "negation_only_claim": float(claim > 0 and not any(scoped)),
        "negation_only_evidence": float(claim == 0 and all(scoped)),
        "implicit_differs": float(verbatim is None and (implicit - theirs) % 2 != 0),
    }


def _scoped(sentence: Sentence, places: Sequence[int], keys: set[str]) -> int:
    """How many of the places stand among the matched words or shortly before them."""
    matched = [at for at, word in enumerate(sentence.words) if word.key in keys]
    if not matched:
        return 0
    return sum(matched[0] - _SCOPE <= at <= matched[-1] + _BEHIND for at in places)


def _opposites(matching: Matching, best: Sentence, rivals: Sequence[Sentence]) -> dict[str, float]:
    ours = {word.key for word in matching.words}

    def turned(sentences: Sequence[Sentence]) -> bool:
        theirs = {word.key for sentence in sentences for word in sentence.words}
        return any((OPPOSITES[key] & theirs) - ours for key in ours & OPPOSITES.keys() if key not in theirs)

    return {"opposite_best": float(turned([best])), "opposite_any": float(turned(rivals))}


def _exchanges(matching: Matching, rivals: Sequence[tuple[Sentence, float]]) -> dict[str, float]:
    """How far the sentences agree in which something of the claim has another thing in its place, by kind of word.

    All zero as soon as one of the best sentences says the claim without such an exchange.
    """
    found = dict.fromkeys(("exchanged_number", "exchanged_name", "exchanged_word"), 0.0)
    ours = [matching.claim.words[at] for at in matching.claim.content]
    present = {word.key for sentence, _ in rivals for word in sentence.words}
    for sentence, cover in rivals:
        exchanged = _exchanged(ours, sentence, present) if cover >= _SAME_SENTENCE else set()
        if not exchanged:
            return dict.fromkeys(found, 0.0)
        for kind in exchanged:
            found[kind] = max(found[kind], cover)
    return found


def _exchanged(ours: Sequence[Word], sentence: Sentence, present: set[str]) -> set[str]:
    """The kinds of words of the claim in whose place the sentence has another one of the same kind."""
    theirs = [sentence.words[at] for at in sentence.content]
    here = {word.key for word in sentence.words}
    blocks = SequenceMatcher(None, [w.key for w in ours], [w.key for w in theirs], autojunk=False).get_opcodes()
    kinds: set[str] = set()
    for kind, start, end, begin, finish in blocks:
        missing = [word for word in ours[start:end] if word.key not in here]
        new = theirs[begin:finish]
        if kind != "replace" or not missing:
            continue
        if any(word.is_number for word in missing) and any(word.is_number for word in new):
            kinds.add("exchanged_number")
        if any(word.is_name for word in missing) and any(word.is_name for word in new):
            kinds.add("exchanged_name")
        if len(missing) == len(new) == 1 and missing[0].key not in present:
            kinds.add("exchanged_word")
    return kinds


def _order(matching: Matching, best: Sentence) -> dict[str, float]:
    """Whether the words that both have come in the same order, names above all; 1 where there are too few to say."""
    ours = [matching.claim.words[at] for at in matching.claim.content]
    theirs = [best.words[at].key for at in best.content]
    shared = [word for word in ours if word.key in set(theirs)]
    places = [theirs.index(word.key) for word in shared]
    names = [place for word, place in zip(shared, places, strict=True) if word.is_name]
    matched = [at for at, word in enumerate(best.words) if word.key in {one.key for one in shared} and word.weight]
    subject = next((word for word in ours if word.is_name or word.weight > 0.5), None)  # noqa: PLR2004
    first = min((theirs.index(word.key) for word in shared if word.is_name or word.weight > 0.5), default=0)  # noqa: PLR2004
    return {
        "order_best": _agreement(places),
        "subsequence": _rising(places) / max(len(ours), 1),
        "names_order": _agreement(names),
        "subject_first": float(subject is None or subject.key not in theirs or theirs.index(subject.key) == first),
        "compact": len(matched) / (matched[-1] - matched[0] + 1) if matched else 0.0,
    }


def _agreement(places: Sequence[int]) -> float:
    """Share of pairs in rising order (Kendall)."""
    pairs = [(a, b) for at, a in enumerate(places) for b in places[at + 1 :] if a != b]
    return sum(a < b for a, b in pairs) / len(pairs) if pairs else 1.0


def _rising(places: Sequence[int]) -> int:
    """Length of the longest rising subsequence."""
    ends: list[int] = []
    for place in places:
        at = next((n for n, end in enumerate(ends) if end >= place), len(ends))
        ends[at : at + 1] = [place]
    return len(ends)
