"""The composition root: the only package that knows every part. One module puts one process together."""
