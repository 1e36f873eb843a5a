"""Events: planned, joined, changed, remembered."""
