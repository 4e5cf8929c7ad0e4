"""Makes the embedded English-Hausa demo corpus from the hand-made files in ``source/``."""
