"""Legacy encodings, told by how the text reads."""

# ruff: noqa: RUF001 - letters of all alphabets are the point

import pytest

from answerable_knowledge.decoding import decode
from answerable_knowledge.guessing import guess

TEXTS = [
    ("Bitte überweisen Sie den Betrag von 120 € bis zum Monatsende. Größe: 5 m²", ["cp1252"]),
    ("Wir grüßen Sie schön aus dem Büro.", ["cp1252", "mac-roman", "cp850"]),
    ("Veuillez régler la facture à réception. Où êtes-vous ?", ["cp1252", "mac-roman", "cp850"]),
    ("¿Cuándo llegará el envío? Mañana, según el correo.", ["cp1252", "cp850"]),
    ("Proszę zapłacić rachunek do końca miesiąca.", ["cp1250", "iso8859-2", "cp852"]),
    ("Zaplaťte prosím účet do konce měsíce, děkujeme.", ["cp1250", "iso8859-2"]),
    ("Пожалуйста, оплатите счёт до конца месяца.", ["cp1251", "koi8-r", "cp866", "iso8859-5", "mac-cyrillic"]),
    ("Παρακαλούμε πληρώστε τον λογαριασμό.", ["cp1253", "iso8859-7"]),
    ("נא לשלם את החשבון עד סוף החודש. תודה רבה.", ["cp1255"]),
    ("يرجى دفع الفاتورة قبل نهاية الشهر.", ["cp1256"]),
    ("Lütfen faturayı ay sonuna kadar ödeyiniz.", ["cp1254"]),
    ("月末までに請求書をお支払いください。", ["cp932", "euc-jp"]),
    ("名前,年齢,住所", ["cp932"]),
    ("请在月底之前支付账单。", ["gb18030"]),
    ("請在月底之前支付帳單。", ["big5"]),
    ("월말까지 청구서를 지불해 주십시오.", ["cp949"]),
    ("10 £ per m²", ["cp1252"]),
]


@pytest.mark.parametrize(("text", "encoding"), [(text, encoding) for text, several in TEXTS for encoding in several])
def test_a_sentence_is_enough_to_tell_its_encoding(text, encoding):
    decoded = decode(text.encode(encoding))
    assert (decoded.text, decoded.guessed) == (text, True)


def test_what_reads_like_no_language_is_not_guessed():
    assert guess(bytes(range(0x80, 0x100)) * 3) is None


def test_escape_sequences_of_japanese_mail_say_what_they_are():
    decoded = decode("月末まで".encode("iso2022-jp"))
    assert (decoded.text, decoded.guessed) == ("月末まで", False)


def test_only_the_start_of_a_long_text_is_looked_at():
    text = "Größe und Maße. " * 50_000
    assert decode(text.encode("cp1252")).text == text
