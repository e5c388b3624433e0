"""Which files of a ticket a run is given, and what they are called there."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.attachment import (
    LARGEST_FILE,
    LARGEST_TOGETHER,
    LONGEST_NAME,
    MOST_FILES,
    MOST_SENTENCES,
    Attachment,
    chosen,
    file_names,
)

START = datetime(2026, 1, 1, tzinfo=UTC)
HOSTILE = st.one_of(
    st.text(max_size=300),
    st.text("aß\U00010400\u0301./\\-", max_size=300),
    st.sampled_from(["", "..", "../../etc/passwd", "C:\\x", "-rf", ".bashrc"]),
    st.sampled_from(["a\u202egpj.exe", "\uff0fetc", "x\ud800", "\u2026"]),
)


def file(name: str = "a.txt", size: int = 1, media_type: str = "text/plain", number: int = 1) -> Attachment:
    moment = START + timedelta(minutes=number)
    return Attachment(id=str(number), name=name, size=size, media_type=media_type, created_at=moment)


@given(st.lists(HOSTILE, max_size=12))
def test_file_names_are_safe_and_differ_whatever_people_call_their_files(names: list[str]) -> None:
    made = file_names([file(name) for name in names])

    assert len(made) == len(names)
    assert len({name.casefold() for name in made}) == len(made)
    for name in made:
        assert 0 < len(name) <= LONGEST_NAME
        assert len(name.encode()) <= 255
        assert name[0] not in ".-"
        assert all(char in "._-" or unicodedata.category(char)[0] in "LMN" for char in name)


@pytest.mark.parametrize(
    ("names", "made"),
    [
        (["trace.log", "Trace.log", "trace.log"], ("trace.log", "Trace-2.log", "trace-3.log")),
        (["what happened (1).txt"], ("what-happened-1-.txt",)),
        (["../../.ssh/id_rsa"], ("ssh-id_rsa",)),
        (["", "?"], ("attachment", "attachment-2")),
        (["x" * 300 + ".json"], ("x" * 95 + ".json",)),
        (["\U00010400" * 90 + ".json"], ("\U00010400" * 58 + ".json",)),
        (["Größe 日本.csv"], ("Größe-日本.csv",)),
        (["cafe\u0301.txt", "caf\u00e9.txt"], ("caf\u00e9.txt", "caf\u00e9-2.txt")),
    ],
)
def test_a_file_name_stays_as_near_to_the_given_one_as_is_safe(names: list[str], made: tuple[str, ...]) -> None:
    assert file_names([file(name) for name in names]) == made


@pytest.mark.parametrize(
    ("name", "media_type", "is_text"),
    [
        ("a", "text/plain", True),
        ("a", "TEXT/Markdown; charset=utf-8", True),
        ("a", "application/json", True),
        ("a", "application/ld+json", True),
        ("a", "application/x-yaml", True),
        ("a", "application/x-sh", True),
        ("a.log", "application/octet-stream", True),
        ("a.SQL", "", True),
        ("log", "application/octet-stream", False),
        ("a.png", "application/octet-stream", False),
        ("a.txt", "image/png", False),
        ("a.txt", "application/zip", False),
        ("a.svg", "image/svg+xml", False),
        ("a", "x-json", False),
    ],
)
def test_only_what_says_that_it_is_text_is_given(name: str, media_type: str, *, is_text: bool) -> None:
    choice = chosen([file(name, media_type=media_type)])

    assert bool(choice.given) is is_text
    assert choice.left_out == (() if is_text else (f"{name} is not given to the agent: it is no text file.",))


def test_a_file_may_have_256_kib_and_no_byte_more() -> None:
    fits, does_not = file(size=LARGEST_FILE, number=1), file("b.txt", size=LARGEST_FILE + 1, number=2)

    choice = chosen([does_not, fits])

    assert choice.given == (fits,)
    assert choice.left_out == ("b.txt is not given to the agent: it is larger than 256 KiB.",)


def test_of_too_many_the_newest_are_given() -> None:
    files = [file(f"{number}.txt", number=number) for number in range(MOST_FILES + 1)]

    choice = chosen(files)

    assert choice.given == tuple(reversed(files[1:]))
    assert choice.left_out == ("0.txt is not given to the agent: 10 newer ones are.",)


def test_together_they_have_a_mebibyte_and_no_byte_more() -> None:
    files = [file(f"{number}.txt", LARGEST_FILE, number=number) for number in range(5)]
    small = file("small.txt", size=1, number=-1)

    choice = chosen([small, *files])

    assert sum(one.size for one in choice.given) == LARGEST_TOGETHER
    assert choice.left_out == tuple(
        f"{name} is not given to the agent: with the newer ones it would be more than 1024 KiB."
        for name in ("0.txt", "small.txt")
    )


def test_what_is_barred_takes_no_room() -> None:
    barred = [file(number=100 + number) for number in range(MOST_FILES)]
    mine = file("mine.txt")

    choice = chosen([*barred, mine], {one.id: "it is mallory's" for one in barred})

    assert choice.given == (mine,)
    assert set(choice.left_out) == {"a.txt is not given to the agent: it is mallory's."}


def test_files_without_a_moment_are_the_oldest_and_go_by_number() -> None:
    files = [Attachment(id=number, name=f"{number}.txt", size=1, media_type="text/plain") for number in ("9", "10")]

    assert [one.id for one in chosen([*files, file(number=1)]).given] == ["1", "10", "9"]


def test_thousands_of_files_do_not_fill_the_report() -> None:
    choice = chosen([file("x.png", media_type="image/png", number=number) for number in range(5000)])

    assert len(choice.left_out) == MOST_SENTENCES + 1
    assert choice.left_out[-1] == "Not given to the agent either: 4990 more."


def test_a_sentence_repeats_nothing_that_is_live() -> None:
    (sentence,) = chosen([file("@dependabot fixes #7 /jca\u202e.png", media_type="image/png")]).left_out

    assert sentence == "dependabot-fixes-7-jca-.png is not given to the agent: it is no text file."
