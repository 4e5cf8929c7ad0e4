"""Scores of projections and of trained models."""
