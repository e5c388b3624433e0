"""The credential of a fetch: who gets to see it."""

from __future__ import annotations

import functools
import http.server
import os
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from jobs import errors
from tests.integration.sandbox.conftest import Upstream
from tests.support import tls
from worker.sandbox import git
from worker.sandbox.mirror import Mirrors

TOKEN = "Basic c2VjcmV0LXRva2Vu"


class CodeHost:
    """Serves one bare repository over https to whoever shows the token, and remembers what it was shown."""

    def __init__(self, directory: Path, certificate: Path) -> None:
        self.shown: list[str | None] = []
        self.redirect = ""
        handler = functools.partial(self._handler(), directory=str(directory))
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = f"https://127.0.0.1:{self.server.server_address[1]}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def _handler(host) -> type[http.server.SimpleHTTPRequestHandler]:  # noqa: N805 - `self` is the request below
        class Handler(http.server.SimpleHTTPRequestHandler):
            def do_GET(self) -> None:
                host.shown.append(self.headers["Authorization"])
                if host.redirect:
                    self.send_response(302)
                    self.send_header("Location", host.redirect + self.path)
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                elif self.headers["Authorization"] != TOKEN:
                    self.send_error(401)
                else:
                    super().do_GET()

            def log_message(self, *arguments: object) -> None:
                pass

        return Handler

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tls.certificate(tmp_path)
    monkeypatch.setenv("GIT_SSL_CAINFO", str(path))
    return path


@pytest.fixture
def served(upstream: Upstream, tmp_path: Path) -> Path:
    directory = tmp_path / "served"
    upstream.git("clone", "--quiet", "--bare", str(upstream.path), str(directory / "shop.git"))
    upstream.git("--git-dir", str(directory / "shop.git"), "update-server-info")
    return directory


@pytest.fixture
def host(served: Path, certificate: Path) -> Iterator[CodeHost]:
    host = CodeHost(served, certificate)
    yield host
    host.close()


def credential(host: CodeHost) -> git.GitCredential:
    return git.GitCredential(host.url, SecretStr(f"Authorization: {TOKEN}"))


async def test_the_header_opens_the_repository_and_is_stored_nowhere(
    host: CodeHost, mirrors: Mirrors, upstream: Upstream
) -> None:
    snapshot = await mirrors.sync(f"{host.url}shop.git", "main", credential(host))

    assert snapshot.commit == upstream.git("rev-parse", "main")
    for path in snapshot.mirror.rglob("*"):
        assert path.is_dir() or TOKEN.encode() not in path.read_bytes()


async def test_without_it_the_remedy_is_a_credential(host: CodeHost, mirrors: Mirrors) -> None:
    with pytest.raises(errors.NotReady, match="did not accept") as failure:
        await mirrors.sync(f"{host.url}shop.git", "main")
    assert "credential" in failure.value.remedy


async def test_another_host_is_not_shown_it(host: CodeHost, mirrors: Mirrors, served: Path, certificate: Path) -> None:
    other = CodeHost(served, certificate)
    with pytest.raises(errors.NotReady):
        await mirrors.sync(f"{other.url}shop.git", "main", credential(host))
    other.close()

    assert set(other.shown) == {None}


async def test_a_redirect_is_not_followed_with_it(
    host: CodeHost, mirrors: Mirrors, served: Path, certificate: Path
) -> None:
    other = CodeHost(served, certificate)
    host.redirect = other.url.rstrip("/")
    with pytest.raises(errors.NotReady, match="redirects"):
        await mirrors.sync(f"{host.url}shop.git", "main", credential(host))
    other.close()

    assert other.shown == []


async def test_it_is_in_no_argument_list_and_in_no_error(
    host: CodeHost, mirrors: Mirrors, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seen = tmp_path / "seen"
    (tmp_path / "bin").mkdir()
    spy = tmp_path / "bin/git"
    spy.write_text(f'#!/bin/sh\necho "$@" >> {seen}\nexec /usr/bin/git "$@"\n')
    spy.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    host.redirect = "https://127.0.0.1:9"

    with pytest.raises(errors.JcaError) as failure:
        await mirrors.sync(f"{host.url}shop.git", "main", credential(host))
    assert "ls-remote" in seen.read_text()
    assert "c2VjcmV0LXRva2Vu" not in seen.read_text() + str(failure.value)


async def test_secrets_of_the_worker_do_not_reach_git(
    mirrors: Mirrors, upstream: Upstream, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("JCA_SECRET_KEY", "sk-leak-123")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "wrong"))
    monkeypatch.setenv("GIT_CONFIG_PARAMETERS", "'core.fsmonitor'='id'")
    seen = tmp_path / "seen"
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/git").write_text(f'#!/bin/sh\nenv >> {seen}\nexec /usr/bin/git "$@"\n')
    (tmp_path / "bin/git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")

    await mirrors.sync(upstream.url, "main")

    names = {line.partition("=")[0] for line in seen.read_text().splitlines()}
    assert "GIT_CONFIG_NOSYSTEM" in names
    assert not names & {"JCA_SECRET_KEY", "GIT_DIR", "GIT_CONFIG_PARAMETERS"}


@pytest.mark.parametrize(
    ("url", "header"),
    [
        ("http://host/", "A: b"),
        ("https://user@host/", "A: b"),
        ("https://host/path", "A: b"),
        ("https://host/", "A: b\r\nX: y"),
        ("https://host/", "nothing"),
    ],
)
def test_a_credential_names_one_https_host_and_one_header(url: str, header: str) -> None:
    with pytest.raises(errors.BadInput):
        git.GitCredential(url, SecretStr(header))
