"""The API of the Hub: the state and the address of a Space, search, and how often we may ask."""
