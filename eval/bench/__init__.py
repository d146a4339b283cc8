"""Measurements of speed and of live updates, side by side with what a user would take instead."""
