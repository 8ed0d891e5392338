"""Builder of the description of a Space: its ordered endpoints, with the data of their forms. Pure."""
