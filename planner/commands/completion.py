"""`planner completion SHELL`: the script by which a shell completes commands, options and their values."""

from __future__ import annotations

import argparse
from argparse import Namespace
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from planner.commands.arguments import CommandParser, build_parser
from planner.commands.streams import print_results
from planner.messages.catalogue import Texts


@dataclass(frozen=True, slots=True)
class Completion:
    """What may follow a command: its meaning, options with their meaning, and the words that some take."""

    meaning: str
    options: Mapping[str, str]
    choices: Mapping[str, tuple[str, ...]]
    words: tuple[str, ...] = ()


def run_command(options: Namespace, texts: Texts) -> None:
    """Print the completion script of a shell."""
    print_results(completion_script(options.shell, texts))


def completion_script(shell: str, texts: Texts) -> str:
    """Return the script of a shell, made from the parser itself.

    Examples
    --------
    >>> completion_script("fish", Texts("en")).splitlines()[1]
    "complete -c planner -n __fish_use_subcommand -a new -d 'describe the data of a folder in a study file'"
    """
    parser = build_parser(texts)
    commands = {name: _completion(command) for name, command in parser.commands.items()}
    scripts: Mapping[str, Callable[[Mapping[str, Completion]], Iterator[str]]] = {
        "bash": _bash,
        "zsh": _zsh,
        "fish": _fish,
        "powershell": _powershell,
    }
    return "\n".join(scripts[shell](commands))


def _completion(command: CommandParser) -> Completion:
    options: dict[str, str] = {}
    choices: dict[str, tuple[str, ...]] = {}
    words: tuple[str, ...] = ()
    for action in command._actions:  # noqa: SLF001 - argparse has no other list of them
        named = tuple(map(str, action.choices or ()))
        long = [option for option in action.option_strings if option.startswith("--")]
        if not action.option_strings:
            words = (*words, *named)
        elif long and action.help is not argparse.SUPPRESS:
            options[long[0]] = str(action.help)
            choices |= {long[0]: named} if named else {}
    return Completion(command.description or "", options, choices, words)


def _bash(commands: Mapping[str, Completion]) -> Iterator[str]:
    yield "_planner() {"
    yield '  local word="${COMP_WORDS[COMP_CWORD]}" before="${COMP_WORDS[COMP_CWORD-1]}"'
    yield '  local command="${COMP_WORDS[1]}" words=""'
    yield '  if [ "$COMP_CWORD" -eq 1 ]; then'
    yield f'    words="{" ".join(commands)} --help --version"'
    yield "  else"
    yield '    case "$command $before" in'
    for name, command in commands.items():
        for option, values in command.choices.items():
            yield f'      "{name} {option}") words="{" ".join(values)}" ;;'
    yield '      *) case "$command" in'
    for name, command in commands.items():
        yield f'        {name}) words="{" ".join((*command.words, *command.options))}" ;;'
    yield "      esac ;;"
    yield "    esac"
    yield "  fi"
    yield '  COMPREPLY=($(compgen -W "$words" -- "$word"))'
    yield '  [ -n "${COMPREPLY[*]}" ] || COMPREPLY=($(compgen -f -- "$word"))'
    yield "}"
    yield "complete -o filenames -F _planner planner"


def _zsh(commands: Mapping[str, Completion]) -> Iterator[str]:
    yield "#compdef planner"
    yield "_planner() {"
    yield "  local -a commands"
    yield "  commands=("
    yield from (f"    {_quoted(f'{name}:{command.meaning}')}" for name, command in commands.items())
    yield "  )"
    yield "  if (( CURRENT == 2 )); then _describe command commands; return; fi"
    yield '  case "$words[2]" in'
    for name, command in commands.items():
        specs = []
        for option, meaning in command.options.items():
            values = f":value:({' '.join(command.choices[option])})" if option in command.choices else ""
            specs.append(_quoted(f"{option}[{meaning.translate(_ZSH)}]{values}"))
        rest = f"'*:word:({' '.join(command.words)})'" if command.words else "'*:file:_files'"
        yield f"    {name}) _arguments {' '.join((*specs, rest))} ;;"
    yield "  esac"
    yield "}"
    yield 'if [ "$funcstack[1]" = _planner ]; then _planner "$@"; else compdef _planner planner; fi'


_ZSH = str.maketrans({"[": "(", "]": ")", ":": "\\:"})


def _fish(commands: Mapping[str, Completion]) -> Iterator[str]:
    yield "complete -c planner -n __fish_use_subcommand -f"
    for name, command in commands.items():
        yield f"complete -c planner -n __fish_use_subcommand -a {name} -d {_fish_quoted(command.meaning)}"
    for name, command in commands.items():
        inside = f"complete -c planner -n '__fish_seen_subcommand_from {name}'"
        if command.words:
            yield f"{inside} -f -a '{' '.join(command.words)}'"
        for option, meaning in command.options.items():
            values = f" -x -a '{' '.join(command.choices[option])}'" if option in command.choices else ""
            yield f"{inside} -l {option.removeprefix('--')}{values} -d {_fish_quoted(meaning)}"


def _powershell(commands: Mapping[str, Completion]) -> Iterator[str]:
    yield "Register-ArgumentCompleter -Native -CommandName planner -ScriptBlock {"
    yield "  param($word, $tree, $position)"
    yield "  $words = @{"
    for name, command in commands.items():
        listed = ", ".join(f"'{word}'" for word in (*command.words, *command.options))
        yield f"    '{name}' = @({listed})"
    yield "  }"
    yield "  $values = @{"
    for name, command in commands.items():
        for option, values in command.choices.items():
            listed = ", ".join(f"'{value}'" for value in values)
            yield f"    '{name} {option}' = @({listed})"
    yield "  }"
    yield "  $typed = @($tree.CommandElements | ForEach-Object { $_.ToString() })"
    yield "  if ($word) { $before = $typed[-2] } else { $before = $typed[-1] }"
    yield "  if ($typed.Count -le 1 -or ($typed.Count -eq 2 -and $word)) { $next = $words.Keys | Sort-Object }"
    yield '  elseif ($values["$($typed[1]) $before"]) { $next = $values["$($typed[1]) $before"] }'
    yield "  else { $next = $words[$typed[1]] }"
    yield '  $next | Where-Object { $_ -like "$word*" } | ForEach-Object {'
    yield "    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)"
    yield "  }"
    yield "}"


def _quoted(text: str) -> str:
    escaped = text.replace("'", "'\\''")
    return f"'{escaped}'"


def _fish_quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
