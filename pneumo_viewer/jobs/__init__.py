"""The one owner of threads and worker processes."""
