"""What jobs say and show: hostile where a page must not trust it."""

from __future__ import annotations

DIFF = """diff --git a/src/payments/refund.py b/src/payments/refund.py
index 9c1f2ab..e07d4f1 100644
--- a/src/payments/refund.py
+++ b/src/payments/refund.py
@@ -14,9 +14,12 @@ class Refund:
 def parse_refund(event: Mapping[str, Any]) -> Refund:
     \"\"\"Read a refund from a webhook.\"\"\"
     amount = Decimal(event["amount"])
-    return Refund(amount=amount, currency="EUR")
+    currency = event.get("currency")
+    if not currency:
+        raise MissingField("currency")
+    return Refund(amount=amount, currency=currency.upper())


 def describe(refund: Refund) -> str:
-    return f"{refund.amount}"
+    return f"<b>{refund.amount}</b> {refund.currency}"
diff --git a/tests/test_refund.py b/tests/test_refund.py
new file mode 100644
index 0000000..4b825dc
--- /dev/null
+++ b/tests/test_refund.py
@@ -0,0 +1,6 @@
+from payments.refund import parse_refund
+
+
+def test_the_currency_of_the_event_is_kept() -> None:
+    refund = parse_refund({"amount": "12.50", "currency": "usd"})
+    assert refund.currency == "USD"
"""

REPORT = """# Refunds keep their currency

The webhook handler wrote `EUR` into every refund. It now takes the currency of the event and refuses one without.

| Command | Exit | Seconds |
|---|---|---|
| `pytest -q` | 0 | 8.0 |
| `ruff check` | 0 | 0.4 |

Branch [jca/pay-412](https://git.example/acme/payments/tree/jca/pay-412), [not a link](javascript:alert(1)),
<script>alert("not run")</script>.
"""

FAILURE = (
    "\x1b[1m\x1b[31mFAILED\x1b[0m tests/test_refund.py::test_currency - \x1b[31mKeyError\x1b[0m: 'currency'\n"
    "\x1b[31m1 failed\x1b[0m, \x1b[32m13 passed\x1b[0m in 2.31s"
)

OUTPUT = (
    ("checkout", "note", "payments: main at 8f57a31c02de"),
    ("agent", "agent", "The handler hard-codes the currency. I will read the parser and its tests first."),
    ("agent", "tool", "read src/payments/refund.py"),
    ("agent", "tool", "edit src/payments/refund.py"),
    ("agent", "output", "\x1b[32m+7\x1b[0m \x1b[31m-2\x1b[0m"),
    ("validate", "tool", "$ pytest -q tests"),
    (
        "validate",
        "output",
        FAILURE,
    ),
    ("validate", "note", "exit code 1 after 8.0 s"),
    ("repair 1", "agent", "The test sends no currency. An event without one must be refused, not guessed."),
    ("repair 1", "tool", "edit src/payments/refund.py"),
    ("repair 1", "output", "<script>alert('xss')</script> is just text\n10%\r60%\r100% downloaded"),
)
