"""What the gateway does by itself, each duty an `async def once(...)` that one loop calls again and again."""
