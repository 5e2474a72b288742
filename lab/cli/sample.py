"""`lab sample`: text from the net of a stored run."""

from typing import TYPE_CHECKING, Annotated

import typer

from lab.cli.console.arguments import AsJson
from lab.cli.console.output import print_json, print_note, print_text
from lab.core.errors import RefusedError

if TYPE_CHECKING:
    from lab.runs.store import Store, StoredRun


def command(
    run: Annotated[
        str, typer.Argument(metavar="RUN", help="A run key or its beginning; or a study: its best in bits per byte.")
    ],
    prompt: Annotated[
        str, typer.Option("--prompt", help="What to go on from; default: a first token of held-out text.")
    ] = "",
    tokens: Annotated[int, typer.Option("--tokens", help="Tokens of a sample.")] = 256,
    samples: Annotated[int, typer.Option("--samples", help="How many samples.")] = 1,
    temperature: Annotated[float, typer.Option("--temperature", help="0 takes the likeliest token.")] = 1.0,
    top_k: Annotated[int, typer.Option("--top-k", help="Only the k likeliest; 0: all.")] = 0,
    top_p: Annotated[float, typer.Option("--top-p", help="Only the likeliest that hold this probability; 1: all.")] = 1,
    seed: Annotated[int, typer.Option("--seed", help="Which samples.")] = 0,
    retrain: Annotated[
        bool, typer.Option("--retrain", help="Train the run again where its weights are not kept.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write text with a trained net, token by token, each given those before it.

    The net never reads more than the window it was trained on: a text that grows beyond it goes on from its last half
    window. Control characters are shown escaped; --json holds the tokens.
    """
    from lab.runners.training.sampling import TextRequest, find_best
    from lab.runs.store import open_store
    from lab.runs.weights import WeightsFolder

    request = TextRequest(prompt, tokens, samples, temperature, top_k, top_p, seed)
    store = open_store(read_only=True)
    chosen, note = find_best(store, run)
    if note:
        print_note(note)
    kept = chosen.key in WeightsFolder(store.folders.weights).sizes()
    if retrain and not kept:
        _train_again(store, chosen)
    elif not kept:
        rule = "its weights are not kept beside the store"
        raise RefusedError(f"run {chosen.key}", None, rule, "--retrain trains it again: the same run, the same net")
    texts = request.run(store, chosen.key)
    if as_json:
        print_json({"run": chosen.key, "family": chosen.columns["family"], "samples": [vars(text) for text in texts]})
        return
    for text in texts:
        print_text(text.shown)
        if text is not texts[-1]:
            print_text("----")
    accepted = [text.mean_accepted for text in texts if text.mean_accepted is not None]
    if accepted:
        print_note(
            f"{sum(accepted) / len(accepted):.2f} tokens a pass: the later heads drafted, the first one verified"
        )


def _train_again(store: "Store", run: "StoredRun") -> None:
    from lab.runs.executor import LocalExecutor
    from lab.runs.restoration import restore_weights

    executor = LocalExecutor(1)
    try:
        restore_weights(store, run.key, executor)
    finally:
        executor.shutdown(cancel=True)
