"""The list of a visitor's runs: filtered, page by page, exported, deleted."""
