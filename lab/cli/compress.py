"""`lab compress`: a file coded by a net that learns it on the way."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lab.cli.console.arguments import AsJson, parse_assignments
from lab.cli.console.dials import parse_dials
from lab.cli.console.output import print_facts, print_json, print_note
from lab.core.dials import build_from_dials
from lab.core.registry import open_shelf

if TYPE_CHECKING:
    from lab.training.compressor import Recipe


def command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What to compress.")],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="Where to; it must not exist yet.")],
    family: Annotated[str, typer.Option("--family", "-f", help="An autoregressive family of nets.")] = "lstm",
    width: Annotated[int | None, typer.Option("--width", min=1, help="Its size dial.")] = None,
    code: Annotated[
        str, typer.Option("--code", help="mixture (the net with the contexts of the bytes), or network (alone).")
    ] = "mixture",
    settings: Annotated[
        str,
        typer.Option("--set", metavar="NAME=VALUE,…", help="Dials of the family, or streams, block, window, seed, …"),
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Compress a file with a net that learns it while it is coded; `lab decompress` gives it back, bit for bit.

    The net stands in no file: the reading end trains it again, so both take minutes for a megabyte. It must be the
    same torch on a like processor; the file says which.
    """
    from lab.cli.console.counting import open_count
    from lab.cli.console.files import claim_place, read_file, write_whole
    from lab.training.head import LARGEST_FILE

    claim_place(out)
    data = read_file(file, LARGEST_FILE)
    recipe = _read_recipe(family, width, code, parse_assignments(settings, "--set"))
    from lab.training.container import compress

    with open_count(f"compress {file.name}", "blocks", recipe.count_blocks(len(data))) as advance:
        coded = compress(data, recipe, advance)
    write_whole(out, coded.container)
    size = len(coded.container)
    others = _measure_others(data)
    area = coded.area_bits
    if as_json:
        print_json(
            {
                "file": out,
                "bytes": len(data),
                "compressed_bytes": size,
                "bits_per_byte": 8 * size / len(data) if data else None,
                "payload_bits": coded.payload_bits,
                "online_bits": area,
                "payload_over_online": coded.payload_bits / area if area else None,
                "file_over_online": 8 * size / area if area else None,
                "network_online_bits": coded.network_bits,
                "mixture_online_bits": area if code == "mixture" else None,
                "contexts_bits": others["context_mixing"],
                "xz_bits": others["lzma"],
            }
        )
        return
    print_facts(
        str(out),
        [
            (
                "size",
                f"{size:,} bytes, of a file of {len(data):,}"
                + (f", {8 * size / len(data):.4f} bits/byte" if data else ""),
            ),
            ("of these", f"{size - coded.payload_bits // 8} are head: recipe, hash, arithmetic"),
            ("online area", f"{area:,.2f} bits; the content takes {coded.payload_bits:,}"),
            *([("over the area", _name_ratios(coded.payload_bits, 8 * size, area))] if area else []),
            ("the net alone", f"{coded.network_bits:,.2f} bits online"),
            ("contexts alone", f"{others['context_mixing']:,.0f} bits, in order"),
            *([("the mixture", f"{area:,.2f} bits online")] if code == "mixture" else []),
            ("xz", f"{others['lzma']:,.0f} bits"),
        ],
    )
    if size >= len(data):
        print_note("The file did not get shorter: head and hash outweigh what was saved, or it is compressed already.")
    print_note(f"Next: lab decompress {out} FILE")


def _measure_others(data: bytes) -> dict[str, float]:
    """Bits of the bytes by contexts without a net, one stream read in order, and by xz."""
    from numpy import frombuffer, uint8

    from lab.complexity.code import Message
    from lab.runs.spec import build_entry

    message = Message(frombuffer(data, uint8), 256)
    return {name: build_entry("codes", {"name": name}).count_bits(message) for name in ("context_mixing", "lzma")}


def _name_ratios(payload: int, whole: int, area: float) -> str:
    return f"{payload / area:.6f} of it without the head, {whole / area:.6f} with it"


def _read_recipe(family: str, size: int | None, code: str, settings: Mapping[str, str]) -> "Recipe":
    """`settings` are dials of the recipe or, with any other name, of the family."""
    kind = open_shelf("families").load(family)
    from lab.training.compressor import Recipe

    own = {field.name for field in dataclasses.fields(Recipe)} - {"family", "code"}
    dials = parse_dials(kind, {name: text for name, text in settings.items() if name not in own}, family)
    chosen = parse_dials(Recipe, {name: text for name, text in settings.items() if name in own}, "compress")
    if size is not None:
        dials[kind.size_dial] = size
    return build_from_dials(Recipe, {"family": {"name": family, **dials}, "code": code, **chosen}, "compress")
