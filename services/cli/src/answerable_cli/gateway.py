"""Questions over HTTP, as any program would ask them."""

import asyncio
import time
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from urllib.parse import quote
from uuid import UUID

import httpx2
from pydantic import BaseModel, ConfigDict, ValidationError

from answerable_cli.errors import CliError, NotReachable, UsageRefused

_WAIT_AT_ONCE = timedelta(seconds=15)
_ROUND_TRIP = timedelta(seconds=10)
_USUAL = timedelta(minutes=1)
_PAUSE_S = 0.5
_BAD_REQUESTS = range(400, 500)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who asks: a development identity, or a token that says it."""

    subject: str = ""
    groups: tuple[str, ...] = ()
    tenant: str | None = None
    token: str | None = None

    @property
    def header(self) -> str:
        if self.token is not None:
            return f"Bearer {self.token}"
        groups = f";groups={','.join(quote(group, safe='') for group in self.groups)}" if self.groups else ""
        tenant = f";tenant={self.tenant}" if self.tenant else ""
        return f"Development {quote(self.subject, safe='')}{groups}{tenant}"


class _Reply(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Sentence(_Reply):
    text: str
    citations: tuple[int, ...] = ()


class Citation(_Reply):
    label: int
    document_id: str
    document_version: int
    title: str
    source: str
    locator: str


class Certificate(_Reply):
    """What is proved of answers like the one that quotes it."""

    certificate_id: UUID
    alpha: float
    delta: float
    labelled: int
    threshold: float


class Answer(_Reply):
    text: str
    sentences: tuple[Sentence, ...]
    citations: tuple[Citation, ...]
    confidence: float
    certificate: Certificate | None = None
    reviewer: str | None = None


class Outcome(_Reply):
    """A request as the gateway shows it."""

    request_id: UUID
    status: Literal["pending", "in_review", "released", "withheld", "failed"]
    answer_by: datetime | None = None
    answer: Answer | None = None
    reason: str | None = None
    explanation: str | None = None


class Gateway:
    """A connection to the gateway."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self._client = client

    async def ask(
        self,
        question: str,
        identity: Identity,
        *,
        consequential: bool = False,
        as_of: datetime | None = None,
        within: timedelta | None = timedelta(minutes=1),
        risk_class: str | None = None,
    ) -> Outcome:
        """Ask, and wait for the outcome, or until a person has to decide. There is an outcome `within` that time: a
        question that takes longer fails. None: the usual time, and as long as reviewers are given.

        Raises:
            UsageRefused: the gateway does not take the question or the identity.
            NotReachable: nobody answers, or no outcome came in time.
        """
        body: dict[str, Any] = {"question": question}
        patience = within or _USUAL
        if within is not None:
            body["deadline_seconds"] = within.total_seconds()
        if consequential:
            body["consequential"] = True
        if risk_class is not None:
            body["risk_class"] = risk_class
        if as_of is not None:
            body["as_of"] = as_of.isoformat()
        headers = {
            "Authorization": identity.header,
            "Prefer": f"wait={min(patience, _WAIT_AT_ONCE).total_seconds():.0f}",
        }
        give_up = time.monotonic() + (patience + _ROUND_TRIP).total_seconds()
        outcome = await self._send("POST", "/v1/questions", headers, body)
        while outcome.status == "pending":
            if time.monotonic() > give_up:
                raise NotReachable(
                    f"no outcome of {outcome.request_id} in time", "`answerable doctor` tells what is down"
                )
            await asyncio.sleep(_PAUSE_S)
            outcome = await self._send("GET", f"/v1/requests/{outcome.request_id}", headers)
        return outcome

    async def call(
        self,
        method: str,
        path: str,
        identity: Identity,
        body: Mapping[str, Any] | None = None,
        *,
        allow: Collection[int] = (),
    ) -> bytes:
        """Any other operation; its answer. Statuses in `allow` are answers too.

        Raises:
            UsageRefused, CliError: the gateway refuses.
            NotReachable: nobody answers.
        """
        response = await self._request(method, path, {"Authorization": identity.header}, body)
        if response.is_success or response.status_code in allow:
            return response.content
        raise _refusal(response)

    async def _send(
        self, method: str, path: str, headers: dict[str, str], body: Mapping[str, Any] | None = None
    ) -> Outcome:
        response = await self._request(method, path, headers, body)
        if response.is_success:
            try:
                return Outcome.model_validate_json(response.content)
            except ValidationError:
                raise CliError(f"{self._client.base_url} does not speak as an Answerable gateway does") from None
        raise _refusal(response)

    async def _request(
        self, method: str, path: str, headers: dict[str, str], body: Mapping[str, Any] | None
    ) -> httpx2.Response:
        try:
            return await self._client.request(method, path, headers=headers, json=body)
        except httpx2.HTTPError as error:
            raise NotReachable(
                f"the gateway at {self._client.base_url} does not answer ({type(error).__name__})",
                "start it with `answerable up`",
            ) from None


@asynccontextmanager
async def gateway(url: str) -> AsyncIterator[Gateway]:
    limit = (_WAIT_AT_ONCE + _ROUND_TRIP).total_seconds()
    async with httpx2.AsyncClient(base_url=url, timeout=limit, trust_env=False) as client:
        yield Gateway(client)


def _refusal(response: httpx2.Response) -> CliError:
    """The gateway's problem document in one line."""
    try:
        problem = response.json()
        details = [problem.get("detail"), *(f"{e['field']}: {e['detail']}" for e in problem.get("errors", []))]
        text = " ".join([problem.get("title", ""), *(detail for detail in details if detail)])
    except (ValueError, AttributeError, KeyError, TypeError):
        text = f"HTTP status {response.status_code}"
    kind = UsageRefused if response.status_code in _BAD_REQUESTS else CliError
    return kind(f"the gateway refused: {text}")
