"""Whatever is called in whatever order, the scripts do what one sorted list would do, and leave nothing behind."""

from __future__ import annotations

from typing import Any, cast

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from redis import Redis

from jobs import holds
from jobs.order import VERSION
from jobs.queue.offer import Offer
from jobs.queue.scripts import Scripts
from tests.integration.queue.model import Job, Model

NTH = st.sampled_from([0, 0, 0, 1, 2, 3, 4, 5])
IDS = st.sampled_from([f"j{number}.1" for number in range(12)])
OFFERS = [Offer("claude", "small"), Offer("claude", "large"), Offer("codex", "small")]
REPOSITORIES = ["payments", "website"]
Given = tuple[Offer, str, int, int, bool]
JOBS = st.tuples(
    st.sampled_from(OFFERS),
    st.sampled_from(REPOSITORIES),
    st.integers(0, 9),  # priority
    st.integers(0, 9),  # hours it has waited
    st.sampled_from([False, False, True]),  # put off
)
SUBJECTS = [holds.account("claude"), holds.account("codex"), *(holds.repository(name) for name in REPOSITORIES)]
SINCE, HOUR = 1_700_000_000_000_000, 3_600_000_000  # us
FOREVER = 60_000  # ms
KEPT = {b"jca:events", b"jca:sequence", b"jca:fence", b"jca:open", b"jca:limits", b"jca:holds"}


class Queue(RuleBasedStateMachine):
    """The scripts and the model side by side."""

    url = ""

    def __init__(self) -> None:
        super().__init__()
        self.redis = Redis(unix_socket_path=self.url.removeprefix("unix://"), decode_responses=False)
        self.redis.flushall()
        self.scripts = cast("Any", Scripts(cast("Any", self.redis)))  # scripts of this client answer at once
        self.run_id = self.redis.info("server")["run_id"]
        self.scripts.open(args=[self.run_id])
        self.model, self.sequence = Model(), 0

    @initialize(given=st.lists(st.tuples(IDS, JOBS), min_size=6, max_size=12))
    def begin(self, given: list[tuple[str, Given]]) -> None:
        for job, how in given:
            self.enqueue(job, how)

    @rule(job=IDS, how=JOBS)
    def enqueue(self, job: str, how: Given) -> None:
        offer, repository, priority, hours, delayed = how
        self.sequence += 1
        since = SINCE + hours * HOUR + self.sequence
        words = [job, "{}", *offer, f"1|{repository}", priority, since, 9_999_999_999_999 if delayed else 0]
        added = self.scripts.enqueue(args=words)

        assert added == (job not in self.model.jobs)
        if added:
            state = "delayed" if delayed else "queued"
            self.model.jobs[job] = Job(job, offer, repository, since - priority * HOUR, state)

    @rule(offers=st.lists(st.sampled_from(OFFERS), min_size=1, unique=True), free=st.integers(0, 6))
    def claim(self, offers: list[Offer], free: int) -> None:
        words = [word for offer in offers for word in offer]
        _, found = self.scripts.claim(args=["w", FOREVER, free, VERSION, *words])
        claimed = {job.decode(): token.decode() for job, token in zip(found[::3], found[1::3], strict=True)}

        assert list(claimed) == [job.id for job in self.model.claim(offers, free)]
        for job, token in claimed.items():
            self.model.jobs[job].token = token

    @precondition(lambda self: self.model.of("running"))
    @rule(nth=NTH, kind=st.sampled_from(["released", "finished", "failed"]))
    def release(self, nth: int, kind: str) -> None:
        job = self._running(nth)

        assert self.scripts.release(args=[job.id, "w:1", kind, "{}"]) == 0
        assert self.scripts.release(args=[job.id, job.token, kind, "{}"]) == 1
        self.model.release(job, kind)

    @rule(job=IDS, stop=st.sampled_from(["cancelled", "withdrawn"]))
    def end(self, job: str, stop: str) -> None:
        said = self.scripts.cancel(args=[job, stop]).decode()
        self.model.sweep()
        known = self.model.jobs.get(job)

        assert said == ("unknown" if not known else "stopping" if known.token else stop)
        if known:
            self.model.end(known, stop)

    @rule(jobs=st.lists(IDS, unique=True, max_size=4), back=st.booleans())
    def defer(self, jobs: list[str], back: bool) -> None:
        known = [self.model.jobs[job] for job in jobs if job in self.model.jobs]
        moved = [job for job in known if job.state == "delayed" or (job.state == "queued" and not back)]

        assert self.scripts.defer(args=[0 if back else 9_999_999_999_999, *jobs]) == len(moved)
        for job in moved:
            job.state = "queued" if back else "delayed"

    @rule(job=IDS)
    def become_due(self, job: str) -> None:
        if self.redis.zadd("jca:later", {job: 1}, xx=True, ch=True):
            self.model.jobs[job].state = "queued"
        self.scripts.place(args=[])

    @precondition(lambda self: self.model.of("running"))
    @rule(nth=NTH, stop=st.sampled_from(["", "", "cancelled", "withdrawn"]))
    def die(self, nth: int, stop: str) -> None:
        job = self._running(nth)
        if stop:
            self.end(job.id, stop)
        if job.id in self.model.jobs and job.token:
            job.overdue = True
            self.redis.zadd("jca:leases", {job.id: 1})

    @rule(limits=st.dictionaries(st.sampled_from(SUBJECTS), st.integers(0, 2), max_size=2))
    def limit(self, limits: dict[str, int]) -> None:
        self.scripts.limit(args=[word for pair in limits.items() for word in pair])
        self.model.limits = limits

    @rule(subject=st.sampled_from([holds.EVERYTHING, *SUBJECTS]), held=st.sampled_from([False, False, True]))
    def hold(self, subject: str, held: bool) -> None:
        if held:
            self.redis.hset("jca:holds", subject, "0")
            self.model.holds.add(subject)
        else:
            self.redis.hdel("jca:holds", subject)
            self.model.holds.discard(subject)

    @rule(is_open=st.sampled_from([False, True, True]))
    def lose_or_open(self, is_open: bool) -> None:
        if is_open:
            self.scripts.open(args=[self.run_id])
            self.redis.delete("jca:grace")
            self.redis.hset("jca:open", "since", "0")  # every death counts
        else:
            self.redis.delete("jca:open")
        self.model.open = is_open

    @invariant()
    def each_job_is_in_exactly_one_place(self) -> None:
        waiting = {job.id: job.score for job in self.model.of("queued")}
        lanes = {key.decode(): self._zset(key) for key in self.redis.scan_iter("jca:lane:*", count=1000)}

        assert {job: score for lane in lanes.values() for job, score in lane.items()} == waiting
        assert sum(map(len, lanes.values())) == len(waiting)
        assert set(self._zset("jca:later")) == {job.id for job in self.model.of("delayed")}
        assert set(self._zset("jca:leases")) == {job.id for job in self.model.of("running")}
        assert set(self._zset("arq:queue")) == set(self.model.jobs)
        for kind in ("arq:job:", "jca:job:"):
            records = {key.decode().removeprefix(kind) for key in self.redis.scan_iter(f"{kind}*", count=1000)}
            assert records == set(self.model.jobs)

    @invariant()
    def indexes_and_running_sets_say_the_same(self) -> None:
        waiting = self.model.of("queued")
        for offer in OFFERS:
            heads: dict[str, float] = {}
            for job in waiting:
                if job.offer == offer:
                    heads.setdefault(f"1|{job.repository}", job.score)
            assert self._zset(f"jca:lanes:{'|'.join(offer)}") == heads
        wanted = {one.decode() for one in self.redis.smembers("jca:wanted")}
        assert wanted == {"|".join(job.offer) for job in waiting}
        for subject in SUBJECTS:
            running = {one.decode() for one in self.redis.smembers(f"jca:running:{subject}")}
            assert running == self.model.running(subject)

    @invariant()
    def places_are_those_of_the_list(self) -> None:
        expected: list[list[object]] = []
        for job in self.model.jobs.values():
            mates = [one.id for one in self.model.of("queued") if one.offer.account == job.offer.account]
            position = mates.index(job.id) + 1 if job.id in mates else 0
            expected.append([job.state.encode(), position, job.offer.account.encode()])
        found = self.scripts.place(args=list(self.model.jobs))

        assert [found[at : at + 3] for at in range(0, len(found), 3)] == expected

    def teardown(self) -> None:
        for job in list(self.model.jobs.values()):
            if job.token:
                self.scripts.release(args=[job.id, job.token, "finished", "{}"])
            self.scripts.cancel(args=[job.id, "withdrawn"])
        assert set(self.redis.scan_iter("*", count=1000)) <= KEPT
        self.redis.close()

    def _running(self, nth: int) -> Job:
        running = sorted(self.model.of("running"), key=lambda job: -job.deaths)
        return running[nth % len(running)]

    def _zset(self, key: str | bytes) -> dict[str, float]:
        return {member.decode(): score for member, score in self.redis.zrange(key, 0, -1, withscores=True)}


def _run(url: str, examples: int, steps: int) -> None:
    machine = type("OnOneServer", (Queue,), {"url": url})
    chosen = settings(max_examples=examples, stateful_step_count=steps, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(machine, settings=chosen)


def test_the_scripts_do_what_one_sorted_list_would_do(valkey_url: str) -> None:
    _run(valkey_url, examples=40, steps=40)


@pytest.mark.soak
@pytest.mark.timeout(1200)
def test_the_scripts_do_so_for_long(valkey_url: str) -> None:
    _run(valkey_url, examples=1000, steps=100)
