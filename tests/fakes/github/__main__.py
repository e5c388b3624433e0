"""A fake GitHub to walk about in: `python -m tests.fakes.github PORT [RECEIVER_URL SECRET]`.

Prints a personal token and where the App's key is; then each line of standard input is an act:
`open TITLE`, `label NUMBER NAME`, `comment NUMBER TEXT`, `edit NUMBER TEXT`, `show NUMBER`. A `\\n` begins a line.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from tests.fakes.github.server import APP_ID, EVERYTHING, FakeGitHub, running

REPOSITORY = "acme/payments"
PERSON = "octocat"


async def main(port: int, receiver: str = "", secret: str = "") -> None:
    """Serve until standard input ends."""
    with tempfile.TemporaryDirectory(prefix="fake-github-") as directory:
        key = Path(directory) / "app.pem"
        await _serve(port, receiver, secret, key)


async def _serve(port: int, receiver: str, secret: str, key: Path) -> None:
    async with running(port=port) as fake:
        key.touch(0o600)
        key.write_text(fake.make_app())
        fake.world.accounts[PERSON] = "User"
        fake.world.add_repository(REPOSITORY, labels=["jca"], collaborators={PERSON: "admin"})
        fake.world.install(REPOSITORY, **EVERYTHING)
        if receiver:
            fake.hooks.send_to(receiver, secret)
        print(f"{fake.url} with {REPOSITORY}; {PERSON}'s token: {fake.world.add_token(PERSON)}")
        print(f"App {APP_ID}, key in {key}", flush=True)
        while line := await asyncio.to_thread(sys.stdin.readline):
            await _act(fake, line.strip())


async def _act(fake: FakeGitHub, line: str) -> None:
    repository = fake.world.repositories[REPOSITORY]
    verb, _, rest = line.partition(" ")
    if verb == "open":
        issue = await fake.people.open_issue(repository, PERSON, rest)
        print(f"#{issue.number}", flush=True)
        return
    number, _, text = rest.partition(" ")
    if not number.isdigit() or int(number) not in repository.issues:
        print(__doc__, flush=True)
        return
    issue = repository.issues[int(number)]
    if verb == "show":
        print(issue, flush=True)
    elif verb in {"label", "comment", "edit"}:
        await getattr(fake.people, verb)(repository, issue, PERSON, text.replace("\\n", "\n"))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), *sys.argv[2:4]))
