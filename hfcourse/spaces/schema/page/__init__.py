"""The Space's own page as a graph of events: chains, data flow, titles, ranking of endpoints. Pure."""
