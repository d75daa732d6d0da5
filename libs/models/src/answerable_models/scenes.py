"""One question with all candidates of its sources, read once: what every feature is computed from. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from answerable_models.answer_types import Question
from answerable_models.generation import Source
from answerable_models.segmentation import Candidate
from answerable_models.terms import Token, rarity, tokenise


@dataclass(frozen=True)
class Scene:
    """One question with all candidates of its sources, tokenised once."""

    question: Question
    sources: Sequence[Source]
    candidates: Sequence[Candidate]

    @cached_property
    def tokens(self) -> list[list[Token]]:
        return [tokenise(candidate.text) for candidate in self.candidates]

    @cached_property
    def contexts(self) -> list[list[Token]]:
        read = {context: tokenise(context) for context in {candidate.context for candidate in self.candidates}}
        return [read[candidate.context] for candidate in self.candidates]

    @cached_property
    def titles(self) -> list[list[Token]]:
        return [tokenise(source.title) for source in self.sources]

    @cached_property
    def texts(self) -> list[list[Token]]:
        return [tokenise(source.text) for source in self.sources]

    @cached_property
    def keys(self) -> list[frozenset[str]]:
        return [_keys(tokens) for tokens in self.tokens]

    @cached_property
    def context_keys(self) -> list[frozenset[str]]:
        return [_keys(tokens) for tokens in self.contexts]

    @cached_property
    def title_keys(self) -> list[frozenset[str]]:
        return [_keys(tokens) for tokens in self.titles]

    @cached_property
    def source_keys(self) -> list[frozenset[str]]:
        return [_keys(tokens) | title for tokens, title in zip(self.texts, self.title_keys, strict=True)]

    @cached_property
    def words(self) -> list[frozenset[str]]:
        """Of each candidate, without the words that say nothing alone."""
        return [_words(tokens) for tokens in self.tokens]

    @cached_property
    def context_words(self) -> list[frozenset[str]]:
        return [_words(tokens) for tokens in self.contexts]

    @cached_property
    def title_words(self) -> list[frozenset[str]]:
        return [_words(tokens) for tokens in self.titles]

    @cached_property
    def source_words(self) -> list[frozenset[str]]:
        return [_words(tokens) for tokens in self.texts]

    @cached_property
    def word_keys(self) -> dict[str, str]:
        """What each word of the sources is compared by."""
        groups = (*self.tokens, *self.contexts, *self.titles, *self.texts)
        return {token.word: token.key for tokens in groups for token in tokens}

    @cached_property
    def names(self) -> frozenset[str]:
        """The names and numbers of the question; its first word may be a capital for another reason."""
        terms = self.question.terms
        return frozenset(term.key for term in terms if term.is_number or (term.is_name and term.start > 0))

    @cached_property
    def weights(self) -> dict[str, float]:
        """Question words and what they weigh; sums to 1 where there is any word at all."""
        raw = {token.key: weigh(token) for token in self.question.terms}
        total = sum(raw.values())
        return {key: weight / total for key, weight in raw.items()} if total else {}

    @cached_property
    def rarest(self) -> str:
        return max(self.weights, key=self.weights.__getitem__, default="")

    def covered(self, keys: frozenset[str]) -> float:
        return sum(weight for key, weight in self.weights.items() if key in keys)


def weigh(token: Token) -> float:
    """Rarity squared; a capital or a digit makes a word count as rarer than its spelling."""
    rare = rarity(token.word)
    return (max(rare, 0.9) if token.is_name and token.start > 0 else rare) ** 2


def _keys(tokens: Sequence[Token]) -> frozenset[str]:
    return frozenset(token.key for token in tokens)


def _words(tokens: Sequence[Token]) -> frozenset[str]:
    return frozenset(token.word for token in tokens if not token.is_stop)
