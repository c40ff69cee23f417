"""Where a secret setting comes from: the setting itself, a file that `<name>_file` names, or the system's keyring.

One way for every secret. The file or the keyring is asked only when the setting is the one in force: what a
command line or the environment says beats what stands in `wfm.toml`, in whichever form. Not here: which settings
there are (settings.py), what may be said of a URL (urls.py).
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, SecretStr, ValidationInfo

from wfm_pipeline.errors import SettingsError, shown
from wfm_pipeline.urls import keep_secret, keep_url

_FILE: Final = "_file"
FILE_OF: Final = "File that holds {} and nothing else, so that neither this file nor the environment does."
"""Description of such a setting."""
_KEYRING: Final = "keyring:"
_LONGEST: Final = 64 * 1024
"""A file that is longer holds something else [bytes]."""


def secret_fields(names: Iterable[str]) -> list[str]:
    """Those of the settings that may stand in a file."""
    known = set(names)
    return sorted(name for name in known if f"{name}{_FILE}" in known)


def with_files(values: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Settings of one origin (arguments, environment or `wfm.toml`) with `<name>_file` in the place of `<name>`.

    Raises:
        SettingsError: a secret is given twice, or its file is no path.
    """
    rest = dict(values)
    for name in names:
        file = rest.pop(f"{name}{_FILE}", None)
        if not file:
            continue
        if rest.get(name):
            raise SettingsError(f"{name} and {name}{_FILE} are both set in the same place: keep one of them")
        if not isinstance(file, str | Path):
            raise SettingsError(f"{name}{_FILE} must be the path of a file, got {shown(file)}", got=file)
        rest[name] = Path(file)
    return rest


def _told(value: Any, info: ValidationInfo) -> Any:
    name = info.field_name or "secret"
    if isinstance(value, Path):
        value = _of_file(value, name)
    elif isinstance(value, str) and value.startswith(_KEYRING):
        value = _of_keyring(value.removeprefix(_KEYRING), name)
    text = value.get_secret_value() if isinstance(value, SecretStr) else value
    if isinstance(text, str):
        is_database = name.endswith("url") and not text.startswith("http")
        (keep_url if is_database else keep_secret)(text)
    return value


Secret = Annotated[SecretStr, BeforeValidator(_told)]
"""The type of every setting that nobody may read by accident."""


def _of_file(path: Path, name: str) -> str:
    where = f"{name}{_FILE} (WFM_{name.upper()}{_FILE.upper()})"
    try:
        with path.expanduser().open("rb") as file:
            found = file.read(_LONGEST + 1)
        text = found.decode("utf-8-sig").strip()
    except OSError as error:
        raise SettingsError(f"{where} cannot be read ({error.strerror}): {path}", got=str(path)) from None
    except (UnicodeDecodeError, RuntimeError):  # RuntimeError: ~nobody
        raise SettingsError(f"{where} names no file of UTF-8 text: {path}", got=str(path)) from None
    if not text or len(found) > _LONGEST or not text.isprintable():
        what = "is empty" if not text else "holds more than the secret: one line and nothing else is wanted"
        raise SettingsError(f"{where} {what}: {path}", got=str(path))
    return text


def _of_keyring(address: str, name: str) -> str:
    service, _, user = address.rpartition("/")
    try:
        import keyring  # noqa: PLC0415  (an extra, and only for those who use it)
        from keyring.errors import KeyringError  # noqa: PLC0415
    except ImportError:
        raise SettingsError(f"{name} names the keyring, which needs: pip install 'wfm-pipeline[keyring]'") from None
    try:
        found = keyring.get_password(service, user) if service and user else None
    except KeyringError as error:
        raise SettingsError(f"{name}: the system's keyring cannot be asked ({type(error).__name__})") from None
    if not found:
        raise SettingsError(
            f"{name} must be keyring:SERVICE/USER of an entry that is there; `keyring set SERVICE USER` makes one"
        )
    return found
