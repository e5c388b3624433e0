"""The agent: a model, a few tools over a workspace, and the limits it works within.

Knows nothing of sandboxes and providers: it is handed a workspace and a model.
"""
