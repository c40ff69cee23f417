"""The door of a map file: takes values out of TOML, checks their type and refuses in one line."""

import datetime as dt
import difflib
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from wfm_pipeline.errors import SettingsError, shown
from wfm_pipeline.units import sensible_date

_MISSING: Any = object()


@dataclass(frozen=True, slots=True)
class Door:
    """One table of a TOML file.

    Attributes:
        file: Name of the file, for messages.
        path: Dotted path of this table in the file.
        values: Its keys and values.
    """

    file: str
    path: str
    values: Mapping[str, Any]

    def where(self, key: str) -> str:
        """File and dotted key, for messages."""
        return f"{self.file}: {'.'.join(part for part in (self.path, key) if part) or 'top level'}"

    def refuse(self, key: str, got: object, allowed: str) -> NoReturn:
        """Raise the error that names file, key, what came and what is allowed."""
        raise SettingsError(f"{self.where(key)} must be {allowed}; got {shown(got)}", file=self.file, key=key, got=got)

    def only(self, allowed: Collection[str]) -> None:
        """Refuse keys that nobody knows."""
        for key in self.values:
            if key not in allowed:
                near = difflib.get_close_matches(key, allowed, n=1)
                guess = f" (did you mean {near[0]}?)" if near else ""
                raise SettingsError(
                    f"{self.where(key)} is not known{guess}; allowed are {', '.join(sorted(allowed))}",
                    file=self.file,
                    key=key,
                    got=key,
                )

    def known(self, key: str, raw: Collection[str], types: Mapping[str, str]) -> None:
        """Refuse raw columns that `types` does not name."""
        unknown = [name for name in raw if name not in types]
        if unknown:
            self.refuse(key, unknown[0], f"raw columns named under types ({', '.join(types)})")

    def inner(self, key: str, *, is_required: bool = True) -> "Door":
        """The table under a key; an empty one where it may be left out."""
        value = self._get(key, _MISSING if is_required else {})
        if not isinstance(value, dict):
            self.refuse(key, value, "a table")
        return Door(self.file, f"{self.path}.{key}" if self.path else key, value)

    def entries(self, key: str) -> tuple["Door", ...]:
        """The tables of an array; none where it is left out."""
        value = self._get(key, [])
        if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
            self.refuse(key, value, "an array of tables")
        path = f"{self.path}.{key}" if self.path else key
        return tuple(Door(self.file, f"{path}[{number}]", entry) for number, entry in enumerate(value))

    def text(self, key: str, *, default: str = _MISSING, pattern: re.Pattern[str] | None = None) -> str:
        """A text."""
        value = self._get(key, default)
        if not isinstance(value, str):
            self.refuse(key, value, "a text")
        if pattern and not pattern.fullmatch(value):
            self.refuse(key, value, f"a name like {pattern.pattern}")
        return value

    def choice(self, key: str, allowed: Sequence[str], *, default: str = _MISSING) -> Any:
        """One of a few words."""
        value = self._get(key, default)
        if value not in allowed:
            self.refuse(key, value, f"one of {', '.join(allowed)}")
        return value

    def flag(self, key: str, *, default: bool = _MISSING) -> bool:
        """True or false."""
        value = self._get(key, default)
        if not isinstance(value, bool):
            self.refuse(key, value, "true or false")
        return value

    def date(self, key: str) -> dt.date:
        """A date, as TOML writes it or as text."""
        value = self._get(key, _MISSING)
        try:
            return sensible_date(value if type(value) is dt.date else dt.date.fromisoformat(value))
        except (TypeError, ValueError):
            self.refuse(key, value, "a date of 1990 to 2199 such as 2024-01-01")

    def number(self, key: str) -> float:
        """A number."""
        value = self._get(key, _MISSING)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            self.refuse(key, value, "a number")
        return float(value)

    def whole_number(self, key: str) -> int:
        """A whole number."""
        value = self._get(key, _MISSING)
        if isinstance(value, bool) or not isinstance(value, int):
            self.refuse(key, value, "a whole number")
        return value

    def texts(self, key: str, *, default: tuple[str, ...] = _MISSING) -> tuple[str, ...]:
        """A list of texts."""
        value = self._get(key, default)
        if not isinstance(value, (list, tuple)) or not all(isinstance(item, str) for item in value):
            self.refuse(key, value, "a list of texts")
        return tuple(value)

    def words(self, key: str, *, allowed: Sequence[str] = ()) -> dict[str, str]:
        """A table of texts; each value one of `allowed`, where given."""
        door = self.inner(key)
        for name in door.values:
            if allowed:
                door.choice(name, allowed)
            else:
                door.text(name)
        return dict(door.values)

    def _get(self, key: str, default: Any) -> Any:
        value = self.values.get(key, default)
        if value is _MISSING:
            raise SettingsError(
                f"{self.where(key)} is missing; present are {', '.join(self.values) or 'no keys'}",
                file=self.file,
                key=key,
            )
        return value
