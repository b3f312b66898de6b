"""Where the command starts, also as `python -m torchscript_fix`."""

import sys


def main() -> None:
    """Run the command line; quiet even if Ctrl-C comes while LibCST is being imported."""
    try:
        from torchscript_fix import cli  # noqa: PLC0415
    except KeyboardInterrupt:
        sys.exit(130)
    cli.main()


if __name__ == "__main__":
    main()
