"""Is each sentence supported by the passages that it cites?

Word for word it is (spaces, case, quotes and hyphenation apart), unless what stands before it in the passage's sentence
negates or conditions it. Otherwise the words that carry meaning must be covered by up to three neighbouring sentences
of each cited passage, no name may be missing or displaced, nothing may be turned into its opposite, and the sentence
and its support must agree in negation. Or it is a computation over a table (`computed`).
"""

import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from difflib import SequenceMatcher

from answerable_trust import vocabulary
from answerable_trust.computed import is_computed
from answerable_trust.findings import Finding, cited_passages, plain_text, unique_spans
from answerable_trust.units import NUMBER_WORDS
from answerable_trust.values import Case, Passage, Sentence, Span, Support
from answerable_trust.words import Reading, content_stems, content_words, count_negations, read, read_names, stem

COVERAGE_NEEDED = 0.8  # of the weight of the words that carry meaning
_NAME_WEIGHT = 2.0  # names and numbers; any other word weighs 1
_WIDEST_WINDOW = 3  # sentences
_WINDOW_COST = 0.02  # per further sentence, so that the narrowest window wins
_NEARLY_ALL = 0.6  # of a claim's words, names and numbers apart: a sentence with as many speaks of the same
_BROKEN_RULE = 0.5  # what a broken rule leaves of the score, so that scores still order what failed
_ADDED = 4  # words in a row
_SCOPE = 4  # words before the first match in which a negation still governs it
_PARTICLE = re.compile(r"^\s*(?:yes|no)\s*[,.:;–—-]\s*", re.IGNORECASE)  # noqa: RUF001 - the en dash is meant
# "One" may be a pronoun. "Eighty" has the stem of "eight", and which is meant is for `numbers_agree`.
_NUMBERS = {stem(word): str(value) for word, value in reversed(NUMBER_WORDS.items()) if word != "one"}
_OPPOSITES: dict[str, frozenset[str]] = {}
for _one, _other in vocabulary.OPPOSITES:
    for _word, _opposite in ((_one, _other), (_other, _one)):
        _OPPOSITES[stem(_word)] = _OPPOSITES.get(stem(_word), frozenset()) | {stem(_opposite)}


@dataclass(frozen=True, slots=True)
class Window:
    """The part of one passage that supports a sentence best: words `first` to `last`, which hold `stems`."""

    passage: Passage
    first: int
    last: int
    verbatim: bool
    score: float

    @property
    def reading(self) -> Reading:
        return read(self.passage.text)

    @property
    def span(self) -> Span:
        return Span(self.passage.label, self.reading.starts[self.first], self.reading.ends[self.last - 1])


def find_support(case: Case) -> Finding:
    """Every sentence is supported by what it cites; the score is that of the weakest sentence."""
    scores: list[float] = []
    spans: list[Span] = []
    opinions = (*case.support, *(None,) * len(case.sentences))
    for sentence, opinion in zip(case.sentences, opinions, strict=False):
        passages = cited_passages(case, sentence)
        windows = support_windows(sentence, passages)
        score = _lowered(_score(sentence, windows), opinion, windows)
        if score < COVERAGE_NEEDED and is_computed(_claim(sentence), case.question, passages):
            score = 1.0  # no scorer computes
        scores.append(score)
        spans.extend(window.span for window in windows)
    score = min(scores, default=0.0)
    return Finding(score, None if score >= COVERAGE_NEEDED else "unsupported", unique_spans(spans))


def stands_word_for_word(sentence: Sentence, text: str) -> bool:
    """Whether a sentence is a quotation of the text: spaces, case, quotes and hyphenation apart."""
    return read(text).find(read(_claim(sentence))) is not None


def _lowered(score: float, opinion: Support | None, windows: tuple[Window, ...]) -> float:
    """A scorer can only lower a score, and has no say about what is quoted."""
    quoted = bool(windows) and windows[0].verbatim
    if opinion is None or quoted or opinion.probability >= opinion.needed:
        return score
    return min(score, COVERAGE_NEEDED * max(0.0, opinion.probability / opinion.needed))


def support_windows(sentence: Sentence, passages: tuple[Passage, ...]) -> tuple[Window, ...]:
    """The best window of each passage that has one; a single one where the sentence stands there word for word."""
    claim = _claim(sentence)
    weights = _weigh(claim)
    windows = []
    for passage in passages:
        found = read(passage.text).find(read(claim))
        if found:
            return (Window(passage, *found, verbatim=True, score=1.0),)
        best = _best_window(passage, weights)
        if best:
            windows.append(best)
    return tuple(windows)


def _claim(sentence: Sentence) -> str:
    return _PARTICLE.sub("", plain_text(sentence))


def _weigh(claim: str) -> dict[str, float]:
    names = _names(claim)
    return {word: _NAME_WEIGHT if word in names or word[0].isdigit() else 1.0 for word in content_stems(read(claim))}


def _names(claim: str) -> frozenset[str]:
    """The names of the claim. Its first word may be one, and a false alarm costs less than another's name."""
    return read_names(claim, opening=True)


def _best_window(passage: Passage, weights: dict[str, float]) -> Window | None:
    reading, total = read(passage.text), sum(weights.values())
    found = [frozenset(reading.stems[first:last]) & weights.keys() for first, last in reading.sentences]
    best: Window | None = None
    for index, (first, _) in enumerate(reading.sentences):
        covered: frozenset[str] = frozenset()
        for width, more in enumerate(found[index : index + _WIDEST_WINDOW]):
            covered |= more
            score = sum(map(weights.__getitem__, covered)) / total - width * _WINDOW_COST if covered else 0.0
            if score > (best.score if best else 0.0):
                best = Window(passage, first, reading.sentences[index + width][1], verbatim=False, score=score)
    return best


def _score(sentence: Sentence, windows: tuple[Window, ...]) -> float:
    if not windows:
        return 0.0
    claim = _claim(sentence)
    if windows[0].verbatim:
        return _BROKEN_RULE if _is_governed(windows[0], read(claim)) else 1.0
    weights = _weigh(claim)
    held = {word for window in windows for word in window.reading.stems[window.first : window.last]}
    titles = {word for window in windows for word in content_stems(read(window.passage.title)) if not word[0].isdigit()}
    numbers = _numbers(held)
    missing = {word for word in weights.keys() - held - titles if _NUMBERS.get(word, word) not in numbers}
    sound = (
        not missing & _names(claim)
        and not _adds(read(claim), missing)
        and not _turns_round(read(claim), held)
        and not _displaces(claim, weights, windows)
        and any(_agrees_in_negation(read(claim), window, weights) for window in windows)
    )
    coverage = 1.0 - sum(weights[word] for word in missing) / sum(weights.values())
    return coverage if sound else coverage * _BROKEN_RULE


def _adds(claim: Reading, missing: AbstractSet[str]) -> bool:
    """Whether so many words in a row are missing that they are a statement of their own, behind a supported one."""
    run = 0
    for word in content_words(claim):
        run = run + 1 if word in missing else 0
        if run == _ADDED:
            return True
    return False


def _turns_round(claim: Reading, held: set[str]) -> bool:
    """Whether a word of the claim is absent from its support, but its opposite is there."""
    said = set(claim.stems)
    return any(word not in held and (_OPPOSITES[word] & held) - said for word in said & _OPPOSITES.keys())


def _displaces(claim: str, weights: dict[str, float], windows: tuple[Window, ...]) -> bool:
    """Whether a sentence says nearly all of the claim, but with another name or number in the place of one claimed.

    That "Silver" and "30" stand elsewhere in the passage does not make "Gold costs 30" of "Gold costs 20".
    """
    names = _names(claim)
    plain = {word for word in weights if word not in names and not word[0].isdigit()} or set(weights)
    for window in windows:
        text, reading = window.passage.text, window.reading
        elsewhere = {word for other in windows if other is not window for word in other.reading.stems}
        elsewhere |= content_stems(read(window.passage.title))
        for first, last in _sentences(text, reading):
            content = content_stems(reading, first, last)
            if len(plain & content) < _NEARLY_ALL * len(plain):
                continue
            proper = names | read_names(text, first, last, opening=True)
            if _is_exchange(weights.keys() - content - elsewhere, content - weights.keys(), proper):
                return True
            if any(_is_exchange(*pair, proper) for pair in _exchanges(read(claim), reading, first, last)):
                return True
            if _swaps_roles(read(claim), reading, (first, last), proper):
                return True
    return False


def _sentences(text: str, reading: Reading) -> Iterator[tuple[int, int]]:
    """The sentences, and each with the next where only the wrapping of lines keeps a number from it."""
    for place, (first, last) in enumerate(reading.sentences):
        yield first, last
        for begin, end in reading.sentences[place + 1 : place + 2]:
            between = text[reading.ends[last - 1] : reading.starts[begin]]
            if not between.strip() and between.count("\n") == 1 and reading.forms[begin][0].isdigit():
                yield first, end


def _exchanges(claim: Reading, source: Reading, first: int, last: int) -> Iterator[tuple[set[str], set[str]]]:
    """The words of the claim and of the source that stand in each other's place when the two are laid side by side."""
    ours, theirs = content_words(claim), content_words(source, first, last)
    for kind, start, end, begin, finish in SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes():
        if kind == "replace":
            yield set(ours[start:end]), set(theirs[begin:finish])


def _swaps_roles(claim: Reading, source: Reading, place: tuple[int, int], names: frozenset[str]) -> bool:
    """Whether the names they share come in another order while the other shared words do not, in the same voice."""
    ours, theirs = content_words(claim), content_words(source, *place)
    ordered = [
        [
            list(dict.fromkeys(word for word in words if word in shared and (word in names) is named))
            for named in (True, False)
        ]
        for words, shared in ((ours, set(theirs)), (theirs, set(ours)))
    ]
    same_voice = ("by" in claim.forms) == ("by" in source.forms[slice(*place)])
    return same_voice and ordered[0][0] != ordered[1][0] and ordered[0][1] == ordered[1][1]


def _is_exchange(ours: AbstractSet[str], theirs: AbstractSet[str], names: frozenset[str]) -> bool:
    """Whether a number stands for a number or a name for a name."""
    said, stands = _numbers(ours), _numbers(theirs)
    return bool(said - stands and stands - said) or bool(ours & names and theirs & names)


def _numbers(words: AbstractSet[str]) -> frozenset[str]:
    """The numbers among the words, in digits."""
    return frozenset(_NUMBERS.get(word, word) for word in words if word[0].isdigit() or word in _NUMBERS)


def _agrees_in_negation(claim: Reading, window: Window, weights: dict[str, float]) -> bool:
    reading = window.reading
    matched = [index for index in range(window.first, window.last) if reading.stems[index] in weights]
    first = max(matched[0] - _SCOPE, window.first)
    return count_negations(claim) % 2 == count_negations(reading, first, matched[-1] + 1) % 2


def _is_governed(window: Window, claim: Reading) -> bool:
    """Whether the passage's sentence negates or conditions the words that were taken out of it."""
    reading = window.reading
    opening = next(first for first, last in reversed(reading.sentences) if first <= window.first)
    before = reading.forms[opening : window.first]
    inside = count_negations(reading, window.first, window.last) - count_negations(claim)
    return (
        bool(vocabulary.CONDITIONS & set(before)) or (count_negations(reading, opening, window.first) + inside) % 2 == 1
    )
