"""Parser of the parameters of an endpoint: control, default, requirement, position on the page. Pure."""
