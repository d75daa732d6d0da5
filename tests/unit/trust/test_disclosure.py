"""What is masked, and what looks like a secret."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from answerable_trust.disclosure import masked
from answerable_trust.secrets import find_secrets

MAIL = "Write to jane.doe@example.com or call +44 20 7946 0018."


def test_what_is_masked_is_replaced_by_its_kind() -> None:
    assert masked(MAIL, personal_data="mask", secrets="allow") == "Write to [email] or call [phone]."
    said = "The password is Sommer2026! and the mail jane.doe@example.com."
    assert masked(said, personal_data="allow", secrets="mask") == "The [password] and the mail jane.doe@example.com."


@pytest.mark.parametrize("handling", ["allow", "withhold"])
def test_nothing_else_is_changed(handling: str) -> None:
    assert masked(MAIL, personal_data=handling, secrets="mask") == MAIL  # type: ignore[arg-type]


def test_what_lies_in_both_is_masked_once() -> None:
    said = "See postgres://app:hunter2@10.1.2.3/main and 10.1.2.4."
    assert (
        masked(said, personal_data="mask", secrets="mask")
        == "See [credentials_in_url][ip_address]/main and [ip_address]."
    )


@given(st.text())
def test_masking_raises_nothing_and_a_masked_text_holds_nothing_more_to_mask(text: str) -> None:
    once = masked(text, personal_data="mask", secrets="mask")
    assert masked(once, personal_data="mask", secrets="mask") == once


@pytest.mark.parametrize(
    "text",
    [
        "Passwords are changed at the first login.",
        "Your password: eight letters",
        "https://example.com/path?user=1",
        "Bearer bonds are paid at the harbour office",
        "The API key is printed inside the lid.",
    ],
)
def test_what_only_speaks_of_secrets_is_none(text: str) -> None:
    assert list(find_secrets(text)) == []
