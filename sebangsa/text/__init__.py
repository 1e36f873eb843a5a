"""Text as people write and read it: HTML from outside, our Markdown, handles, hashtags, names and excerpts.

Pure functions: no database, no network. Whatever becomes HTML on a page passes `sanitise.sanitise`.
"""
