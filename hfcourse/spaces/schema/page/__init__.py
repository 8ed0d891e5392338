"""Analysis of the Space's own page as a graph of events: chains, data flow, titles, ranking. Pure."""
