from __future__ import annotations

from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs import errors
from worker.trackers.addresses import segment
from worker.trackers.github.names import Endpoint, RepositoryName


@pytest.mark.parametrize(
    ("rest", "graphql", "web"),
    [
        ("https://api.github.com", "https://api.github.com/graphql", "https://github.com/"),
        ("https://api.github.com/", "https://api.github.com/graphql", "https://github.com/"),
        ("https://git.example.org/api/v3", "https://git.example.org/api/graphql", "https://git.example.org/"),
        ("https://git.example.org:8443/api/v3/", "https://git.example.org:8443/api/graphql",
         "https://git.example.org:8443/"),
        ("https://api.acme.ghe.com", "https://api.acme.ghe.com/graphql", "https://acme.ghe.com/"),
        ("http://127.0.0.1:9/api/v3", "http://127.0.0.1:9/api/graphql", "http://127.0.0.1:9/"),
    ],
)  # fmt: skip
def test_one_address_tells_the_others(rest: str, graphql: str, web: str) -> None:
    endpoint = Endpoint.of(rest)

    assert (endpoint.graphql, endpoint.web) == (graphql, web)


@pytest.mark.parametrize(
    "rest",
    ["", "github.com", "http://git.example.org/api/v3", "http://127.0.0.1.example.org", "ftp://localhost", "https://",
     "https://user:secret@git.example.org/api/v3", "https://git.example.org/api/v3?token=secret",
     "https://git.example.org/#secret", "https://[::1/x"],
)  # fmt: skip
def test_addresses_that_would_tell_a_credential_are_refused(rest: str) -> None:
    with pytest.raises(errors.BadInput) as refused:
        Endpoint.of(rest)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    ["https://api.github.com.evil.org/x", "http://api.github.com/x", "https://api.github.com:444/x",
     "https://api.github.com@evil.org/x", "//evil.org/x", "https://evil.org/https://api.github.com/"],
)  # fmt: skip
def test_only_the_very_host_is_ours(url: str) -> None:
    endpoint = Endpoint.of()

    assert endpoint.owns("https://api.github.com/repositories/1/issues?page=2")
    assert not endpoint.owns(url)


@pytest.mark.parametrize("text", ["acme/payments", "a/b", "octo-cat/.github", "name_acme/x_1.y"])
def test_repository_names_are_read(text: str) -> None:
    assert str(RepositoryName.parse(text)) == text


@pytest.mark.parametrize(
    "text", ["", "acme", "acme/", "/x", "acme/..", "acme/.", "../x", "acme/a/b", "acme/a b", "acme/a?x", "acme/x\n"]
)
def test_what_is_no_repository_is_refused(text: str) -> None:
    with pytest.raises(errors.BadInput):
        RepositoryName.parse(text)


@given(st.text(min_size=1).filter(lambda text: text not in {".", ".."}).filter(lambda t: t.isprintable()))
def test_any_name_stays_one_segment_of_a_path(text: str) -> None:
    path = urlsplit(f"https://api.github.com/labels/{segment(text)}").path

    assert path.count("/") == 2
    assert unquote(path.rpartition("/")[2]) == text
