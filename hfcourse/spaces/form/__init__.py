"""The form of an endpoint: fields bound to what was posted, uploads, validation, errors."""
