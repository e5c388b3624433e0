"""Prices, discounts and invoices of a small shop."""
