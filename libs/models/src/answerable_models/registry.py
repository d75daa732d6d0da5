"""Models by configuration: a registry entry names an adapter and all that is needed to call the model."""

import json
import os
import tomllib
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from answerable_models.embedding import Embedder, MiniLmEmbedder
from answerable_models.errors import InvalidEntry, ModelRejected, UnknownModel
from answerable_models.extractive import ExtractiveGenerator
from answerable_models.generation import Generator, Parameters
from answerable_models.openai_compatible import OpenAiGenerator, Price


class ParameterEntry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    temperature: Annotated[float, Field(ge=0, le=2)] = Parameters().temperature
    seed: int = Parameters().seed
    max_output_tokens: Annotated[int, Field(gt=0)] = Parameters().max_output_tokens

    def as_parameters(self) -> Parameters:
        return Parameters(self.temperature, self.seed, self.max_output_tokens)


class ModelEntry(BaseModel):
    """One model that questions may be given to. Unknown keys are refused; secrets stand in the environment only."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}$")]
    adapter: Literal["extractive", "openai"]
    name: str = ""
    """The model's name at its endpoint; for the embedded answerer it is set by the adapter."""
    revision: str = "unpinned"
    base_url: str | None = None
    api_key_env: str | None = None
    """Name of the environment variable that holds the key; None for endpoints that want none."""
    parameters: ParameterEntry = ParameterEntry()
    price_input_usd_per_mtok: Annotated[float, Field(ge=0)] | None = None
    price_output_usd_per_mtok: Annotated[float, Field(ge=0)] | None = None
    context_tokens: Annotated[int, Field(gt=0)] = 8192

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.adapter == "openai" and not (self.name and self.base_url):
            raise ValueError("an openai entry needs name and base_url")
        if self.adapter == "extractive" and (self.base_url or self.api_key_env):
            raise ValueError("the embedded answerer has no endpoint")
        return self


EXTRACTIVE = ModelEntry(id="extractive", adapter="extractive", price_input_usd_per_mtok=0, price_output_usd_per_mtok=0)


def parse_entries(text: str) -> dict[str, ModelEntry]:
    """Entries by id from TOML (`[[models]]` tables) or JSON (`{"models": [...]}`), the built-in "extractive" included.

    Raises InvalidEntry: broken syntax, unknown key, two entries of one id.
    """
    try:
        data = json.loads(text) if text.lstrip().startswith("{") else tomllib.loads(text)
    except ValueError as error:
        raise InvalidEntry("the registry is neither TOML nor JSON") from error
    if not isinstance(data.get("models", []), list) or data.keys() - {"models"}:
        raise InvalidEntry("the registry holds one list, 'models'")
    entries = {EXTRACTIVE.id: EXTRACTIVE}
    seen: set[str] = set()
    for row in data.get("models", []):
        entry = _validate(row)
        if entry.id in seen:
            raise InvalidEntry(f"two entries of id {entry.id}")
        seen.add(entry.id)
        entries[entry.id] = entry
    return entries


def find(entries: Mapping[str, ModelEntry], model_id: str) -> ModelEntry:
    """The entry of that id. Raises UnknownModel."""
    try:
        return entries[model_id]
    except KeyError:
        raise UnknownModel(f"no model {model_id!r} in the registry") from None


def load(
    entry: ModelEntry | Mapping[str, Any],
    *,
    embedder: Embedder | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Generator:
    """The generator of an entry. Nothing is called yet: `verify` does.

    `embedder` is shared with the embedded answerer (default: a MiniLM of its own); `environ` holds the keys.
    Raises InvalidEntry, ModelRejected (key variable unset), ModelUnavailable (no onnxruntime).
    """
    checked = entry if isinstance(entry, ModelEntry) else _validate(entry)
    if checked.adapter == "extractive":
        return ExtractiveGenerator(embedder or MiniLmEmbedder())
    assert checked.base_url is not None  # held by ModelEntry._complete
    return OpenAiGenerator(
        model=checked.name,
        base_url=checked.base_url,
        api_key=api_key(checked, environ),
        revision=checked.revision,
        price=Price(checked.price_input_usd_per_mtok, checked.price_output_usd_per_mtok),
    )


def api_key(entry: ModelEntry, environ: Mapping[str, str]) -> str:
    """The key of an entry's endpoint. Raises ModelRejected where the variable that should hold it does not."""
    if entry.api_key_env is None:
        return "none"  # the SDK insists on a value; local servers ignore it
    key = environ.get(entry.api_key_env, "")
    if not key:
        raise ModelRejected(f"environment variable {entry.api_key_env} of model {entry.id} is not set")
    return key


def _validate(row: Any) -> ModelEntry:
    try:
        return ModelEntry.model_validate(row)
    except ValidationError as error:
        places = ", ".join(f"{'.'.join(map(str, item['loc'])) or 'entry'}: {item['msg']}" for item in error.errors())
        raise InvalidEntry(places) from None
