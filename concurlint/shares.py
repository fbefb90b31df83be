"""Files that are asked about, shared out by what they are for: what is inferred depends on the target."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace

from concurlint.config import Config, Settings
from concurlint.purposes import Purposes
from concurlint.rule import Entry
from concurlint.source import SourceFile


@dataclass(frozen=True)
class Share:
    """Files with one target: the settings of each by its name, and all files of the project, with these asked.

    `files` are those that are analysed together, `project` are all; where one of these lies may tell what another is
    there for.
    """

    config: Config
    configs: Mapping[str, Config]
    files: Sequence[SourceFile]
    project: Sequence[SourceFile]

    def within(self, names: Set[str]) -> Share:
        """What of it is among the files of these names."""
        configs = {name: config for name, config in self.configs.items() if name in names}
        return replace(self, configs=configs, files=[source for source in self.files if source.name in names])

    def purposes(self, *, alone: bool) -> Purposes:
        """What the files are there for; `alone`, as if there were only those asked about."""
        return Purposes([source for source in self.project if source.asked or not alone], self.config)

    def wants(self, rule: Entry) -> bool:
        """Whether findings of the rule may be wanted in some of them."""
        distinct = {id(config): config for config in self.configs.values()}.values()
        return any(config.wants(rule.code, rule.name, rule.worst, "") for config in distinct)


def share_out(files: Sequence[SourceFile], settings: Settings) -> list[Share]:
    """One share for each target there is among the files that are asked about; most projects have one."""
    groups: list[tuple[Config, dict[str, Config]]] = []
    for source in files:
        if source.asked:
            config = settings.of(source.path, source.data)
            group = next((configs for of, configs in groups if of.sees_as(config)), None)
            if group is None:
                group = {}
                groups.append((config, group))
            group[source.name] = config
    if len(groups) == 1:
        return [Share(*groups[0], files, files)]
    return [_share(config, configs, files) for config, configs in groups]


def _share(config: Config, configs: Mapping[str, Config], files: Sequence[SourceFile]) -> Share:
    own = [replace(source, asked=source.name in configs) for source in files]
    return Share(config, configs, own, own)
