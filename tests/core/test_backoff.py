"""How long to wait for a provider: as its headers or its words say, else longer from refusal to refusal."""

import time
from datetime import UTC, datetime

import pytest

from director.core.backoff import FARTHEST_SECONDS, FIRST_SECONDS, LONGEST_SECONDS, backoff, told_wait

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
EPOCH = int(NOW.timestamp())
HOUR = 3600.0
GOOGLE = """{"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "details": [
  {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [{"quotaValue": "15"}]},
  {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34.074824224s"}]}}"""
OPENAI = (
    "Rate limit reached for gpt-4o in organization org-x on tokens per min (TPM): Limit 30000, Used 29012, "
    "Requested 4239. Please try again in {}. Visit https://platform.openai.com/account/rate-limits to learn more."
)
LITELLM = "litellm.RateLimitError: No deployments available for selected model, Try again in 60 seconds. Passed model=x"
OPENROUTER = (
    '{"error":{"message":"Rate limit exceeded: free-models-per-min. ","code":429,"metadata":{"headers":'
    f'{{"X-RateLimit-Limit":"16","X-RateLimit-Remaining":"0","X-RateLimit-Reset":"{EPOCH + 40}000"}}}}}}}}'
)


def test_the_wait_doubles_with_every_refusal_up_to_a_ceiling() -> None:
    waits = [backoff(tries) for tries in range(1, 9)]

    assert waits == [5, 10, 20, 40, 80, 160, 300, 300]
    assert (waits[0], waits[-1]) == (FIRST_SECONDS, LONGEST_SECONDS)


def test_the_wait_has_its_ceiling_after_any_number_of_refusals() -> None:
    assert backoff(1_000_000_000) == LONGEST_SECONDS


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (OPENAI.format("6.5s"), 6.5),
        (OPENAI.format("1m12s"), 72),
        (OPENAI.format("1h2m3.5s"), HOUR + 123.5),
        (OPENAI.format("120ms"), 0.12),
        ("Rate limit reached. Please try again in 7m12.48s.", 432.48),
        ("You've hit your usage limit. Try again in 3 days 5 hours 12 minutes.", 3 * 24 * HOUR + 5 * HOUR + 720),
        ("Try again in 1 hour, 30 minutes and 5 seconds.", 1.5 * HOUR + 5),
        (GOOGLE, 34.074824224),
        ("You have exhausted your capacity on this model. Your quota will reset after 2h15m30s.", 2.25 * HOUR + 30),
        (f"Claude AI usage limit reached|{EPOCH + 7200}", 7200),
        (f"Claude AI usage limit reached|{EPOCH + 7200}000", 7200),
        ("Your limit resets at 2026-11-24T03:00:00Z", 15 * HOUR),
        ("resets at 2026-11-24T03:00:00+02:00", 13 * HOUR),
        ("resets at 2026-11-24T03:00:00.250Z", 15 * HOUR + 0.25),
        ("litellm: limit resets at: 2026-11-24 03:00:00 UTC", 15 * HOUR),
        ("you may try again after 2026-11-23T12:00", 0),
        (LITELLM, 60),
        (OPENROUTER, 40),
        ('{"retry_after_seconds": 12.5}', 12.5),
        ('{"retry_after": 12}', 12),
        ('{"retryAfter":12}', 12),
        ("HTTP 429\r\nRetry-After: 30\r\n", 30),
        ("Requests exceeded the call rate limit. Please retry after 27 seconds.", 27),
        ("The engine is busy: wait 5 min", 300),
        ("TRY AGAIN IN 6 SECONDS", 6),
    ],
)
def test_what_providers_say_is_understood(text: str, seconds: float) -> None:
    assert told_wait(text, {}, now=NOW) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "30"}, 30),
        ({"Retry-After": " 30 "}, 30),
        ({"RETRY-AFTER": "1.5"}, 1.5),
        ({"retry-after": "Mon, 23 Nov 2026 12:02:00 GMT"}, 120),
        ({"retry-after": "Monday, 23-Nov-26 12:02:00 GMT"}, 120),
        ({"retry-after-ms": "1500"}, 1.5),
        ({"retry-after-ms": "1500", "retry-after": "2"}, 1.5),
        ({"anthropic-ratelimit-unified-reset": str(EPOCH + 5 * 3600)}, 5 * HOUR),
        ({"anthropic-ratelimit-unified-reset": "2026-11-23T17:00:00Z"}, 5 * HOUR),
        ({"retry-after": "20", "anthropic-ratelimit-unified-reset": str(EPOCH + 9)}, 20),
        ({"retry-after": "soon", "anthropic-ratelimit-unified-reset": str(EPOCH + 9)}, 9),
    ],
)
def test_headers_are_understood(headers: dict[str, str], seconds: float) -> None:
    assert told_wait("", headers, now=NOW) == pytest.approx(seconds)


def test_a_header_goes_before_the_words() -> None:
    assert told_wait("try again in 6.5s", {"retry-after": "7"}, now=NOW) == 7


def test_the_words_count_where_the_header_is_nonsense() -> None:
    assert told_wait("try again in 6.5s", {"retry-after": "soon"}, now=NOW) == 6.5


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Too many requests",
        "Overloaded",
        "Rate limit of 500 requests per 10s exceeded",
        "Too many tokens, please wait before trying again.",
        "Your limit will reset at 3pm (America/New_York).",
        "resets Nov 24, 2am",
        "Upgrade to continue, or try again in a month",
        "try again in 1 month",
        "resets at 2026-13-45T99:99:99Z",
        "gpt-4o-2024-08-06 is overloaded",
        "retried 3 times",
    ],
)
def test_words_without_a_time_that_can_be_read_tell_nothing(text: str) -> None:
    assert told_wait(text, {}, now=NOW) is None


@pytest.mark.parametrize(
    "value",
    ["", "soon", "nan", "-", "Mon, 23 Nov", "Mon, 01 Jan 99999 00:00:00 GMT", f"Mon, 23 Nov 2026 12:00:00 +{'9' * 30}"],
)
def test_a_header_that_cannot_be_read_tells_nothing(value: str) -> None:
    for name in ("retry-after", "retry-after-ms", "anthropic-ratelimit-unified-reset"):
        assert told_wait("", {name: value}, now=NOW) is None


@pytest.mark.parametrize(
    ("text", "headers"),
    [
        ("resets at 2020-01-01T00:00:00Z", {}),
        ("usage limit reached|1577836800", {}),
        ("", {"retry-after": "-30"}),
        ("", {"retry-after": "Wed, 01 Jan 2020 00:00:00 GMT"}),
        ("", {"anthropic-ratelimit-unified-reset": "1577836800"}),
    ],
)
def test_a_time_that_has_passed_is_no_wait(text: str, headers: dict[str, str]) -> None:
    assert told_wait(text, headers, now=NOW) == 0


@pytest.mark.parametrize(
    ("text", "headers"),
    [
        ("try again in 99999999999999999999 days", {}),
        (f"retry-after: {'9' * 3000}", {}),
        ("resets at 9999-12-31T23:59:59Z", {}),
        ("", {"retry-after": "inf"}),
        ("", {"retry-after": "1e999"}),
        ("", {"retry-after": "9" * 100_000}),
        ("", {"anthropic-ratelimit-unified-reset": "9" * 100}),
    ],
)
def test_an_absurd_time_is_a_year(text: str, headers: dict[str, str]) -> None:
    assert told_wait(text, headers, now=NOW) == FARTHEST_SECONDS


@pytest.mark.parametrize(
    "piece",
    [
        "1",
        "1 ",
        "1m",
        "1m ",
        "1 m,",
        "retry",
        "reset 1",
        "try again in ",
        "try again in 1m1",
        "wait 1ms ",
        "retry-after: ",
        "until 2026-11-24T03:0",
        "reset|1",
        "|1732400000x",
        "1.",
        " ",
        "\n",
        "(",
        "and 1m and ",
    ],
)
def test_a_hostile_text_takes_no_time(piece: str) -> None:
    hostile = (piece * 100_000)[:100_000]
    started = time.process_time()

    told_wait(hostile, {"retry-after": hostile, "retry-after-ms": hostile}, now=NOW)

    assert time.process_time() - started < 0.2
