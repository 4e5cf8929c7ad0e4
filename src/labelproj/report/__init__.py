"""The page for people: what came in, what went out, how good it is, and the worst cases."""
