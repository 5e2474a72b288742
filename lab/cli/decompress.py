"""`lab decompress`: the file that `lab compress` coded, bit for bit."""

from pathlib import Path
from typing import Annotated

import typer

from lab.cli.console.arguments import AsJson
from lab.cli.console.output import print_facts, print_json


def command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `lab compress` wrote.")],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="Where to; it must not exist yet.")],
    as_json: AsJson = False,
) -> None:
    """Give back a file that `lab compress` coded; its SHA-256 must be the one stored with it, or nothing is written."""
    from lab.cli.console.counting import open_count
    from lab.cli.console.files import claim_place, read_file, write_whole
    from lab.core.fingerprint import hash_bytes
    from lab.training.container import decompress, read_head
    from lab.training.head import LARGEST_CONTAINER

    claim_place(out)
    container = bytearray(read_file(file, LARGEST_CONTAINER))
    recipe, length = read_head(container)
    with open_count(f"decompress {file.name}", "blocks", recipe.count_blocks(length)) as advance:
        content = decompress(container, advance)
    write_whole(out, content)
    digest = hash_bytes(content)
    if as_json:
        print_json({"file": out, "bytes": len(content), "compressed_bytes": len(container), "sha256": digest})
    else:
        print_facts(
            str(out),
            [("size", f"{len(content):,} bytes, from {len(container):,}"), ("SHA-256", f"{digest}, as stored")],
        )
