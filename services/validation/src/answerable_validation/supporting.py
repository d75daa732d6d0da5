"""What the support scorer says of the sentences of a draft."""

from answerable_events.requests import DraftGenerated
from answerable_models.support.port import SupportScorer, Use
from answerable_trust import values
from answerable_trust.support import stands_word_for_word
from answerable_validation.judging import sentences_of

USE: Use = "prose"


async def supports(scorer: SupportScorer, draft: DraftGenerated) -> tuple[values.Support | None, ...]:
    """Of each sentence; None for one that stands word for word in what it cites, which needs no opinion.

    Raises ModelError where the scorer calls a model.
    """
    texts = {passage.label: passage.text for passage in draft.passages}
    found: list[values.Support | None] = []
    for sentence in sentences_of(draft):
        cited = [texts[label] for label in dict.fromkeys(sentence.citations) if label in texts]
        if not cited or any(stands_word_for_word(sentence, text) for text in cited):
            found.append(None)
        else:
            probability = await scorer.score(sentence.text, cited, USE)
            found.append(values.Support(probability, scorer.threshold(USE)))
    return tuple(found)
