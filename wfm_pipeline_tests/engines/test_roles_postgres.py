"""Who may read and write what on PostgreSQL: real logins, one per role, on every table of the contracts."""

import psycopg
import pytest

from wfm_pipeline.contracts.columns import Table, text
from wfm_pipeline.contracts.planning.planners_input import PLANNED_EVENTS
from wfm_pipeline.contracts.tables import PLANNERS_TABLES
from wfm_pipeline.errors import SettingsError, WarehouseError
from wfm_pipeline.warehouse.engines.copies.postgres_rights import OUR_SCHEMAS, rights_words
from wfm_pipeline.warehouse.engines.opening import open_warehouse
from wfm_pipeline.warehouse.ops.opening import open_ops
from wfm_pipeline.warehouse.readers.publication import Readers
from wfm_pipeline.warehouse.readers.publish import publish
from wfm_pipeline_tests.engine_kit import empty_warehouse
from wfm_pipeline_tests.persons_kit import WORD, of_gold, plant
from wfm_pipeline_tests.roles_kit import roles_in

pytestmark = pytest.mark.postgres

KEY = b"k" * 32
REFUSED = (
    psycopg.errors.InsufficientPrivilege,
    psycopg.errors.FeatureNotSupported,
    psycopg.errors.ObjectNotInPrerequisiteState,
    psycopg.errors.WrongObjectType,
)
READERS = {
    "analyst": {"gold_published"},
    "planner": {"gold_published"},
    "personal_reader": {"gold_published", "gold_personal"},
}
PLANNERS = {table.full_name for table in PLANNERS_TABLES}
MADE = [
    pytest.param("create table gold_published.mine (x int)", id="table"),
    pytest.param("create table public.mine (x int)", id="table_in_public"),
    pytest.param("create temporary table mine (x int)", id="temporary_table"),
    pytest.param("create view gold_published.mine as select 1", id="view"),
    pytest.param("create schema mine", id="schema"),
    pytest.param("create function gold_published.mine() returns int language sql as 'select 1'", id="function"),
]


@pytest.fixture(scope="module")
def roles(tmp_path_factory):
    """A database in which the file ran, and then the pipeline filled every table and published."""
    home = tmp_path_factory.mktemp("house")
    with empty_warehouse("postgres", home) as url, roles_in(url) as made:
        made.run_script()
        with open_ops(made.url_of(made.name("pipeline")), home):
            pass
        with open_warehouse(made.url_of(made.name("pipeline")), home) as warehouse:
            plant(warehouse)
            publish(warehouse, readers=readers_of(made))
        yield made


def readers_of(made, **more):
    """As the settings of the how-to."""
    return Readers(
        pseudonym_key=KEY,
        personal_roles=[made.name("personal_reader")],
        planner_roles=[made.name("planner")],
        **more,
    )


def relations(roles):
    """`schema.table`, quoted, of every table and view in our schemas, by schema."""
    found = {schema: [] for schema in OUR_SCHEMAS}
    with psycopg.connect(roles.url) as connection:
        for schema, name in connection.execute(
            "select n.nspname, c.relname from pg_class as c inner join pg_namespace as n on n.oid = c.relnamespace "
            "where n.nspname = any(%s) and c.relkind in ('r', 'v', 'm', 'p') order by 1, 2",
            [list(OUR_SCHEMAS)],
        ).fetchall():
            found[schema].append(f'{schema}."{name}"')
    assert all(found.values()), found
    return found


def is_refused(connection, statement):
    """True where the server says that the role may not, or that nobody may (a view that joins); other faults are raised."""
    try:
        with connection.transaction(force_rollback=True):
            connection.execute(statement)
    except REFUSED:
        return True
    return False


def plain(name):
    return name.replace('"', "")


@pytest.mark.parametrize("kind", READERS)
def test_a_reader_reads_its_copies_and_no_other_table(roles, kind):
    may = READERS[kind]
    with roles.login(kind) as reader:
        for schema, names in relations(roles).items():
            for name in names:
                allowed = schema in may or (kind == "planner" and plain(name) in PLANNERS)
                assert allowed != is_refused(reader, f"select * from {name} limit 1"), name


@pytest.mark.parametrize("kind", READERS)
def test_a_reader_writes_nothing_anywhere(roles, kind):
    with roles.login(kind) as reader:
        for names in relations(roles).values():
            for name in names:
                if kind == "planner" and plain(name) in PLANNERS:
                    continue
                for statement in (
                    f"insert into {name} default values",
                    f"delete from {name}",
                    f"truncate {name}",
                    f"drop table {name}",
                    f"alter table {name} add column x int",
                ):
                    assert is_refused(reader, statement), statement


@pytest.mark.parametrize("kind", READERS)
@pytest.mark.parametrize("statement", MADE)
def test_a_reader_makes_no_object(roles, kind, statement):
    with roles.login(kind) as reader:
        assert is_refused(reader, statement)


def test_an_analyst_sees_no_person_and_a_reader_of_persons_all_of_them(roles):
    seen = {}
    for kind, may in (("analyst", READERS["analyst"]), ("personal_reader", READERS["personal_reader"])):
        with roles.login(kind) as reader:
            rows = [
                reader.execute(f"select * from {name}").fetchall()
                for schema in sorted(may)
                for name in relations(roles)[schema]
            ]
            rows.append(reader.execute("select * from pg_stats").fetchall())
            rows.append(reader.execute("select description from pg_description").fetchall())
        seen[kind] = repr(rows)

    assert WORD not in seen["analyst"]
    assert set() == {value for value in of_gold() if value not in seen["personal_reader"]}


def test_a_planner_adds_and_closes_rows_and_rewrites_none(roles):
    name = PLANNED_EVENTS.full_name
    columns = ", ".join(PLANNED_EVENTS.column_names)
    with roles.login("planner") as planner:
        assert not is_refused(planner, f"insert into {name} ({columns}) select {columns} from {name} limit 1")
        assert not is_refused(planner, f"update {name} set valid_until = current_timestamp where valid_until is null")
        assert is_refused(planner, f"update {name} set changed_by = 'nobody'")
        assert is_refused(planner, f"delete from {name}")
        for table in sorted(PLANNERS):
            assert not is_refused(planner, f"select 1 from {table}"), table
            assert not is_refused(planner, f"update {table} set valid_until = current_timestamp"), table


def test_tables_that_come_later_are_covered_without_a_word(roles, tmp_path):
    later = Table(
        "gold",
        "forecast_issue_of_tomorrow",
        "One row per thing.",
        ("thing_id",),
        (text("thing_id", "The thing.", nullable=False),),
    )
    with open_warehouse(roles.url_of(roles.name("pipeline")), tmp_path) as warehouse:
        warehouse.create(later)
        for schema in ("gold_published", "gold_personal"):
            warehouse.execute(f"create table {schema}.of_tomorrow (x int)")
    try:
        with roles.login("analyst") as analyst, roles.login("personal_reader") as reader:
            assert not is_refused(analyst, "select * from gold_published.of_tomorrow")
            assert is_refused(analyst, "select * from gold_personal.of_tomorrow")
            assert is_refused(analyst, f"select * from {later.full_name}")
            assert not is_refused(reader, "select * from gold_personal.of_tomorrow")
            assert is_refused(reader, f"select * from {later.full_name}")
    finally:
        roles.do(f"drop table gold_published.of_tomorrow, gold_personal.of_tomorrow, {later.full_name}")


def test_the_pipeline_makes_no_schema_and_gives_no_right_on_what_is_not_for_readers(roles):
    with roles.login("pipeline") as pipeline:
        assert is_refused(pipeline, "create schema mine")
        assert is_refused(pipeline, "drop schema ops cascade")
        pipeline.execute(
            f"grant usage on schema bronze to {roles.name('analyst')}"
        )  # the server warns and gives nothing
    with roles.login("analyst") as analyst:
        assert is_refused(analyst, "select * from bronze.pseudonym")


def test_a_role_of_the_settings_is_let_in_by_the_pipeline_alone(roles, tmp_path):
    other = f"{roles.prefix}other"
    roles.do(f"create role {other} login")
    with open_warehouse(roles.url_of(roles.name("pipeline")), tmp_path) as warehouse:
        publish(warehouse, readers=readers_of(roles, roles=[other]), changed=set())

    with psycopg.connect(roles.url_of(other), autocommit=True) as reader:
        assert not is_refused(reader, "select * from gold_published.customer_behavior")
        assert is_refused(reader, "select * from gold_personal.customer_behavior")


def test_the_pipeline_must_own_its_tables(roles):
    roles.do(f"alter table gold.customer_segment owner to {roles.name('owner')}")
    roles.do(f"grant all on gold.customer_segment to {roles.name('pipeline')}")
    try:
        with roles.login("pipeline") as pipeline:
            assert not is_refused(pipeline, "delete from gold.customer_segment")
            assert is_refused(pipeline, "alter table gold.customer_segment add column x int")
        assert "1 tables are another's, such as gold.customer_segment" in doctor(roles, "pipeline")
    finally:
        roles.run_script()
    assert doctor(roles, "pipeline").endswith("_pipeline can write and no more")


def doctor(roles, kind):
    """What the doctor would say of a login."""
    url = roles.url if kind == "superuser" else roles.url_of(roles.name(kind))
    with open_warehouse(url, None) as warehouse:
        try:
            return warehouse.rights_words()
        except WarehouseError as error:
            return str(error)


def test_the_doctor_says_whether_a_login_can_do_less_or_more_than_a_run_needs(roles):
    with roles.login("analyst") as analyst:
        user = analyst.info.user
    with (
        psycopg.connect(roles.url_of(user)) as connection,
        pytest.raises(WarehouseError, match=r"cannot write: no tables can be made in schema bronze; .*another's"),
    ):
        rights_words(connection)
    assert doctor(roles, "pipeline").endswith("_pipeline can write and no more")
    assert "can write, and more than a run needs: it is a superuser" in doctor(roles, "superuser")


def test_the_file_may_be_run_twice_and_brings_an_older_installation_to_the_roles(postgres_url, tmp_path):
    with roles_in(postgres_url) as made:
        made.do(f"create role {made.prefix}former login createrole")
        made.do(
            f"grant all on database {psycopg.conninfo.conninfo_to_dict(postgres_url)['dbname']} to {made.prefix}former"
        )
        former = made.url_of(f"{made.prefix}former")
        with open_warehouse(former, tmp_path) as warehouse:
            warehouse.create(PLANNED_EVENTS)
            warehouse.execute("create schema gold")
            warehouse.execute("create table gold.extra as select 1 as x")
            publish(warehouse, readers=Readers())

        made.run_script()
        made.run_script()

        with open_warehouse(made.url_of(made.name("pipeline")), tmp_path) as warehouse:
            publish(warehouse, readers=Readers())
        assert doctor(made, "pipeline").endswith("_pipeline can write and no more")
        with pytest.raises(psycopg.errors.InsufficientPrivilege), psycopg.connect(former) as connection:
            connection.execute("select * from gold.extra")


def test_the_file_needs_no_superuser(postgres_url):
    with roles_in(postgres_url) as made:
        admin, name = f"{made.prefix}admin", psycopg.conninfo.conninfo_to_dict(postgres_url)["dbname"]
        made.do(f"create role {admin} login createrole")
        made.do(f"alter database {name} owner to {admin}")

        made.run_script(admin)
        made.run_script(admin)

        assert doctor(made, "pipeline").endswith("_pipeline can write and no more")
        made.do(f"alter database {name} owner to current_user")


def test_a_mode_of_a_folder_is_refused_on_a_server(roles, tmp_path):
    with (
        open_warehouse(roles.url_of(roles.name("pipeline")), tmp_path) as warehouse,
        pytest.raises(SettingsError, match=r"personal_readers_mode .* is of a DuckDB file"),
    ):
        publish(warehouse, readers=Readers(personal_folder_mode=0o700), changed=set())
