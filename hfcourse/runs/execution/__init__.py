"""The execution of one run: the call, its recorder, its files, its previews."""
