"""Two filled servers to look around in: citizens and their city, federated with each other over real HTTP.

What happens there stands in `content.json`, and for each feature in its own `demo.json`; it is played through the
same use cases that pages and API call.
"""
