"""Polls: asking, voting, counting, ending."""
