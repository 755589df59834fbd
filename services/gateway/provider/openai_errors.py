"""What an HTTP error of the provider means to our callers, and what of it they may read.

Codes and statuses: https://developers.openai.com/api/docs/guides/error-codes. Compatible servers
give less, so every field of the body may be missing or of another type.
"""

from __future__ import annotations

import email.utils
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from services.gateway.calls import ProviderFailure
from shared.rpc.errors import (
    AttuneError,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    ResourceExhausted,
    Unavailable,
    Violation,
)

_MOST_QUOTED_CHARACTERS = 300
_MOST_READ_CHARACTERS = 2_000
_LEAST_SECRET = 12
_MOST_RETRY_SECONDS = 86_400.0
_TIMED_OUT = 408
_SERVER_FAULT = 500
"""From here on, as with a time-out, the model may have run, and been charged."""

_RATE_LIMITED = "PROVIDER_RATE_LIMITED"
_FIELDS = {
    "max_completion_tokens": "max_output_tokens",
    "max_tokens": "max_output_tokens",
    "prompt": "messages",
    "input": "messages",
    "temperature": "temperature",
    "seed": "seed",
    "stop": "stop",
    "model": "model",
}
_MESSAGE_FIELD = re.compile(r"messages\[\d{1,4}\](\.(role|content))?")
_KEY_LIKE = re.compile(r"\bsk-[\w.*-]+|\S*\*{3,}\S*")
"""Keys by OpenAI's form, and words that were masked with asterisks."""
_PLAIN_WORD = re.compile(r"[\w.-]{1,64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class ErrorReader:
    """Turns a provider's errors into ours.

    endpoint: host and port, for messages. key: removed from everything that is quoted.
    """

    endpoint: str
    key: str = field(repr=False)

    def quote(self, text: Any) -> str:
        """A provider's text as one short line without the key; empty where it is none."""
        if not isinstance(text, str) or text.lstrip().startswith("<"):
            return ""
        # The whole key goes before the text is cut, or a part of it could stay at the end.
        head = self._key_pattern.sub("[key]", text)[:_MOST_READ_CHARACTERS]
        plain = "".join(character if character.isprintable() else " " for character in head)
        line = " ".join(_KEY_LIKE.sub("[key]", plain).split())
        if len(line) <= _MOST_QUOTED_CHARACTERS:
            return line
        return f"{line[: _MOST_QUOTED_CHARACTERS - 1]}…"

    def of_status(self, status: int, headers: Mapping[str, str], body: Any) -> ProviderFailure:
        """The failure that an HTTP error status means; body: the decoded `error` object."""
        said = _Said.read(body, self)
        error = self._error(status, headers, said)
        error.metadata["http_status"] = str(status)
        for name, value in (
            ("provider_code", said.code or said.kind),
            ("provider_request_id", headers.get("x-request-id", "")),
        ):
            if _PLAIN_WORD.fullmatch(value) and self.quote(value) == value:
                error.metadata[name] = value
        ran = status == _TIMED_OUT or status >= _SERVER_FAULT
        return ProviderFailure(
            error,
            charged=None if ran else False,
            again=ran or error.reason == _RATE_LIMITED,
            retry_after=read_retry_after(headers),
        )

    def of_stream(self, body: Any) -> ProviderFailure:
        """The failure that an error in the middle of a stream means; it may have been charged."""
        said = _Said.read(body, self)
        told = said.text or "without a reason"
        error = Unavailable(
            f"the provider at {self.endpoint} broke off its answer: {told}",
            reason="PROVIDER_UNAVAILABLE",
        )
        return ProviderFailure(error, charged=None, again=True)

    @property
    def _key_pattern(self) -> re.Pattern[str]:
        """The key anywhere; one too short for a secret, such as "none", as a word only."""
        key = re.escape(self.key)
        return re.compile(key if len(self.key) >= _LEAST_SECRET else rf"(?<!\w){key}(?!\w)")

    def _error(self, status: int, headers: Mapping[str, str], said: _Said) -> AttuneError:
        who = f"the provider at {self.endpoint}"
        told = f": {said.text}" if said.text else f" (HTTP {status})"
        error: AttuneError
        if status in (400, 413, 422) and said.is_too_long:
            violation = Violation("messages", f"too long for the model{told}")
            error = InvalidArgument([violation], reason="CONTEXT_LENGTH_EXCEEDED")
        elif said.code == "model_not_found" or (status == 404 and said.names_a_model):
            error = NotFound(f"{who} does not know the model{told}", reason="MODEL_NOT_FOUND")
        elif status == 402 or said.is_out_of_quota:
            spent = f"the account at {who} is used up{told}"
            error = ResourceExhausted(spent, reason="PROVIDER_QUOTA")
        elif status == 429:
            limited, wait = f"{who} limits the rate{told}", read_retry_after(headers)
            error = ResourceExhausted(limited, reason=_RATE_LIMITED, retry_after=wait)
        elif status in (401, 403):
            refused = f"{who} refuses the key; check OPENAI_API_KEY{told}"
            error = FailedPrecondition(refused, reason="PROVIDER_CREDENTIALS")
        elif status in (404, 405):
            missing = f"{who} has no chat completions there; check OPENAI_BASE_URL{told}"
            error = FailedPrecondition(missing, reason="PROVIDER_ENDPOINT")
        elif status in (408, 409) or status >= 500:
            error = Unavailable(f"{who} fails{told}", reason="PROVIDER_UNAVAILABLE")
        elif status < 400:
            elsewhere = f"{who} redirects elsewhere (HTTP {status}), which is not followed"
            error = Unavailable(elsewhere, reason="PROVIDER_BROKEN_ANSWER")
        else:
            named = "messages" if status == 413 else said.field
            violation = Violation(named, f"{who} refuses it{told}")
            error = InvalidArgument([violation], reason="PROVIDER_REJECTED_REQUEST")
        return error


def read_retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait from `retry-after-ms` or `retry-after` (seconds or an HTTP date).

    None when missing, unreadable or past; at most a day.
    """
    for name, divisor in (("retry-after-ms", 1_000), ("retry-after", 1)):
        value = headers.get(name, "")
        try:
            seconds = float(value) / divisor
        except ValueError:
            continue
        return min(seconds, _MOST_RETRY_SECONDS) if seconds >= 0 else None
    try:
        moment = email.utils.parsedate_to_datetime(headers.get("retry-after", ""))
        seconds = moment.timestamp() - time.time()
    except (ValueError, OverflowError):
        return None
    return min(seconds, _MOST_RETRY_SECONDS) if seconds >= 0 else None


@dataclass(frozen=True, slots=True)
class _Said:
    """What an error body says, each part empty where it is missing."""

    text: str
    code: str
    kind: str
    param: str

    @classmethod
    def read(cls, body: Any, reader: ErrorReader) -> _Said:
        if not isinstance(body, dict):
            return cls(reader.quote(body), "", "", "")
        detail = body.get("detail")  # FastAPI's form: a text, or a list with a place and a text
        first = detail[0] if isinstance(detail, list) and detail else None
        first = first if isinstance(first, dict) else {}
        place = first.get("loc")
        told = (body.get("message"), detail, first.get("msg"))
        return cls(
            text=next((line for line in map(reader.quote, told) if line), ""),
            code=_word(body.get("code")),
            kind=_word(body.get("type")),
            param=_word(body.get("param"))
            or _word(place[-1] if isinstance(place, list) and place else ""),
        )

    @property
    def field(self) -> str:
        """Our name of the field at fault; "request" where the provider names none."""
        if self.param.startswith("response_format"):
            return "response_schema"
        if _MESSAGE_FIELD.fullmatch(self.param):
            return self.param
        if self.param.startswith("messages"):
            return "messages"
        return _FIELDS.get(self.param, "request")

    @property
    def is_too_long(self) -> bool:
        """OpenAI's code, llama.cpp's type, vLLM's words."""
        return (
            self.code == "context_length_exceeded"
            or self.kind == "exceed_context_size_error"
            or "maximum context length" in self.text.lower()
        )

    @property
    def is_out_of_quota(self) -> bool:
        """No wait heals these."""
        return "insufficient_quota" in (self.code, self.kind)

    @property
    def names_a_model(self) -> bool:
        """Whether a 404 is about the model and not about the path."""
        return self.param == "model" or "model" in self.text.lower()


def _word(value: Any) -> str:
    return value if isinstance(value, str) else ""
