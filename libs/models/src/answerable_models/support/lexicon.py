"""English words that turn a statement round, and numbers written out. A wrong entry is a bug with a one-line fix."""

from answerable_models.terms import stem

NEGATIONS = frozenset(
    # A word list reads best as one string.
    """no not never none nor neither cannot without nobody nothing nowhere n't isn't aren't wasn't weren't don't doesn't
    didn't won't wouldn't can't couldn't shouldn't mustn't hasn't haven't hadn't""".split()  # noqa: SIM905 - see above
)
IMPLICIT_NEGATIONS = frozenset(
    stem(word)
    for word in """fail failed deny denied refuse refused lack lacked lacks unable unlikely impossible false untrue
    incorrect myth rarely hardly scarcely barely seldom absent absence avoid avoided prevent prevented reject rejected
    contrary despite instead rather unknown insufficient cease ceased""".split()  # noqa: SIM905 - see above
)
_OPPOSITES = """increase decrease, increase decline, increase reduce, rise fall, rose fell, rise drop, grow shrink, grew
shrank, gain loss, gain lose, profit loss, high low, higher lower, highest lowest, large small, larger smaller, largest
smallest, big small, long short, longer shorter, more less, more fewer, most least, maximum minimum, before after, early
late, earlier later, first last, include exclude, allow forbid, allow prohibit, permit forbid, open close, win lose, won
lost, victory defeat, start end, begin end, began ended, accept reject, approve reject, always never, all none, old new,
young old, old modern, north south, east west, northern southern, eastern western, buy sell, import export, male female,
man woman, men women, boy girl, father mother, son daughter, brother sister, husband wife, king queen, black white, hot
cold, warm cold, up down, above below, over under, inside outside, internal external, public private, legal illegal,
valid invalid, possible impossible, likely unlikely, able unable, common rare, easy difficult, easy hard, strong weak,
good bad, better worse, best worst, positive negative, true false, right wrong, alive dead, born died, love hate,
success failure, succeed fail, support oppose, agree disagree, appear disappear, import export, enter leave,
arrive depart, remember forget, safe dangerous, full empty, heavy light, fast slow, wide narrow, deep shallow,
rich poor, near far,
income expense, asset liability, upper lower, left right, day night, summer winter, active passive, many few, same
different, similar different, equal unequal, complete partial, major minor, majority minority, democratic republican,
liberal conservative, catholic protestant, single married, domestic foreign, rural urban, permanent temporary"""
OPPOSITES: dict[str, frozenset[str]] = {}
"""Keys of words by the key of a word that they exclude."""
for _pair in _OPPOSITES.split(","):
    _one, _other = (stem(word) for word in _pair.split())
    OPPOSITES[_one] = OPPOSITES.get(_one, frozenset()) | {_other}
    OPPOSITES[_other] = OPPOSITES.get(_other, frozenset()) | {_one}

NUMBER_WORDS = dict(
    zip(
        """two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
        eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety""".split(),  # noqa: SIM905 - see above
        [*map(str, range(2, 21)), *map(str, range(30, 100, 10))],
        strict=True,
    )
)
"""Written numbers by their figures; "one" is left out, since it mostly counts nothing."""
