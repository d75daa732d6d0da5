import pytest

from answerable_models.embedding import HashingEmbedder
from answerable_models.errors import InvalidEntry, ModelRejected, UnknownModel
from answerable_models.extractive import ExtractiveGenerator
from answerable_models.openai_compatible import OpenAiGenerator
from answerable_models.registry import EXTRACTIVE, ModelEntry, find, load, parse_entries

TOML = """
[[models]]
id = "small"
adapter = "openai"
name = "llama-3.1-8b"
revision = "2026-01"
base_url = "http://127.0.0.1:8000/v1"
api_key_env = "SMALL_KEY"
price_input_usd_per_mtok = 0.1
price_output_usd_per_mtok = 0.3
context_tokens = 32000
parameters = { seed = 3, max_output_tokens = 300 }
"""
JSON = '{"models": [{"id": "small", "adapter": "openai", "name": "m", "base_url": "http://127.0.0.1:8000/v1"}]}'


def openai_entry(**changes: object) -> dict[str, object]:
    return {"id": "small", "adapter": "openai", "name": "m", "base_url": "http://127.0.0.1:1/v1"} | changes


def test_toml_and_json_are_both_read():
    assert parse_entries(TOML)["small"].parameters.as_parameters().seed == 3
    assert parse_entries(JSON)["small"].name == "m"


@pytest.mark.parametrize("text", ["", TOML, JSON])
def test_the_embedded_answerer_is_always_there(text):
    assert parse_entries(text)["extractive"] == EXTRACTIVE


def test_a_built_in_entry_may_be_replaced():
    text = '[[models]]\nid = "extractive"\nadapter = "extractive"\nrevision = "mine"'
    assert parse_entries(text)["extractive"].revision == "mine"


@pytest.mark.parametrize(
    "text",
    [
        "models = [",
        "{",
        'models = "small"',
        "model = []",
        '[[models]]\nid = "x"',
        '[[models]]\nid = "x"\nadapter = "magic"',
        '[[models]]\nid = "x"\nadapter = "openai"',
        '[[models]]\nid = "x"\nadapter = "extractive"\ntemprature = 1',
        '[[models]]\nid = "x"\nadapter = "extractive"\nbase_url = "http://x"',
        '[[models]]\nid = "x"\nadapter = "extractive"\nparameters = { sed = 1 }',
        '[[models]]\nid = "x"\nadapter = "extractive"\n[[models]]\nid = "x"\nadapter = "extractive"',
        '[[models]]\nid = ""\nadapter = "extractive"',
        '{"models": [1]}',
    ],
)
def test_whatever_is_misspelt_or_missing_is_refused(text):
    with pytest.raises(InvalidEntry):
        parse_entries(text)


def test_an_unknown_id_is_unknown():
    with pytest.raises(UnknownModel):
        find(parse_entries(""), "gpt")


def test_find_returns_the_entry():
    assert find(parse_entries(TOML), "small").context_tokens == 32_000


def test_an_entry_becomes_the_generator_of_its_adapter():
    extractive = load(EXTRACTIVE, embedder=HashingEmbedder())
    assert isinstance(extractive, ExtractiveGenerator)
    remote = load(parse_entries(TOML)["small"], environ={"SMALL_KEY": "k"})
    assert isinstance(remote, OpenAiGenerator)
    assert (remote.model, remote.revision, remote.adapter) == ("llama-3.1-8b", "2026-01", "openai")


def test_a_plain_mapping_is_checked_like_an_entry():
    assert load(openai_entry(), environ={}).model == "m"
    with pytest.raises(InvalidEntry):
        load(openai_entry(colour="red"), environ={})


def test_a_key_that_is_not_set_is_refused_by_name_of_the_variable_only():
    with pytest.raises(ModelRejected, match="SMALL_KEY"):
        load(openai_entry(api_key_env="SMALL_KEY"), environ={"OTHER": "secret"})


def test_refusals_do_not_quote_values():
    with pytest.raises(InvalidEntry) as caught:
        load(openai_entry(api_key="sk-secret"))
    assert "sk-secret" not in str(caught.value)


def test_entries_cannot_be_changed():
    with pytest.raises(ValueError, match="frozen"):
        ModelEntry(**openai_entry()).name = "other"  # type: ignore[misc]  # that it is refused is the point
