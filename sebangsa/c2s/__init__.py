"""ActivityPub for apps (client to server, section 6 of the specification): what a person's own app may read and do.

An app signs in as any other (OAuth), reads inbox and outbox of its person, and posts activities to that outbox. Each one
goes through the use case that a page or the client API would call; there is no second way to do anything.
"""
