"""Parser of the layout of a Space's own page: blocks, captions, introduction, translations. Pure."""
