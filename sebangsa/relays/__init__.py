"""Relays: servers that pass public posts on between many others, so that a small one sees more than it follows.

Off until an administrator adds one. What comes by a relay is read from its own host and stands in the federated timeline;
what goes there is public and of people who let themselves be found.
"""
