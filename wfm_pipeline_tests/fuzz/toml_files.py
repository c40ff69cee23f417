"""Source maps and settings: good TOML with a value, key or line broken; variables of the environment beside it."""

import json

from hypothesis import strategies as st

from wfm_pipeline.settings import Settings, commented_file
from wfm_pipeline.sources.maps import MAP_FOLDER
from wfm_pipeline_tests.fuzz.broken import ODD, RAW, broken_text, encoded

MAPS = [path.read_text(encoding="utf-8") for path in sorted(MAP_FOLDER.glob("*.toml"))]
_VALUES = st.one_of(
    st.sampled_from(
        [
            "1",
            "-1",
            "nan",
            "1e400",
            "0x" + "f" * 5_000,
            "9" * 5_000,
            "[]",
            "{}",
            "[[1]]",
            "true",
            "1979-05-27",
            "9999-12-31",
            "07:32:00",
            "1979-05-27T07:32:00Z",
            "[" * 3_000 + "]" * 3_000,
            "{a = {a = {a = 1}}}",
            "0001-01-01",
            "''",
            '"\\u0000"',
            '"evil\\n"',
        ]
    ),
    ODD.map(lambda text: json.dumps(text.encode("utf-8", "replace").decode("utf-8"))),
)


@st.composite
def _broken_values(draw, good):
    """A good file with other values or keys in some of its lines."""
    lines = draw(st.sampled_from(good)).split("\n")
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(lines) - 1))
        key, sign, _ = lines[place].partition(" = ")
        if sign:
            way = draw(st.sampled_from(["value", "value", "value", "key", "twice"]))
            new = {
                "value": f"{key} = {draw(_VALUES)}",
                "key": f"{draw(_VALUES)} = 1",
                "twice": lines[place] + "\n" + lines[place],
            }
            lines[place] = new[way]
        else:
            lines[place] = draw(
                st.sampled_from(["", "[a]", "[[a]]", "[" + ".".join(["a"] * 400) + "]", lines[place] * 2])
            )
    return "\n".join(lines)


def _toml(good):
    return st.one_of(encoded(_broken_values(good)), encoded(_broken_values(good)), encoded(broken_text(good)), RAW)


_NAMES = [name for name in Settings.model_fields if name not in {"home", "warehouse_url"}]
_SET = "\n".join(line.removeprefix("# ") if " = " in line else line for line in commented_file().split("\n")[:-4])
_JSON = st.sampled_from(
    [
        "{",
        "[" * 100_000,
        '{"a": ' + "9" * 5_000 + "}",
        '{"mon": "08:00-18:00\\n"}',
        '{"a": {"shrinkage": 1e400}}',
        "null",
    ]
)
VARIABLES = st.dictionaries(
    st.sampled_from([f"WFM_{name.upper()}" for name in _NAMES]),
    st.one_of(ODD, _JSON).filter(lambda text: "\0" not in text),
    max_size=3,
).map(lambda found: json.dumps(found).encode())

maps = st.fixed_dictionaries({"map.toml": _toml(MAPS)})
settings = st.fixed_dictionaries(
    {"wfm.toml": _toml([_SET, _SET, "horizon_days = 7\n[sources.a]\nurl = 'x'\n"]), "environment.json": VARIABLES},
    optional={"sources.toml": _toml(['[telephony]\nurl = "sqlite:///x"\n'])},
)
