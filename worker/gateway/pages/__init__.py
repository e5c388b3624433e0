"""The pages: what each one looks up, and the forms they send."""
