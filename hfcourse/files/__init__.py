"""Files of visitors and of Spaces: stored under a random id, in a folder or an S3 bucket."""
