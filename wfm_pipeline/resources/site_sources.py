"""Which sources the settings mean: one, or several that are one site, each with its map and its place.

Site facts come from one place: the settings, and the first source's map where they say nothing. Not here: opening a
source (house.py, sources/opening.py) and what the entries of the setting are (settings_groups.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from wfm_pipeline.contracts.source.source_map import SourceMap
from wfm_pipeline.errors import SettingsError, shown
from wfm_pipeline.resources.options import site_of
from wfm_pipeline.settings import Settings
from wfm_pipeline.settings_groups import SiteSource
from wfm_pipeline.sources.maps import load_map


@dataclass(frozen=True, slots=True)
class Places:
    """What the settings mean.

    Attributes:
        settings: The settings.
        source_map: The map of the one source, or of the site with its members.
        read_parts: The parts that a run reads.
        entries: Name of a member -> its entry of the setting; empty where there is one source.
    """

    settings: Settings
    source_map: SourceMap
    read_parts: tuple[SourceMap, ...]
    entries: dict[str, SiteSource]

    @property
    def in_use(self) -> frozenset[str]:
        """Names of the parts that have not ended."""
        ended = {name for name, entry in self.entries.items() if entry.is_ended}
        return frozenset(part.name for part in self.source_map.parts) - ended

    def known_urls(self) -> list[str | None]:
        """URLs of the parts, with their passwords; None of one that no setting places."""
        if not self.entries:
            return [self.settings.url_of_source]
        return [entry.url.get_secret_value() if entry.url else None for entry in self.entries.values()]

    def url_of(self, part: SourceMap) -> str:
        """URL of a part, with its password: never print it.

        Raises:
            SettingsError: nothing says where it is.
        """
        entry = self.entries.get(part.name)
        if entry is None:
            return _said(
                self.settings.url_of_source, self.settings.source, "Set WFM_SOURCE_URL, or source_url in wfm.toml,"
            )
        found = entry.url.get_secret_value() if entry.url else self.settings.found_url(part.name)
        return _said(found, part.name, "Set url, or url_file, of its entry under [[sources]] in wfm.toml")


def _said(url: str | None, source: str, what_to_do: str) -> str:
    if url is None:
        raise SettingsError(
            f"where is source {source!r}? {what_to_do} to its database; `wfm load` puts a public file into one",
            source=source,
        )
    return url


def find_places(settings: Settings) -> Places:
    """Read the maps of the sources that the settings mean.

    A source that a command names is read alone; where it is one of the list, it stays part of its site.

    Raises:
        SettingsError: a map cannot be read, two sources have one name, or their maps name different time zones.
    """
    entries = [(entry, _member(entry)) for entry in settings.site_sources]
    _refuse_one_name([member for _, member in entries])
    chosen = settings.source if not entries or "source" in settings.model_fields_set else None
    named = {member.name for entry, member in entries if chosen in (member.name, entry.map)}
    if not entries or (chosen and not named):
        found = load_map(settings.source)
        alone = replace(found, site=site_of(settings, found.site))
        return Places(settings, alone, (alone,), {})
    site_map = _site_map(settings, [member for _, member in entries])
    by_name = {member.name: entry for entry, member in entries}
    wanted = named or {name for name, entry in by_name.items() if not entry.is_ended}
    read = tuple(part for part in site_map.parts if part.name in wanted)
    if not read:
        raise SettingsError("every source of the list is_ended: there is nothing to read")
    return Places(settings, site_map, read, by_name)


def _member(entry: SiteSource) -> SourceMap:
    found = load_map(entry.map)
    return replace(found, name=entry.name or found.name)


def _refuse_one_name(members: Sequence[SourceMap]) -> None:
    names = [member.name for member in members]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise SettingsError(
            f"two of the sources are called {twice[0]!r}: give each a name of its own, such as name = '{twice[0]}_2'",
            got=twice,
        )


def _site_map(settings: Settings, members: Sequence[SourceMap]) -> SourceMap:
    """The members as one site, which goes by the name of the first."""
    first = members[0]
    if settings.time_zone is None:
        _refuse_two_zones(members)
    _refuse_two_volumes(members)
    site = site_of(settings, first.site)
    dates = [member.first_date for member in members]
    return SourceMap(
        name=first.name,
        title=", ".join(member.title for member in members),
        site=site,
        tables=(),
        is_simulated=any(member.is_simulated for member in members),
        first_date=min(date for date in dates if date) if all(dates) else None,
        members=tuple(replace(member, site=site) for member in members),
    )


def _refuse_two_volumes(members: Sequence[SourceMap]) -> None:
    """Calls of a site are told call by call, or counted per interval, in one way: sums of both cannot be told apart."""
    told = {
        (table.role, table.absent): f"{member.name} has {table.role}"
        for member in members
        for table in member.tables
        if table.role in ("call_legs", "intervals")
    }
    if len(told) > 1:
        raise SettingsError(
            f"{'; '.join(told.values())}: the sources of a site tell calls in one way, one by one (call_legs) or counted "
            "(intervals, with one meaning of absent); run the other by itself with `wfm run --source`",
            got=sorted(role for role, _ in told),
        )


def _refuse_two_zones(members: Sequence[SourceMap]) -> None:
    zones = {member.site.time_zone: member.name for member in members}
    if len(zones) > 1:
        told = ", ".join(f"{zone} ({name})" for zone, name in zones.items())
        raise SettingsError(
            f"the sources' maps name different time zones: {shown(told)}; a site has one, set time_zone",
            got=sorted(zones),
        )
