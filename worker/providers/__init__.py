"""How models are reached: one small module per kind of provider, and the self-test that proves one is ready.

Knows nothing of the agent. Importing this package or `registry` loads no SDK.
"""
