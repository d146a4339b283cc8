"""Engines below the mirror that are not its own memory: one file each."""
