import unittest

from shop.invoice import Invoice


class InvoiceTest(unittest.TestCase):
    def test_one_thing_costs_its_price(self):
        invoice = Invoice()
        invoice.add("Notebook", "4.20")
        self.assertEqual(420, invoice.total())

    def test_several_things_are_cheaper(self):
        invoice = Invoice()
        invoice.add("Pencil", "1.00", quantity=10)
        self.assertEqual(850, invoice.total())

    def test_discounts_are_rounded_to_the_nearest_cent(self):
        invoice = Invoice()
        invoice.add("Ink", "9.99", quantity=3)
        # 5 % of 29.97 are 1.4985, which is 1.50 to the nearest cent
        self.assertEqual(2997 - 150, invoice.total())

    def test_the_text_ends_with_the_total(self):
        invoice = Invoice()
        invoice.add("Notebook", "4.20")
        invoice.add("Stamp", "0.85", quantity=2)
        self.assertTrue(invoice.text().endswith("5.90"))


if __name__ == "__main__":
    unittest.main()
