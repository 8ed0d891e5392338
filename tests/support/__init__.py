"""What the tests share: helpers, factories and fixtures.

Nothing is imported here: the programs of tests/spaces use some of it, in environments without Flask.
"""
