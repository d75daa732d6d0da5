"""What is searched for a question: its text without what differs between keyboards, programs and habits. Pure."""

import re
import unicodedata

# Question words beyond this add no meaning and much time.
_CHARACTERS = 4_000
_QUOTES = str.maketrans(
    {
        "\u2018": "'",
        "\u2019": "'",
        "\u201a": "'",
        "\u201c": '"',
        "\u201d": '"',
        "\u201e": '"',
        "\u00ab": '"',
        "\u00bb": '"',
    }
)
_DASHES = re.compile(r"[\u2010-\u2015\u2212]")


def searched(question: str) -> str:
    """One form for full and half width, ligatures, quotes, dashes, blanks and invisible characters; at most 4,000 long.

    Letters stay as they are, capital or small: both searches have their own way with them. The same again is the same.
    """
    text = question[:_CHARACTERS].encode("utf-8", "replace").decode()
    text = _DASHES.sub("-", unicodedata.normalize("NFKC", text)).translate(_QUOTES)
    seen = "".join(
        " " if unicodedata.category(each) == "Cc" else each for each in text if unicodedata.category(each) != "Cf"
    )
    return " ".join(seen.split())[:_CHARACTERS].rstrip()
