"""A diff is split into files and rendered escaped, whatever it contains."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from worker.gateway import diff

SAMPLE = """diff --git a/src/refund.py b/src/refund.py
index 1111111..2222222 100644
--- a/src/refund.py
+++ b/src/refund.py
@@ -10,3 +10,4 @@ def parse(event):
     amount = event["amount"]
-    currency = "EUR"
+    currency = event.get("currency", "EUR")
+    check(currency)
     return amount
diff --git a/new file.txt b/new file.txt
new file mode 100644
--- /dev/null
+++ b/new file.txt\t
@@ -0,0 +1 @@
+hello
\\ No newline at end of file
diff --git a/gone.py b/gone.py
deleted file mode 100644
--- a/gone.py
+++ /dev/null
@@ -1,2 +0,0 @@
-one
--- two
diff --git a/logo.png b/logo.png
Binary files a/logo.png and b/logo.png differ
diff --git a/old name b/fresh name
similarity index 100%
rename from old name
rename to fresh name
"""

PIECES = [
    "diff --git a/x b/x\n",
    "+++ b/<b>\n",
    "@@ -1,2 +3,4 @@\n",
    "+<script>\n",
    "-</td>\n",
    ' "&\n',
    "\\ x\n",
    "\n",
]
HOSTILE = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=12)), max_size=30).map("".join)

OWN_TAG = re.compile(r'<tr class="(?:add|del|same|hunk)">|</tr>|<td class="(?:n|code)">|</td>')


def test_every_kind_of_change_is_told_apart() -> None:
    files = {file.path: (file.change, file.added, file.removed) for file in diff.read(SAMPLE)}

    assert files["src/refund.py"] == ("changed", 2, 1)
    assert files["new file.txt"] == ("added", 1, 0)
    assert files["gone.py"] == ("deleted", 0, 2)
    assert files["logo.png"] == ("binary", 0, 0)
    assert files["fresh name"] == ("renamed", 0, 0)


def test_lines_carry_the_numbers_of_both_sides() -> None:
    rows = str(diff.render(diff.read(SAMPLE)[0]))

    assert '<tr class="del"><td class="n">11</td><td class="n"></td>' in rows
    assert '<tr class="add"><td class="n"></td><td class="n">12</td>' in rows
    assert '<tr class="same"><td class="n">12</td><td class="n">13</td>' in rows


@given(HOSTILE)
def test_nothing_but_our_own_rows_is_markup(text: str) -> None:
    for file in diff.read("diff --git a/x b/x\n" + text):
        rest = OWN_TAG.sub("", str(diff.render(file)))
        assert "<" not in rest
        assert ">" not in rest


def test_a_long_file_starts_folded_and_a_huge_one_is_cut() -> None:
    body = "".join(f"+line {number}\n" for number in range(diff.SHOWN + 7))
    file = diff.read(f"diff --git a/x b/x\n+++ b/x\n@@ -0,0 +1 @@\n{body}")[0]

    assert file.folded
    assert file.cut == 8
    assert str(diff.render(file)).count("<tr") == diff.SHOWN
