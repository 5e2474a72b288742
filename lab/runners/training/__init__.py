"""The mechanism of the runners that train nets; the entries stand one level up."""
