"""Text that came out wrong, and text that only looks odd."""

import random

import pytest

from answerable_knowledge.noise import is_mojibake, is_ocr_noise

PROSE = (
    "Employees receive twenty-five days of paid leave in every calendar year. Leave that is not taken by the end of "
    "March lapses, unless operational reasons prevented it. Requests go to the line manager, who answers within five "
    "working days. The works council is informed about closing days before the end of the previous year."
)
SOUND = {
    "English": PROSE,
    "German": "Die Beschäftigten erhalten fünfundzwanzig Urlaubstage. Größere Änderungen bedürfen der Schriftform, "
    "ausgenommen Straße, Übermaß und „Anführungszeichen“. Preis: 5 €, 20 °C, § 4 Abs. 2.",
    "French": "« À l'œuvre, où êtes-vous ? » Les congés non pris avant la fin du mois d'août sont perdus, sauf accord.",
    "Norwegian": "Ansatte får tjuefem dager fri. Søknaden går til nærmeste leder, som svarer på e-post.",
    "Russian": "Сотрудники получают двадцать пять дней оплачиваемого отпуска в течение каждого календарного года.",
    "Japanese": "従業員は年間二十五日の有給休暇を取得できます。三月末までに取得しない休暇は失効します。",
    "code": "for i in range(3):\n    x[i] = a|b if y1 != z2 else func(x0, r2d2)  # see http://a.b/c?d=e~f\n" * 4,
    "table": "| Item | Price |\n|------|-------|\n| A1b | 5 |\n| B2c | 6 |\n| x | 7 |\n" * 4,
    "formulas": "a = b + c; v = s / t; x1 = 3, x2 = 4; 10^3 m³; a ≥ b ± 2 % … f(x) = x² — y₁ → y₂" * 3,
    "parts": "Tern200 B2B, 4th, 1st, 3rd, MP3 and H2O; 24h service, 10km, 5kg, A4, e2e tests, i18n and l10n, k8s.",
    "contents": "1. Introduction ........ 4\n2. Safety ........ 9\n3. Care ........ 17\n____________\n--------\n",
    "bullets": "• one • two • three • four • five • six • seven " * 3,
    "labels": "A\n\nB\n\nC\n\nD\n\nE\n\nF\n\nG\n\nH",
    "initials": "J. R. R. Tolkien, C. S. Lewis; vitamins A B C D; grades A B C",
}  # fmt: skip


@pytest.mark.parametrize("text", SOUND.values(), ids=SOUND.keys())
def test_sound_text_is_neither_garbled_nor_noise(text):
    assert not is_mojibake(text)
    assert not is_ocr_noise(text)


@pytest.mark.parametrize(
    "garbled",
    [
        "Die BeschÃ¤ftigten erhalten fÃ¼nfundzwanzig Tage. GrÃ¶ÃŸere Ã„nderungen bedÃ¼rfen der Schriftform.",
        "It�s the employee�s own duty � not the manager�s � to apply for leave in good time.",
        "(cid:12)(cid:45)(cid:7)(cid:88) (cid:3)(cid:14) leave (cid:71)(cid:2)",
        "Сотрудники получают двадцать пять дней отпуска".encode().decode("cp1252", "replace"),
        "\ue012\ue034\ue056 leave \ue078\ue090",
    ],
)
def test_letters_that_a_wrong_encoding_or_font_destroyed_are_found(garbled):
    assert is_mojibake(garbled)


def test_one_odd_character_in_a_long_text_is_no_garbled_text():
    assert not is_mojibake(f"{PROSE} The author\ufffds copy. {PROSE}")


def misread(text: str, share: float, seed: int) -> str:
    """The text as a bad recognition gives it: that share of its words with a sign or digit in place of a letter."""
    chance, swaps = random.Random(seed), {"l": "|", "i": "1", "o": "0", "e": "¢", "s": "5", "a": "«", "t": "!"}
    words = text.split()
    for number, word in enumerate(words):
        inner = [place for place in range(1, len(word) - 1) if word[place] in swaps]
        if inner and chance.random() < share:
            place = chance.choice(inner)
            words[number] = f"{word[:place]}{swaps[word[place]]}{word[place + 1 :]}"
    return " ".join(words)


def test_a_bad_recognition_is_found_from_one_word_in_five_on_and_a_few_slips_are_not():
    assert sum(is_ocr_noise(misread(PROSE, 0.2, seed)) for seed in range(100)) >= 90
    assert sum(is_ocr_noise(misread(PROSE, 0.01, seed)) for seed in range(100)) == 0


def test_words_that_were_torn_into_letters_are_found():
    assert is_ocr_noise("T h e  e m p l o y e e s  receive l e a v e each y e a r when they ask for it in good time.")
