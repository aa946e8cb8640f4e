"""`python -m deckbuilder`, and the command `deckbuilder`."""


def run() -> None:
    """Be the command: do what the command line says, and end with its exit code."""
    try:
        from deckbuilder.cli.process import run_command
    except KeyboardInterrupt:  # while it is being imported
        raise SystemExit(130) from None
    run_command()


if __name__ == "__main__":
    run()
