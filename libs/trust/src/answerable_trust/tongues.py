"""Is the answer in the language of the question, or of what it cites? A model that drifts into a third one is stopped.

By function words, which say clearly what a sentence of some length is written in; whatever is not clear passes.
"""

import re
from collections.abc import Iterable

from answerable_trust.findings import Finding, all_cited, answer_text
from answerable_trust.values import Case

_FUNCTION_WORDS = {
    "en": "the of and to in is that it was for on are with as be at this have from by not or an will which their has",
    "de": "der die das und ist nicht ein eine zu den dem mit von auf für im des sich auch werden wird sind bei nach",
    "fr": "le la les des et est une un du que qui dans pour pas sur au avec sont plus par ne se ce cette aux ou",
    "es": "el la los las de y que en un una es por con para del se al lo como más pero sus no son este está",
    "it": "il lo la gli le di e che un una è per con non del della si nel dei al sono come più da anche",
    "nl": "de het een en van is dat in te niet op voor met zijn er aan om ook als bij of wordt naar door deze",
    "sv": "och att det som en på är av för med den till inte om ett har de kan ska från eller vid när också",
    "pt": "o a os as de e que em um uma é por com para do da não se no na mais como dos ao são",
}
_BY_LANGUAGE = {name: frozenset(words.split()) for name, words in _FUNCTION_WORDS.items()}
_WORD = re.compile(r"[^\W\d_]+")
_FEWEST_WORDS = 8
_CLEAR_SHARE = 0.25
_CLEAR_LEAD = 1.5  # times the next language: neighbours share small words
_LOOKED_AT = 4_000  # characters


def find_tongue(case: Case) -> Finding:
    """The answer is not clearly in another language than the question and everything that it cites."""
    mine = language_of(answer_text(case))
    known = {language_of(text) for text in _others(case)}
    foreign = mine is not None and None not in known and mine not in known
    return Finding(0.0 if foreign else 1.0, "other_language" if foreign else None)


def language_of(text: str) -> str | None:
    """Of a text that is clear about it: code of ISO 639-1; None otherwise."""
    words = [word.lower() for word in _WORD.findall(text[:_LOOKED_AT])]
    if len(words) < _FEWEST_WORDS:
        return None
    shares = sorted(
        ((sum(word in known for word in words) / len(words), name) for name, known in _BY_LANGUAGE.items()),
        reverse=True,
    )
    (best, name), (second, _) = shares[0], shares[1]
    return name if best >= _CLEAR_SHARE and best >= _CLEAR_LEAD * second else None


def _others(case: Case) -> Iterable[str]:
    return (case.question, *(passage.text for passage in all_cited(case)))
