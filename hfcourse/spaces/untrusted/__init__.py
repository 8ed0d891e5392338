"""JSON and HTML that a Space wrote: counted, measured and reduced before anything else reads them. Pure."""
