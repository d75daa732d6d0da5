"""Which language a text is in."""

import pytest

from answerable_knowledge.languages import language_of

SENTENCES = {
    "en": "Employees are entitled to twenty five days of paid leave a year.",
    "de": "Beschäftigte haben Anspruch auf fünfundzwanzig bezahlte Urlaubstage im Jahr.",
    "fr": "Les salariés ont droit à vingt-cinq jours de congés payés par an.",
    "es": "Los empleados tienen derecho a veinticinco días de vacaciones pagadas al año.",
    "pl": "Pracownikom przysługuje dwadzieścia pięć dni płatnego urlopu rocznie.",
    "ru": "Сотрудники имеют право на двадцать пять дней оплачиваемого отпуска в год.",
    "ja": "従業員は年間25日の有給休暇を取得する権利があります。",
    "zh": "员工每年有权享受二十五天带薪休假。",
    "ar": "يحق للموظفين الحصول على خمسة وعشرين يومًا من الإجازة مدفوعة الأجر سنويًا.",
}


@pytest.mark.parametrize("language", SENTENCES)
def test_a_sentence_is_enough(language):
    assert language_of(None, [SENTENCES[language]]) == language


def test_most_of_the_text_decides():
    assert language_of(None, [SENTENCES["en"], SENTENCES["de"] * 5]) == "de"


def test_a_long_text_is_believed_more_than_what_the_document_declares():
    assert language_of("en-US", [SENTENCES["de"] * 5]) == "de"
    assert language_of("en-US", [SENTENCES["de"]]) == "en"


@pytest.mark.parametrize(
    ("declared", "code"), [("de-AT", "de"), ("EN", "en"), ("pt_BR", "pt"), ("german", None), ("", None)]
)
def test_of_a_declared_language_the_code_is_kept(declared, code):
    assert language_of(declared, ["12"]) == code


def test_numbers_and_addresses_have_no_language():
    assert language_of(None, ["4711 0815 27.50 EUR https://example.org/some/long/path ann@example.org"]) is None
