from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs import command_lines, errors

WORDS = st.text(st.characters(exclude_characters="\r", exclude_categories=["Cs"]))


@pytest.mark.parametrize(
    ("text", "commands"),
    [
        ("", ()),
        ("\n \n", ()),
        ("pytest -q", (("pytest", "-q"),)),
        ("npm ci\r\nnpm test -- --ci\r\n", (("npm", "ci"), ("npm", "test", "--", "--ci"))),
        ('sh -c "a && b"', (("sh", "-c", "a && b"),)),
        ("python3 -c 'a\n  b'\nls", (("python3", "-c", "a\n  b"), ("ls",))),
        ("pytest \\\n  -q\nls", (("pytest", "-q"), ("ls",))),
        ("run ''", (("run", ""),)),
        ("# make", (("#", "make"),)),
    ],
)
def test_each_line_is_split_like_a_shell_splits_it(text: str, commands: command_lines.Commands) -> None:
    assert command_lines.read(text) == commands


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ls\n\necho 'a\nb", "Line 3 opens a quotation that is not closed."),
        ('echo "', "Line 1 opens a quotation that is not closed."),
        ("ls\npytest \\", "Line 2 ends with a backslash."),
    ],
)
def test_the_line_that_is_not_complete_is_named(text: str, said: str) -> None:
    with pytest.raises(errors.BadInput) as caught:
        command_lines.read(text)

    assert caught.value.message == said


@given(st.lists(st.lists(WORDS, min_size=1).map(tuple)).map(tuple))
def test_commands_are_shown_as_they_will_be_read_again(commands: command_lines.Commands) -> None:
    assert command_lines.read(command_lines.write(commands)) == commands


@given(st.text())
def test_whatever_is_typed_is_read_or_refused(text: str) -> None:
    try:
        commands = command_lines.read(text)
    except errors.BadInput:
        return
    assert all(commands)
