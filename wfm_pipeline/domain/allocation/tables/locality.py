"""Which locality a line of business belongs to: an ordered table of rules, kept as data.

Here: the names of localities, a rule, the policy made of rules, and the rules a new warehouse is
seeded with. Not here: storing rules or their history (warehouse).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, get_args

from wfm_pipeline.contracts.source.patterns import is_found, pattern_fault
from wfm_pipeline.domain.allocation.faults import InvalidRuleError, UnknownValueError
from wfm_pipeline.errors import shown

MatchType = Literal["contains", "exact", "regex", "startswith", "endswith"]
LOCALITY_NAMES: Final[Mapping[str, str]] = {
    "domestic": "Domestic",
    "onshore": "Domestic",
    "global": "Global",
    "offshore": "Global",
}
LOCALITIES: Final = ("Domestic", "Global")
DEFAULT_LOCALITY: Final = "Global"
LAST_PRIORITY: Final = 100
"""Priority of a rule that states none: behind those the table is seeded with (5 to 20)."""
FALLBACK_FIELDS: Final = ("main_lob", "worktype", "platform", "case_type", "state")
"""Fields of a demand that a rule may look in."""

_MATCHERS: Final[Mapping[str, Callable[[str, str], bool]]] = {
    "contains": lambda pattern, text: pattern.casefold() in text.casefold(),
    "exact": lambda pattern, text: pattern.casefold() == text.casefold(),
    "startswith": lambda pattern, text: text.casefold().startswith(pattern.casefold()),
    "endswith": lambda pattern, text: text.casefold().endswith(pattern.casefold()),
    "regex": is_found,
}


def locality_name(text: str, *, where: str) -> str:
    """`Domestic` (also Onshore) or `Global` (also Offshore), without regard to case.

    Args:
        text: The word, with any blanks around it.
        where: Words for the row, for the message.

    Returns:
        `Domestic` or `Global`.

    Raises:
        UnknownValueError: any other word; names the row.

    Example:
        >>> locality_name(" onshore ", where="line 2")
        'Domestic'
    """
    name = LOCALITY_NAMES.get(text.strip().lower())
    if name is None:
        raise UnknownValueError(
            f"locality must be Domestic (Onshore) or Global (Offshore), got {text!r} ({where})", got=text, where=where
        )
    return name


@dataclass(frozen=True, slots=True)
class LocalityRule:
    """One line of the table.

    Attributes:
        rule_id: Number of the rule; decides between equal priorities.
        rule_name: Name for people.
        pattern: What to look for in main_lob; matching ignores case.
        match_type: How it is looked for.
        result_locality: The answer; None looks on in `fallback_field`.
        fallback_field: Field of the demand to look in, such as `worktype`.
        fallback_pattern: Text in that field that means Domestic; without it the answer is Global.
        priority: Smaller comes first.
        is_active: False switches the rule off.
    """

    rule_id: int
    rule_name: str
    pattern: str
    match_type: MatchType
    result_locality: str | None = None
    fallback_field: str | None = None
    fallback_pattern: str | None = None
    priority: int = LAST_PRIORITY
    is_active: bool = True

    def __post_init__(self) -> None:
        """Refuse a rule that could not be applied, before it is stored.

        Raises:
            InvalidRuleError: empty pattern, unknown match type, bad expression, or neither answer nor fallback.
        """
        if self.match_type not in get_args(MatchType):
            raise self._fault(f"match_type must be one of {', '.join(get_args(MatchType))}, got {self.match_type!r}")
        if not self.pattern.strip():
            raise self._fault("pattern must not be empty: it would match everything")
        if self.match_type == "regex" and (fault := pattern_fault(self.pattern)):
            raise self._fault(f"pattern {shown(self.pattern)} is not a regular expression: {fault}")
        if self.result_locality is not None:
            locality_name(self.result_locality, where=f"locality rule {self.rule_name!r}")
        elif not (self.fallback_field and self.fallback_pattern):
            raise self._fault("without result_locality it needs fallback_field and fallback_pattern")
        elif self.fallback_field not in FALLBACK_FIELDS:
            raise self._fault(
                f"fallback_field must be one of {', '.join(FALLBACK_FIELDS)}, got {self.fallback_field!r}"
            )

    def _fault(self, words: str) -> InvalidRuleError:
        return InvalidRuleError(f"locality rule {self.rule_id} ({self.rule_name!r}): {words}", rule_id=self.rule_id)

    def answer(self, main_lob: str, fields: Mapping[str, str | None]) -> str | None:
        """The locality, or None where the rule does not apply.

        Args:
            main_lob: Main line of business.
            fields: Field of the demand -> its text, for the fallback.

        Returns:
            `Domestic` or `Global`; None where the rule does not apply.
        """
        if not _MATCHERS[self.match_type](self.pattern, main_lob):
            return None
        if self.result_locality is not None:
            return locality_name(self.result_locality, where=self.rule_name)
        assert self.fallback_field is not None
        assert self.fallback_pattern is not None
        text = fields.get(self.fallback_field) or ""
        return "Domestic" if self.fallback_pattern.casefold() in text.casefold() else "Global"


@dataclass(frozen=True, slots=True)
class LocalityPolicy:
    """All active rules in the order they are asked: priority, then rule id."""

    rules: tuple[LocalityRule, ...]
    default_locality: str = DEFAULT_LOCALITY
    _ordered: tuple[LocalityRule, ...] = field(init=False, repr=False, compare=False, default=())

    def __post_init__(self) -> None:
        """Put the rules in order and refuse two with one id or one name."""
        ids = [rule.rule_id for rule in self.rules]
        if len(set(ids)) < len(ids):
            twice = sorted({number for number in ids if ids.count(number) > 1})
            raise InvalidRuleError(f"rule_id must be unique, got {twice} more than once", got=twice)
        _refuse_names_twice(self.rules)
        active = (rule for rule in self.rules if rule.is_active)
        ordered = tuple(sorted(active, key=lambda rule: (rule.priority, rule.rule_id)))
        object.__setattr__(self, "_ordered", ordered)
        object.__setattr__(self, "default_locality", locality_name(self.default_locality, where="default_locality"))

    @classmethod
    def of(cls, rules: Iterable[LocalityRule], *, default_locality: str = DEFAULT_LOCALITY) -> "LocalityPolicy":
        """A policy of these rules.

        Args:
            rules: The rules, in any order.
            default_locality: Answer where no rule applies.

        Returns:
            The policy.
        """
        return cls(tuple(rules), default_locality)

    def locality(self, main_lob: str | None, worktype: str | None = None, **fields: str | None) -> str:
        """Locality of a line of business.

        Args:
            main_lob: Main line of business.
            worktype: Kind of work; rules without an answer usually look here.
            fields: Further fields a rule may name as its fallback.

        Returns:
            `Domestic` or `Global`: the first active rule that applies, else the default.

        Example:
            >>> DEFAULT_POLICY.locality("Amisys Onshore"), DEFAULT_POLICY.locality("Facets")
            ('Domestic', 'Global')
        """
        known = {"main_lob": main_lob, "worktype": worktype, **fields}
        answers = (rule.answer(main_lob or "", known) for rule in self._ordered)
        return next((answer for answer in answers if answer is not None), self.default_locality)


def _refuse_names_twice(rules: Iterable[LocalityRule]) -> None:
    """A name is what people call a rule by; rules without one are told apart by their id."""
    named: dict[str, int] = {}
    for rule in rules:
        name = rule.rule_name.strip().casefold()
        if name and name in named:
            raise InvalidRuleError(
                f"rule_name must be unique, got {rule.rule_name!r} for rules {named[name]} and {rule.rule_id}; rename one",
                got=rule.rule_name,
            )
        named[name] = rule.rule_id


DEFAULT_RULES: Final = (
    LocalityRule(1, "oic_volumes_special", "OIC Volumes", "contains", None, "worktype", "domestic", 5),
    LocalityRule(2, "domestic_keyword", "domestic", "contains", "Domestic", priority=10),
    LocalityRule(3, "global_keyword", "global", "contains", "Global", priority=10),
    LocalityRule(4, "domestic_parens", "(domestic)", "contains", "Domestic", priority=15),
    LocalityRule(5, "global_parens", "(global)", "contains", "Global", priority=15),
    LocalityRule(6, "onshore_keyword", "onshore", "contains", "Domestic", priority=20),
    LocalityRule(7, "offshore_keyword", "offshore", "contains", "Global", priority=20),
)
DEFAULT_POLICY: Final = LocalityPolicy(DEFAULT_RULES)
