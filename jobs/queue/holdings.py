"""What one worker holds: taking, renewing and letting go of claims, through outages of Redis.

An outage ends no run: nobody can claim while Redis is away, so the runs go on. Who was without contact for long first
renews, and asks for a time of grace in which everybody else may renew, before any lease is taken away.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection

import structlog
from redis.asyncio import Redis

from jobs.order import VERSION
from jobs.queue import record
from jobs.queue.claim import Claim, Ending
from jobs.queue.connection import OUTAGE, RETRY
from jobs.queue.lease import Lease
from jobs.queue.offer import Offer
from jobs.queue.scripts import Scripts

log = structlog.get_logger()

BEATS = 4
"""Renewals within one lease."""

LONGEST_PAUSE = 5.0  # seconds between two looks of an idle worker: what a lost word of the wake channel costs
PAUSE = 1 / 3
"""Longest time between two looks as a share of the lease. An outage in which a lease can end lasts 3/4 of it at least,
so every worker notices it."""

SILENCE = 1 / 2
"""Share of a lease without contact after which a worker counts as cut off."""


class Holdings:
    """The claims of one worker, by token."""

    def __init__(self, redis: Redis, worker: str, lease: float) -> None:
        self.claims: dict[str, Claim] = {}
        self.leaving = False
        """The worker is being stopped: it does not wait for a Redis that stays away longer than its leases."""
        self._scripts = Scripts(redis)
        self._worker, self._lease = worker, lease
        self._heard = time.time()  # the wall clock goes on while a machine is suspended, unlike the loop's own
        self._away = False

    async def take(self, free: int, offers: Collection[Offer]) -> tuple[list[Claim], float]:
        """Claim the next jobs, and take away from others what they hold no more.

        Args:
            free: how many jobs at most.
            offers: what is ready here.

        Returns:
            The claims, and in how many seconds to look again at the latest.
        """
        try:
            if self._cut_off:
                await self.renew()
            lease = int(self._lease * 1000)
            words = [word for offer in offers for word in offer]
            due, found = await self._scripts.claim(args=[self._worker, lease, max(free, 0), VERSION, *words])
        except OUTAGE as error:
            self._missed(error)
            return [], RETRY
        self._reached()
        claims = [self._hold(*taken) for taken in zip(found[::3], found[1::3], found[2::3], strict=True)]
        pause = min(LONGEST_PAUSE, PAUSE * self._lease)
        return claims, pause if due < 0 else min(pause, due / 1000)

    async def renew(self) -> None:
        """Renew every lease; runs whose lease is lost, or that a person has cancelled, are cancelled.

        Raises:
            RedisError, OSError: the server is away.
        """
        held = {token: claim for token, claim in self.claims.items() if not claim.lease.lost.is_set()}
        if not held and not self._cut_off:
            return
        pairs = [word for token, claim in held.items() for word in (claim.dispatch_id, token)]
        lost, cancelled = await self._scripts.renew(args=[int(self._lease * 1000), int(self._cut_off), *pairs])
        self._reached()
        for token in cancelled:
            held[token.decode()].stop()
        for claim in (held[token.decode()] for token in lost):
            if claim.releasing is None:  # else it is not lost, but just being let go
                log.warning("lease_lost", worker=self._worker, token=claim.token)
                claim.lose()

    async def beat(self) -> None:
        """Renew again and again until cancelled."""
        while True:
            await asyncio.sleep(self._lease / BEATS)
            await self._renew_at_last()

    async def let_go(self, claim: Claim, ending: Ending) -> None:
        """End a claim; of several endings the first counts, also when the caller is cancelled meanwhile."""
        if claim.releasing is None:
            claim.releasing = asyncio.create_task(self._release(claim, ending))
        await asyncio.shield(claim.releasing)

    def stop(self, dispatch_id: str) -> None:
        """Cancel the run of this dispatch, if it is here."""
        for claim in self.claims.values():
            if claim.dispatch_id == dispatch_id:
                claim.stop()

    def _hold(self, dispatch_id: bytes, token: bytes, enqueued_at: bytes) -> Claim:
        lease = Lease(dispatch_id.decode(), token.decode(), self._renew_at_last)
        claim = self.claims[lease.token] = Claim(lease, int(enqueued_at))
        return claim

    async def _renew_at_last(self) -> None:
        while True:
            try:
                return await self.renew()
            except OUTAGE as error:
                self._missed(error)
                await asyncio.sleep(min(RETRY, self._lease / BEATS))

    async def _release(self, claim: Claim, ending: Ending) -> None:
        said = record.to_json({"token": claim.token, **ending.data})
        words: list[str | bytes] = [claim.dispatch_id, claim.token, ending.kind, said]
        while not (self.leaving and self._silence > self._lease):
            try:
                if not await self._scripts.release(args=words):
                    log.warning("claim_fenced", worker=self._worker, token=claim.token, ending=ending.kind)
                break
            except OUTAGE as error:
                self._missed(error)
                await asyncio.sleep(RETRY)
        claim.lease.lost.set()
        self.claims.pop(claim.token, None)

    @property
    def _silence(self) -> float:
        """Seconds since Redis last answered."""
        return time.time() - self._heard

    @property
    def _cut_off(self) -> bool:
        return self._silence > SILENCE * self._lease

    def _reached(self) -> None:
        self._heard = time.time()
        if self._away:
            self._away = False
            log.info("redis_back", worker=self._worker, running=len(self.claims))

    def _missed(self, error: Exception) -> None:
        if not self._away:
            self._away = True
            log.warning("redis_away", worker=self._worker, running=len(self.claims), why=str(error))
