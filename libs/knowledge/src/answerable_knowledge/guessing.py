"""Which legacy encoding a text is in, when nothing says so: the one in which it reads most like a language.

For one-byte encodings: the share of letters beyond ASCII that some language of that encoding uses, common letters
counting more; symbols inside words and capitals behind small letters count against it. For East Asian encodings: the
share of characters that fill most texts. Short texts are told apart better that way than by byte statistics.
"""

# ruff: noqa: RUF001 - letters of all alphabets are the point

import re
from dataclasses import dataclass
from itertools import groupby, pairwise

# Letters beyond ASCII by language, the most frequent first. Punctuation of printed text belongs to every one.
_LATIN_1 = (
    "äüößÄÜÖ",  # German
    "éèàêçâùîôëïûœÉÀÈÇÊ",  # French
    "óíáéñúüÓÁÍÉÑÚ¿¡",  # Spanish
    "ãçáéíõóêúàâôÃÇÁÉÍÓ",  # Portuguese
    "àèéìòùÀÈÉ",  # Italian
    "åäöéÅÄÖ",  # Swedish, Finnish
    "åøæéÅØÆ",  # Danish, Norwegian
    "éëïèüöá",  # Dutch
    "áíéðþóúæöýÁÍÞÓÚ",  # Icelandic
)
_LATIN_2 = (
    "łąęóżśćńźŁŻŚĆĄĘ",
    "íáéřčěžýšůúňťďóÍÁŘČĚŽŠÚ",
    "áéöóőíüúűÁÉÖÓŐÚ",
    "ăîâşţĂÎÂŞŢ",
    "čćšžđČĆŠŽĐ",
    "ľáčíéžýšťúňôäŽČŠ",
)
_TURKISH = ("ıişğçüöİŞĞÇÜÖâ",)
_CYRILLIC = ("оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё", "оаинвтеірлсукдпмяьзгбйчхжєщшюцїфґ", "аиоетнрсвлпкдзямгбъучцжйщшхюфь")
_GREEK = ("αοιετσνηυρπκμλςίωάόδγήέχθύφώβζξψϊΆΈΉΊΌΎΏ",)
_HEBREW = ("יוהלאמתרבשנדקעחפטגצסזךםןףץ",)
_ARABIC = ("اليمونتربةعدسفهكقحجشطصخإأىءضغثذظزؤئآًٌٍَُِّْ",)
_PRINTED = "„“”‚‘’–—…«»€§°·\u00a0¿¡№†•£¥¢©®±²³µ¹¼½¾"

_ONE_BYTE = {
    "cp1252": _LATIN_1,
    "cp1250": _LATIN_2,
    "iso8859-2": _LATIN_2,
    "cp1254": _TURKISH,
    "mac-roman": _LATIN_1,
    "cp850": _LATIN_1,
    "cp852": _LATIN_2,
    "cp1251": _CYRILLIC,
    "koi8-r": _CYRILLIC,
    "koi8-u": _CYRILLIC,
    "cp866": _CYRILLIC,
    "iso8859-5": _CYRILLIC,
    "mac-cyrillic": _CYRILLIC,
    "cp1253": _GREEK,
    "iso8859-7": _GREEK,
    "cp1255": _HEBREW,
    "cp1256": _ARABIC,
}
_COMMON_HAN = (
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事成方"
    "多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把机十民第公此已工使情"
    "明性知全三又关点正业外将两高间由问很最重并物手应战向头文体政美相见被利什二等产或新己制身果加西斯月话合回特代内信表化老给"
    "世位次度门任常先海通教儿原东声提立及比员解水名真论处走义各入几口认条平系气题活尔更别打女变四神总何电数安少报才结反受目太"
    "量再感建务做接必场件计管期市直德资命山金指克许统区保至队形社便空决治展马科司五基眼书非则听白却界达光放强即像难且权思王象"
    "這個們來為國說時會對過發後裡動現當沒進樣開從實軍無與長機關點業將兩間問並應戰頭體見產員論處義條係氣題變電數報結務場計資許"
    "員工年假休天带薪帶享受每有权權公司请請部门費费日本語月曜東京名前田中"
)
_COMMON_HANGUL = (
    "이다는을에의가고하지로은한도를어사그들나서있기아대인리자시게정보면것스해일구상전라여주장신수부만원제안과와공년직급휴받할권습니"
    "으로연간유무비오우거마요성동경선국문생미소조관학세당방민더내위명실모교중통물진산계발력때말입법않없"
)
_MANY_BYTES = ("cp932", "euc-jp", "gb18030", "big5", "cp949")
_KANA = re.compile("[\u3041-\u3096\u30a1-\u30fa\u30fc]")
_HALF_WIDTH = re.compile("[\uff61-\uff9f]")
_SIGN_IN_WORD = re.compile(r"(?<=[^\W\d_])[^\w\s\x00-\x7f’‘\-–…](?=[^\W\d_])")
_END_IN_WORD = re.compile(r"[ςךםןףץ](?=[^\W\d_])")  # letters that stand at the end of a word only
_CAPITALS_FIRST = re.compile("[A-Z][\u00c0-\u0178][a-z]")  # "LŘtfen"
_SCRIPTS = (
    ("latin", "A", "z"),
    ("latin", "\u00c0", "\u024f"),
    ("greek", "\u0370", "\u03ff"),
    ("cyrillic", "\u0400", "\u04ff"),
    ("hebrew", "\u0590", "\u05ff"),
    ("arabic", "\u0600", "\u06ff"),
)
_WORD = re.compile(r"[^\W\d_]+")
_ENOUGH = 0.4  # of the best score that a reading can have
_SAMPLE_BYTES = 4000
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]")


@dataclass(frozen=True, slots=True)
class _Alphabet:
    weights: dict[str, float]

    @classmethod
    def of(cls, letters: str) -> "_Alphabet":
        """Common letters weigh 1, rare ones half."""
        return cls({letter: 1 - 0.5 * place / len(letters) for place, letter in enumerate(letters)})

    def weight(self, character: str) -> float:
        return max(self.weights.get(character, 0.0), self.weights.get(character.lower(), 0.0) * 0.9)


_ALPHABETS = {encoding: tuple(map(_Alphabet.of, letters)) for encoding, letters in _ONE_BYTE.items()}


def guess(data: bytes) -> str | None:
    """The encoding in which the bytes read best; None when they read like no language in any."""
    sample = _sample(data)
    scores = {encoding: _one_byte(sample, encoding) for encoding in _ONE_BYTE}
    scores |= {encoding: _many_bytes(sample, encoding) for encoding in _MANY_BYTES}
    best = max(scores, key=lambda encoding: scores[encoding])  # of equals the first
    return best if scores[best] >= _ENOUGH else None


def _sample(data: bytes) -> bytes:
    """The bytes from the line, or the place, at which the text leaves ASCII for the first time."""
    found = _BEYOND_ASCII.search(data)
    if found is None:
        return b""
    start = data.rfind(b"\n", max(0, found.start() - _SAMPLE_BYTES // 4), found.start()) + 1
    start = start or (found.start() if found.start() > _SAMPLE_BYTES // 4 else 0)
    return data[start : start + _SAMPLE_BYTES]


def _one_byte(sample: bytes, encoding: str) -> float:
    try:
        text = sample.decode(encoding)
    except UnicodeDecodeError:
        return 0.0
    beyond = [character for character in text if character > "\x7f" and character not in _PRINTED]
    if not beyond:
        return 0.5 if any(character > "\x7f" for character in text) else 0.0
    counts = {character: sum(1 for _ in run) for character, run in groupby(sorted(beyond))}
    read = max(
        sum(alphabet.weight(character) * count for character, count in counts.items())
        for alphabet in _ALPHABETS[encoding]
    )
    return (read - _oddities(text)) / len(beyond)


def _oddities(text: str) -> int:
    """Capitals behind small letters, letters of two scripts in a word, signs inside words."""
    odd = len(_SIGN_IN_WORD.findall(text)) + len(_END_IN_WORD.findall(text))
    for word in _WORD.findall(text):
        if not word.isascii():
            odd += sum(left.islower() and right.isupper() for left, right in pairwise(word))
            odd += bool(_CAPITALS_FIRST.match(word))
            odd += len(set(map(_script, word)) - {None}) > 1
    return odd


def _script(letter: str) -> str | None:
    return next((name for name, first, last in _SCRIPTS if first <= letter <= last), None)


def _many_bytes(sample: bytes, encoding: str) -> float:
    text = _decoded(sample, encoding)
    beyond = [character for character in text or "" if character > "\x7f" and character not in "　。、，．・「」（）"]
    if not text or not beyond:
        return 0.0
    kana = len(_KANA.findall(text))
    hangul = sum("가" <= character <= "힣" for character in beyond)
    if hangul:
        read = sum(character in _COMMON_HANGUL for character in beyond) - 0.5 * (len(beyond) - hangul)
    elif kana and encoding in ("cp932", "euc-jp"):
        han = sum("\u4e00" <= character <= "\u9fff" for character in beyond)
        read = kana + 0.7 * han
    else:
        read = sum(character in _COMMON_HAN for character in beyond) * 1.1
    return min((read - len(_HALF_WIDTH.findall(text))) / len(beyond), 1.0)


def _decoded(sample: bytes, encoding: str) -> str | None:
    """The sample as text; its end may cut a character."""
    for cut in range(4):
        try:
            return sample[: len(sample) - cut].decode(encoding)
        except UnicodeDecodeError:
            continue
    return None
