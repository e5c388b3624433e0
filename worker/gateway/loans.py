"""What was lent to runs to push with: made worthless as soon as the claim it was lent to is over.

A claim is over when its run has reported its result, was stopped, or has lost its lease. Loans are kept in memory and
nowhere else: those of a gateway that was restarted end by themselves, within their hour.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog

from jobs import errors
from jobs.queue.dispatch import Dispatch
from worker.trackers.protocol import CodeHost
from worker.trackers.push import PushCredential

PAUSE = 2.0  # seconds between two looks at the claims

log = structlog.get_logger()


@dataclass(frozen=True)
class Loan:
    """A credential that exists for one run."""

    dispatch_id: str
    token: str
    """Fencing token of the claim it was lent to."""
    host: CodeHost
    """Who made it, and can end it."""
    credential: PushCredential

    @property
    def expired(self) -> bool:
        """Whether it has ended by itself."""
        expires_at = self.credential.expires_at
        return expires_at is not None and expires_at <= datetime.now(UTC)


class Loans:
    """All that one gateway has lent.

    Args:
        dispatch: knows which claims hold.
    """

    def __init__(self, dispatch: Dispatch) -> None:
        self._dispatch = dispatch
        self._held: list[Loan] = []

    def keep(self, loan: Loan) -> None:
        """Remember a loan until its claim is over. A credential that is not one job's own is its owner's to end."""
        if loan.credential.narrowed:
            self._held.append(loan)

    async def settle(self) -> int:
        """End the loans whose claim is over; returns how many were revoked.

        What its host does not end at present is tried again, until it expires.
        """
        revoked = 0
        for loan in tuple(self._held):
            try:
                revoked += await self._is_revoked(loan)
            except errors.TryAgain:
                continue
            except errors.JcaError as error:
                log.info("git_credential_not_revoked", dispatch_id=loan.dispatch_id, why=error.message)
                self._held.remove(loan)
        return revoked

    async def follow(self) -> None:
        """Settle over and over, until cancelled."""
        while True:
            try:
                await self.settle()
            except Exception as error:  # noqa: BLE001 - whatever one look meets, the next one is made
                log.warning("loans_not_settled", why=f"{type(error).__name__}: {error}")
            await asyncio.sleep(PAUSE)

    async def _is_revoked(self, loan: Loan) -> bool:
        if not loan.expired:
            if await self._dispatch.current(loan.dispatch_id, loan.token):
                return False
            await loan.host.revoke(loan.credential)
            log.info("git_credential_revoked", dispatch_id=loan.dispatch_id)
        self._held.remove(loan)
        return not loan.expired
