"""`python -m lab.cli` is `lab`."""

from lab.cli.console.app import main

if __name__ == "__main__":
    main()
