"""`python -m fedtui`."""

from fedtui.cli import main

main()
