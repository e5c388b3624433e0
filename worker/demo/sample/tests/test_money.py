import unittest

from shop.money import parse, show


class MoneyTest(unittest.TestCase):
    def test_amounts_are_read_into_cents(self):
        self.assertEqual([999, 1000, 50, 420], [parse(text) for text in ("9.99", "10", "0.5", "4.2")])

    def test_cents_are_shown_as_amounts(self):
        self.assertEqual(["9.99", "10.00", "0.05"], [show(cents) for cents in (999, 1000, 5)])


if __name__ == "__main__":
    unittest.main()
