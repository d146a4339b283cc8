"""Protocols of other people's clients: how their requests become questions, and answers their replies."""
