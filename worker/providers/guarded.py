"""A model whose faults are reasons, and whose answers come in time or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from pydantic_ai.messages import ModelMessage, ModelResponse
from pydantic_ai.models import Model, ModelRequestParameters
from pydantic_ai.models.wrapper import WrapperModel
from pydantic_ai.settings import ModelSettings

from jobs import errors
from jobs.reasons import Code
from worker.providers import faults


class GuardedModel(WrapperModel):
    """Wraps a client so that its callers meet only `errors.RunStopped`."""

    def __init__(self, wrapped: Model, *, answer_seconds: float, secrets: Iterable[str] = ()) -> None:
        """Guard a client.

        Args:
            wrapped: the client.
            answer_seconds: how long one answer may take, attempts of the client included.
            secrets: values that must not appear in a message.
        """
        super().__init__(wrapped)
        self._answer_seconds = answer_seconds
        self._secrets = tuple(secrets)

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        """Ask the model once.

        Raises:
            errors.RunStopped: there is no usable answer.
        """
        try:
            async with asyncio.timeout(self._answer_seconds) as clock:
                return await super().request(messages, model_settings, model_request_parameters)
        except Exception as error:
            if isinstance(error, TimeoutError) and clock.expired():
                sentence = f"The provider did not answer within {self._answer_seconds:g} seconds."
                raise errors.RunStopped(Code.PROVIDER_TIMEOUT, sentence) from error
            if stop := faults.stop_for(error, self._secrets):
                raise stop from error
            raise
