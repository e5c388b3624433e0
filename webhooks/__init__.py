"""How a ticket becomes a recorded job."""
