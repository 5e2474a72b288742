"""What every entry of a shelf must keep, built in or yours: `LAB_PATH=mine pytest tests/contracts -k NAME`."""
