"""What `/config` and `/info` say of one value: JSON schema, choices, labels, component updates. Pure."""
