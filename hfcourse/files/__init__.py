"""The files of visitors and of Spaces: stored under a name of ours, in a folder or an S3 bucket."""
