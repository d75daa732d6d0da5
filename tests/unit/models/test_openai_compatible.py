import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from answerable_models.errors import ModelError, ModelOutputInvalid, ModelRejected, ModelUnavailable
from answerable_models.generation import Generation, GenerationRequest, Parameters, Sentence, Source, Usage
from answerable_models.openai_compatible import OpenAiGenerator, Price
from answerable_models.prompting import render
from tests.support.openai_server import ANSWER, OpenAiServer, Reply, completion, failure, openai_server

SECRET = "sk-very-secret"
SOURCES = (Source(1, "Leave", "page 2", "Employees get 25 days of annual leave.", "p1"),)


@asynccontextmanager
async def talking(*replies: Reply, price: Price | None = None) -> AsyncIterator[tuple[OpenAiGenerator, OpenAiServer]]:
    with openai_server(*replies) as server:
        generator = OpenAiGenerator(model="tiny", base_url=server.base_url, api_key=SECRET, price=price)
        yield generator, server
        await generator.aclose()


def request(timeout: timedelta = timedelta(seconds=10)) -> GenerationRequest:
    prompt = render("answer", "v1", "How many days?", SOURCES)
    return GenerationRequest("How many days?", SOURCES, prompt, Parameters(seed=7, max_output_tokens=50), timeout)


async def ask(*replies: Reply, price: Price | None = None) -> Generation:
    async with talking(*replies, price=price) as (generator, _):
        return await generator.generate(request())


async def test_an_answer_comes_back_with_sentences_usage_and_the_revision_that_the_server_names():
    generation = await ask(completion())
    assert generation.answered
    assert generation.sentences == (Sentence("Employees get 25 days.", (1,)),)
    assert generation.usage == Usage(120, 30, None)
    assert (generation.model, generation.revision, generation.adapter) == ("tiny", "fp_tiny_1", "openai")
    assert generation.finish_reason == "stop"


async def test_request_and_response_are_kept_as_they_went_over_the_wire():
    async with talking(completion()) as (generator, server):
        generation = await generator.generate(request())
    assert json.loads(generation.raw_request) == server.requests[0]
    assert generation.raw == completion().body
    assert SECRET not in generation.raw_request
    assert server.headers[0]["authorization"] == f"Bearer {SECRET}"


async def test_the_model_gets_prompt_seed_and_temperature_zero():
    async with talking(completion()) as (generator, server):
        await generator.generate(request())
    (sent,) = server.requests
    prompt = request().prompt
    assert [message["content"] for message in sent["messages"]] == [prompt.system, prompt.user]
    assert (sent["model"], sent["temperature"], sent["seed"], sent["max_tokens"]) == ("tiny", 0.0, 7, 50)


async def test_known_prices_give_a_cost():
    generation = await ask(completion(), price=Price(1.0, 10.0))
    assert generation.usage.cost_usd == pytest.approx(120e-6 + 300e-6)


@pytest.mark.parametrize(
    "content",
    [ANSWER, f"```json\n{ANSWER}\n```", f"```\n{ANSWER}\n```", f"  {ANSWER}\n"],
    ids=["bare", "json fence", "plain fence", "white space"],
)
async def test_markdown_fences_and_white_space_around_the_json_are_tolerated(content):
    assert (await ask(completion(content))).answered


async def test_labels_outside_the_sources_are_kept_for_validation_to_judge():
    content = '{"answered": true, "sentences": [{"text": "So it is.", "citations": [1, 99]}]}'
    assert (await ask(completion(content))).sentences[0].citations == (1, 99)


async def test_not_known_is_an_answer_without_sentences():
    generation = await ask(completion('{"answered": false, "sentences": []}'))
    assert (generation.answered, generation.sentences) == (False, ())


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (failure(429), ModelUnavailable),
        (failure(500), ModelUnavailable),
        (failure(503), ModelUnavailable),
        (failure(408), ModelUnavailable),
        (failure(409), ModelUnavailable),
        (Reply(hang_up=True), ModelUnavailable),
        (failure(400, "maximum context length exceeded"), ModelRejected),
        (failure(401), ModelRejected),
        (failure(403), ModelRejected),
        (failure(404), ModelRejected),
        (failure(422), ModelRejected),
        (completion(None, refusal="I will not."), ModelRejected),
        (completion("", finish_reason="content_filter"), ModelRejected),
        (completion(ANSWER[:40], finish_reason="length"), ModelOutputInvalid),
        (completion(ANSWER[:40]), ModelOutputInvalid),
        (completion("Employees get 25 days."), ModelOutputInvalid),
        (completion(f"Sure! {ANSWER}"), ModelOutputInvalid),
        (completion('{"answered": "yes", "sentences": []}'), ModelOutputInvalid),
        (completion('{"answered": true, "sentences": []}'), ModelOutputInvalid),
        (completion('{"answered": false, "sentences": [{"text": "x", "citations": []}]}'), ModelOutputInvalid),
        (completion('{"answered": true, "sentences": [{"text": "x", "citations": ["1"]}]}'), ModelOutputInvalid),
        (completion(None), ModelOutputInvalid),
        (Reply(body="<html>gateway</html>"), ModelOutputInvalid),
        (Reply(body='{"choices": []}'), ModelOutputInvalid),
        (Reply(body="{"), ModelOutputInvalid),
        (Reply(body=""), ModelOutputInvalid),
    ],
)
async def test_every_failure_becomes_the_error_that_says_what_to_do(reply, expected):
    with pytest.raises(ModelError) as caught:
        await ask(reply)
    assert type(caught.value) is expected


async def test_invalid_output_is_kept_for_the_record_and_out_of_the_message():
    with pytest.raises(ModelOutputInvalid) as caught:
        await ask(completion("the secret plan"))
    assert "the secret plan" in caught.value.raw
    assert "secret" not in str(caught.value)


async def test_errors_quote_nothing_that_the_server_said():
    with pytest.raises(ModelRejected) as caught:
        await ask(failure(400, "your document about Alice is too long"))
    assert str(caught.value) == "status 400"
    assert caught.value.__suppress_context__


async def test_nothing_is_tried_twice():
    async with talking(failure(500)) as (generator, server):
        with pytest.raises(ModelUnavailable):
            await generator.generate(request())
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "reply",
    [Reply(delay=timedelta(seconds=1)), Reply(body="x" * 200, drip=timedelta(milliseconds=20))],
    ids=["silent", "dripping"],
)
async def test_the_timeout_bounds_the_whole_call(reply):
    async with talking(reply) as (generator, _):
        with pytest.raises(ModelUnavailable):
            await generator.generate(request(timeout=timedelta(milliseconds=200)))


async def test_an_address_where_nobody_listens_is_unavailable():
    with openai_server() as server:
        address = server.base_url
    generator = OpenAiGenerator(model="tiny", base_url=address, api_key=SECRET)
    with pytest.raises(ModelUnavailable):
        await generator.verify()
    await generator.aclose()


async def test_verify_asks_the_real_model_for_one_token():
    async with talking() as (generator, server):
        await generator.verify()
    assert (server.requests[0]["model"], server.requests[0]["max_tokens"]) == ("tiny", 1)


async def test_verify_reports_a_wrong_key():
    async with talking(failure(401)) as (generator, _):
        with pytest.raises(ModelRejected):
            await generator.verify()
