"""What runners that train classifiers share."""
