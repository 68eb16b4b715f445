"""What every family, data set and front end shares; knows neither Qt nor any family by name."""
