"""One widget a file: numpy arrays in, signals out. Nothing here knows torch, models or sessions."""
