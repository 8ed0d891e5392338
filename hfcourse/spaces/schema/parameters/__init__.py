"""The parameters of an endpoint: control, default, requirement, place on the page. Pure."""
