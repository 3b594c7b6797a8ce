"""What may be typed next on a command line: verbs, flags, slots, choices, settings, experiments, runs, bundles."""

from argparse import SUPPRESS, Action
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from runner.manner import FLAGS
from runner.specification.places import HERE

Actions = Sequence[Action]
FORMS = ("--help", "--version", "--multirun", "--cfg")
OF_RUNS = ("run", "runs", "names")
"""Arguments that name runs."""
OF_BUNDLES = ("reference", "name", "bundle")
"""Arguments that name bundles."""


def candidates(typed: Sequence[str], word: str, verbs: Sequence[str], actions: Callable[[str], Actions]) -> list[str]:
    """What the word may become.

    typed: the arguments before it, from the first after the program; actions: of a verb, what its parser takes.
    """
    begun = [argument for argument in typed if argument not in FLAGS]
    if begun and begun[0] in verbs:
        found = _of_verb(begun[0], begun[1:], word, actions(begun[0]))
    else:
        first = () if begun else verbs
        found = [*first, *_overrides(word), *(FORMS if word.startswith("-") else ())]
    return sorted({text for text in found if text.startswith(word) and text != word})


def _of_verb(verb: str, typed: Sequence[str], word: str, actions: Actions) -> list[str]:
    before = next((a for a in actions if typed and typed[-1] in a.option_strings and a.nargs != 0), None)
    if before is not None:
        return list(_values(verb, before))
    if word.startswith("-"):
        shown = [flag for action in actions for flag in action.option_strings if action.help is not SUPPRESS]
        return [*shown, *FLAGS]
    return [value for action in actions if not action.option_strings for value in _values(verb, action, word)]


def _values(verb: str, action: Action, word: str = "") -> Iterable[str]:
    if action.choices:
        yield from map(str, action.choices)
    elif action.dest == "overrides":
        yield from _overrides(word)
    elif (verb, action.dest) == ("list", "slot"):
        yield from (*_groups(), "runs", "bundles")
    elif (verb, action.dest) in (("schema", "what"), ("list", "experiment"), ("explain", "name")):
        yield from _named(verb)
    elif (verb, action.dest) == ("completion", "shell"):
        yield from SHELLS
    elif (verb, action.dest) == ("store", "action"):
        yield from ("why", "ls", "verify", "gc")
    elif action.dest in OF_RUNS and verb != "list":
        yield from (*_runs(), *((*_bundles(), *_sweeps()) if verb == "compare" else ()))
    elif action.dest in OF_BUNDLES:
        yield from _bundles()


def _named(verb: str) -> Iterable[str]:
    from runner.composition.places import config_files

    if verb == "list":
        yield from config_files("experiment")
    elif verb == "schema":
        yield from ("experiment", "answers", *_slots())
    else:
        for slot in _slots():
            yield from (f"{slot}/{choice}" for choice in config_files(slot))


def _overrides(word: str) -> list[str]:
    """SLOT=CHOICE, +experiment=NAME and, after a point, the settings of a slot's choices."""
    from runner.composition.places import config_files

    key, equals, _ = word.partition("=")
    group = key.lstrip("+")
    if equals and (group in _slots() or group in ("experiment", "sweep")):
        return [f"{key}={choice}" for choice in config_files(group)]
    if "." in key:
        return _settings(key)
    return ["+experiment=", "+sweep=", *(f"{slot}=" for slot in (*_slots(), "seed"))]


def _settings(key: str) -> list[str]:
    """`SLOT.SETTING=` of every class that fits the slot."""
    from runner.composition.catalog import catalogue, slot_kind, slots
    from runner.composition.schema import parameters

    slot, sign = key.lstrip("+~").partition(".")[0], key[: len(key) - len(key.lstrip("+~"))]
    kind = slot_kind(slots().get(slot))
    if kind is None:
        return []
    names = {name for target in catalogue().fitting(kind) for name in parameters(catalogue()[target])}
    return [f"{sign}{slot}.{name}=" for name in names]


def _slots() -> tuple[str, ...]:
    from runner.composition.catalog import slots

    return tuple(slots())


def _groups() -> tuple[str, ...]:
    from runner.composition.guide import groups

    return groups()


def _runs() -> list[str]:
    found = [path.parent.name for path in HERE.outputs.glob("runs/*/*/manifest.json")]
    return [*found, "latest"] if found else []


def _sweeps() -> list[str]:
    return [path.parent.name for path in HERE.sweeps.glob("*/sweep.json")]


def _bundles() -> list[str]:
    from runner.bundle.registry import names

    return names(HERE.registry) if Path(HERE.registry).is_dir() else []


BASH = r"""# bash completion of assay and of python -m runner: source it, or write it into ~/.bashrc:
#   eval "$(assay completion bash)"
_assay_complete() {
    local line="${COMP_LINE:0:$COMP_POINT}" words word prefix
    read -r -a words <<< "$line"
    word=""; case "$line" in *[[:space:]]) ;; *) word="${words[-1]}"; unset 'words[-1]' ;; esac
    local skip=1
    if [[ "${words[0]##*/}" != assay* ]]; then
        [[ "${words[1]}" == -m && "${words[2]}" == runner ]] || return 0
        skip=3
    fi
    local program=("${words[@]:0:$skip}") IFS=$'\n'
    local typed=("$word" "${words[@]:$skip}")
    COMPREPLY=($(ASSAY_TYPED="${typed[*]}" "${program[@]}" completion --candidates 2>/dev/null))
    # bash replaces only what follows the last of these letters
    prefix="${word%"${word##*[=:]}"}"
    COMPREPLY=("${COMPREPLY[@]#"$prefix"}")
    [[ "${COMPREPLY[0]}" == *= ]] && compopt -o nospace
    return 0
}
complete -o bashdefault -o default -F _assay_complete assay
complete -o bashdefault -o default -F _assay_complete python python3
"""
ZSH = r"""#compdef assay
# zsh completion of assay: source it, or write it into ~/.zshrc after compinit:
#   eval "$(assay completion zsh)"
_assay() {
    local -a found
    local -a typed=("${words[CURRENT]}" "${(@)words[2,CURRENT-1]}")
    found=("${(@f)$(ASSAY_TYPED="${(F)typed}" ${words[1]} completion --candidates 2>/dev/null)}")
    local -a open=("${(@M)found:#*=}") closed=("${(@)found:#*=}")
    (( ${#open} )) && compadd -S '' -- "${open[@]}"
    (( ${#closed} )) && [[ -n "${closed[1]}" ]] && compadd -- "${closed[@]}"
    (( ${#found} )) && [[ -n "${found[1]}" ]] || _files
}
compdef _assay assay
"""
FISH = r"""# fish completion of assay: assay completion fish > ~/.config/fish/completions/assay.fish
function __assay_candidates
    set -l words (commandline -opc)
    set -l typed (commandline -ct) $words[2..-1]
    ASSAY_TYPED=(string join \n -- $typed | string collect) assay completion --candidates 2>/dev/null
end
complete -c assay -a '(__assay_candidates)'
"""
TYPED = "ASSAY_TYPED"
"""Variable with the word that is being typed, then those before it, a line each."""
SHELLS = {"bash": BASH, "zsh": ZSH, "fish": FISH}
