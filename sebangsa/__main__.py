"""`python -m sebangsa`: the same as the command `sebangsa`."""

from sebangsa.cli import main

if __name__ == "__main__":
    main(prog_name="sebangsa")
