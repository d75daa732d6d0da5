"""Which language a document is written in, as an ISO 639-1 code."""

import re
from collections.abc import Iterable
from functools import cache
from typing import Any

# What the detector (trigrams and scripts, 69 languages) knows, ISO 639-3 to 639-1. Norwegian and Danish look alike.
_KNOWN = """
afr:af aka:ak amh:am ara:ar aze:az bel:be ben:bn bul:bg cat:ca ces:cs cmn:zh cym:cy dan:da deu:de ell:el eng:en epo:eo
est:et fin:fi fra:fr guj:gu heb:he hin:hi hrv:hr hun:hu hye:hy ind:id ita:it jav:jv jpn:ja kan:kn kat:ka khm:km kor:ko
lat:la lav:lv lit:lt mal:ml mar:mr mkd:mk mya:my nep:ne nld:nl nob:nb ori:or pan:pa pes:fa pol:pl por:pt ron:ro rus:ru
sin:si slk:sk slv:sl sna:sn spa:es srp:sr swe:sv tam:ta tel:te tgl:tl tha:th tuk:tk tur:tr ukr:uk urd:ur uzb:uz vie:vi
yid:yi zul:zu
"""
_CODES: dict[str, str] = dict(pair.split(":") for pair in _KNOWN.split())
_NO_PROSE = re.compile(r"https?://\S+|[\w.+-]{1,64}@\S{1,200}|[\d\W_]+")
_SAMPLE_CHARACTERS = 6000
_ENOUGH = 200  # letters; with fewer the document's own word counts for more
_SOME = 24  # letters; with fewer nothing is said
_DENSE = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_DENSE_WEIGHT = 4  # letters that a character of Chinese, Japanese or Korean stands for


def language_of(declared: str | None, texts: Iterable[str]) -> str | None:
    """The language of most of the texts; what the document declares about itself when they are short."""
    code = re.split(r"[-_]", (declared or "").strip().lower())[0]
    own = code if re.fullmatch(r"[a-z]{2}", code) else None
    sample = _sample(texts)
    letters = len(sample) + (_DENSE_WEIGHT - 1) * len(_DENSE.findall(sample))
    if letters < _SOME or (own and letters < _ENOUGH):
        return own
    return _detected(sample) or own


def _sample(texts: Iterable[str]) -> str:
    """Prose of the texts, the longest first: names of columns and menus say little about a language."""
    prose: list[str] = []
    missing = _SAMPLE_CHARACTERS
    for text in sorted(texts, key=len, reverse=True):  # stable, so the result depends on the document alone
        if missing <= 0:
            break
        prose.append(_NO_PROSE.sub(" ", text[:_SAMPLE_CHARACTERS]).strip())
        missing -= len(prose[-1]) + 1
    return " ".join(prose)[:_SAMPLE_CHARACTERS]


def _detected(sample: str) -> str | None:
    import kreuzberg  # noqa: PLC0415 - slow to load

    found = kreuzberg.extract_bytes_sync(sample.encode("utf-8", "replace"), "text/plain", _config()).detected_languages
    return _CODES.get(found[0]) if found else None  # the most frequent one comes first


@cache
def _config() -> Any:
    import kreuzberg  # noqa: PLC0415 - slow to load

    return kreuzberg.ExtractionConfig(
        use_cache=False,
        enable_quality_processing=False,
        language_detection=kreuzberg.LanguageDetectionConfig(enabled=True, min_confidence=0.0, detect_multiple=True),
    )
