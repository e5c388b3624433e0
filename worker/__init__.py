"""How a recorded job becomes a pull request."""
