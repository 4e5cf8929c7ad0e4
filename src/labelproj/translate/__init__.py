"""The MT engine, and what prepares or trains a model for it."""
