"""What goes wrong between us and a model, told as reason codes with the provider's own words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic_ai import exceptions

from jobs import errors, redact
from jobs.reasons import Code
from worker.providers import resets

WORDS_CAP = 300  # characters of a provider's own words
LIMITED_FOR = 15 * 60.0  # seconds a rate limit lasts where the provider does not say
USED_UP_FOR = 3600.0  # seconds until an account that was used up is tried again where the provider does not say
SHORTEST, LONGEST = 10.0, 7 * 86400.0  # seconds; what a provider asks for is kept within


@dataclass(frozen=True)
class Fault:
    """How one family of exceptions is told."""

    code: Code
    sentence: str
    remedy: str = ""
    """Empty: the usual one of the code."""
    lasts: float | None = None
    """Seconds it lasts where the provider does not say; None: waiting does not help."""


_SELF_TEST = "Run the provider's self-test: the model may not take tools, or an option it was given."
_SMALLER = "Split the ticket, or choose a model that takes in more."
_TOP_UP = "Top up the account or raise its limit, then retry the job."

_FAULTS: tuple[tuple[type[Exception], Fault], ...] = (
    (exceptions.ModelAuthenticationError, Fault(Code.PROVIDER_UNAUTHORIZED, "The provider refused the credentials")),
    (
        exceptions.ModelNotFoundError,
        Fault(Code.MODEL_NOT_FOUND, "The provider does not know the model, or nothing is at this base URL"),
    ),
    (
        exceptions.ModelQuotaExceededError,
        Fault(Code.RATE_LIMITED, "The provider account is used up", _TOP_UP, USED_UP_FOR),
    ),
    (
        exceptions.ModelRateLimitError,
        Fault(Code.RATE_LIMITED, "The provider limits how often it may be asked", lasts=LIMITED_FOR),
    ),
    (
        exceptions.ModelContextWindowExceededError,
        Fault(Code.PROVIDER_ERROR, "The conversation is longer than the model takes in", _SMALLER),
    ),
    (exceptions.ModelRequestRejectedError, Fault(Code.PROVIDER_ERROR, "The provider rejected the request", _SELF_TEST)),
    (exceptions.ModelUnavailableError, Fault(Code.PROVIDER_ERROR, "The provider cannot serve the model at the moment")),
    (exceptions.ModelServerError, Fault(Code.PROVIDER_ERROR, "The provider failed")),
    (exceptions.ModelRequestTimeout, Fault(Code.PROVIDER_TIMEOUT, "The provider did not answer in time")),
    (TimeoutError, Fault(Code.PROVIDER_TIMEOUT, "The provider did not answer in time")),
    (exceptions.ModelHTTPError, Fault(Code.BAD_ANSWER, "The endpoint answered with a status that makes no sense here")),
    (exceptions.UserError, Fault(Code.PROVIDER_ERROR, "The model's client cannot send this request", _SELF_TEST)),
    (exceptions.AgentRunError, Fault(Code.BAD_ANSWER, "The endpoint's answer cannot be read")),
    # what a client library falls over when an answer has another shape than it promised
    (ValueError, Fault(Code.BAD_ANSWER, "The endpoint's answer cannot be read")),
    (LookupError, Fault(Code.BAD_ANSWER, "The endpoint's answer cannot be read")),
    (TypeError, Fault(Code.BAD_ANSWER, "The endpoint's answer cannot be read")),
    (AttributeError, Fault(Code.BAD_ANSWER, "The endpoint's answer cannot be read")),
)


def stop_for(error: Exception, secrets: Iterable[str] = ()) -> errors.RunStopped | None:
    """Tell an exception of a model client as the stop it means; None for one that is not the provider's fault."""
    fault = _connection_fault(error) or next((fault for family, fault in _FAULTS if isinstance(error, family)), None)
    if fault is None:
        return None
    said = words(_told(error), secrets)
    sentence = f"{fault.sentence}: {said}" if said else f"{fault.sentence}."
    asked = _asked(error)
    if asked:
        sentence += f" It asks to wait {asked:.0f} seconds."
    wait = None if fault.lasts is None else limited_for(asked, fault.lasts)
    return errors.RunStopped(fault.code, sentence, remedy=fault.remedy, retry_after=wait)


def limited_for(asked: float | None, usual: float = LIMITED_FOR) -> float:
    """Seconds an account is left alone, from what its provider asked for."""
    return min(max(usual if asked is None else asked, SHORTEST), LONGEST)


def words(text: str, secrets: Iterable[str] = ()) -> str:
    """A provider's own words on one line, without secrets, at most 300 characters."""
    line = redact.redact(" ".join(text.split()), secrets)
    return line if len(line) <= WORDS_CAP else f"{line[: WORDS_CAP - 1]}…"


def explained(body: object) -> str:
    """The explanation inside an error's body: `{"error": {"message": …}}` and the shapes near it."""
    if isinstance(body, dict):
        for key in ("error", "message", "detail"):
            if body.get(key):
                return explained(body[key])
    return "" if body is None else str(body)


def _connection_fault(error: Exception) -> Fault | None:
    if not isinstance(error, exceptions.ModelConnectionError):
        return None
    if error.phase in {"connect", "pool"}:
        return Fault(Code.PROVIDER_UNREACHABLE, "The endpoint cannot be reached")
    if isinstance(error, exceptions.ModelTimeoutError):
        return Fault(Code.PROVIDER_TIMEOUT, "The provider did not answer in time")
    return Fault(Code.PROVIDER_ERROR, "The connection to the provider broke")


def _told(error: Exception) -> str:
    """The words of the provider where there are some, else those of the innermost cause, which names the address."""
    if isinstance(error, exceptions.ModelHTTPError):
        return f"{error.status_code} {explained(error.body)}".strip()
    if isinstance(error, exceptions.ModelConnectionError):
        return _root(error)
    return str(error)


def _root(error: BaseException) -> str:
    text = str(error)
    while error.__cause__ is not None:
        error = error.__cause__
        text = str(error) or text
    return text


def _asked(error: Exception) -> float | None:
    """Seconds the provider asks to wait, wherever it says so."""
    if not isinstance(error, exceptions.ModelAPIError):
        return None
    headers = error.headers if isinstance(error, exceptions.ModelHTTPError) else None
    said = resets.seconds_until(headers or {}, error.body, datetime.now(UTC))
    return error.retry_after if said is None else said
