-- What: who may read and write what in the warehouse's database: five roles, our schemas, and their rights.
-- Grain: one role per kind of reader or writer. Inputs: none. Why SQL: roles belong to the database server.
-- Run in the warehouse's database, as a superuser or as its owner who may make roles:
--   psql --dbname=warehouse --set=ON_ERROR_STOP=1 --single-transaction --file=sql/roles/postgres_roles.sql
-- Again does nothing but give back what somebody took away. Nothing here is a password: set one with \password.
--
-- wfm_owner            owns the schemas and says who may do what in them. Nobody logs in as it.
-- wfm_pipeline         runs and `wfm upgrade` log in as it; it owns the tables, for only an owner adds a column.
-- wfm_planner          adds and closes rows of the planners' tables in silver, reads the analysts' copy.
-- wfm_analyst          reads the analysts' copy (gold_published), in which nobody stands by name.
-- wfm_personal_reader  reads that copy and the one with persons (gold_personal): for whoever works with agents' data.
set client_min_messages = warning;

do $$
declare
  wanted text;
begin
  foreach wanted in array array['wfm_owner', 'wfm_pipeline', 'wfm_planner', 'wfm_analyst', 'wfm_personal_reader'] loop
    if not exists (select 1 from pg_roles where rolname = wanted) then
      execute format('create role %I nologin nosuperuser nocreatedb nocreaterole', wanted);
    end if;
  end loop;
  if not (select rolsuper from pg_roles where rolname = current_user) then
    execute format('grant wfm_owner, wfm_pipeline to %I', current_user);
  end if;
end
$$;

-- The one that a program logs in as itself, so that it owns what it makes; it has no password until somebody sets one.
alter role wfm_pipeline login;

-- The owner may mend what the pipeline made.
grant wfm_pipeline to wfm_owner;

-- The database: its tables are nobody's but ours, and only the pipeline puts rows aside.
do $$
begin
  execute format('revoke create, temporary on database %I from public', current_database());
  execute format('grant create, temporary on database %I to wfm_owner', current_database());
  execute format('grant temporary on database %I to wfm_pipeline', current_database());
  execute format(
    'grant connect on database %I to wfm_owner, wfm_pipeline, wfm_planner, wfm_analyst, wfm_personal_reader',
    current_database()
  );
end
$$;
revoke create on schema public from public;

-- The schemas. The pipeline makes its tables in all, and lets the roles of its settings into those that people use.
create schema if not exists bronze;
create schema if not exists silver;
create schema if not exists gold;
create schema if not exists ops;
create schema if not exists wfm_months;
create schema if not exists gold_published;
create schema if not exists gold_personal;
do $$
declare
  one record;
begin
  for one in
    select nspname from pg_namespace
    where nspname in ('bronze', 'silver', 'gold', 'ops', 'wfm_months', 'gold_published', 'gold_personal')
      and pg_get_userbyid(nspowner) <> 'wfm_owner'
  loop
    execute format('alter schema %I owner to wfm_owner', one.nspname);
  end loop;
end
$$;
revoke all on schema bronze, silver, gold, ops, wfm_months, gold_published, gold_personal from public;
grant usage, create on schema bronze, silver, gold, ops, wfm_months, gold_published, gold_personal to wfm_pipeline;
grant usage on schema silver, gold_published, gold_personal to wfm_pipeline with grant option;

-- Tables and views that were made before there were roles come to the pipeline.
do $$
declare
  one record;
begin
  for one in
    select
      n.nspname,
      c.relname,
      case c.relkind when 'v' then 'view' when 'm' then 'materialized view' else 'table' end as kind
    from pg_class as c
    inner join pg_namespace as n on n.oid = c.relnamespace
    where n.nspname in ('bronze', 'silver', 'gold', 'ops', 'wfm_months', 'gold_published', 'gold_personal')
      and c.relkind in ('r', 'p', 'v', 'm')
      and pg_get_userbyid(c.relowner) <> 'wfm_pipeline'
  loop
    execute format('alter %s %I.%I owner to wfm_pipeline', one.kind, one.nspname, one.relname);
  end loop;
end
$$;
revoke all on all tables in schema bronze, silver, gold, ops, wfm_months, gold_published, gold_personal from public;

-- Readers: the copies, also the tables that a later publish makes.
grant usage on schema gold_published to wfm_planner, wfm_analyst, wfm_personal_reader;
grant select on all tables in schema gold_published to wfm_planner, wfm_analyst, wfm_personal_reader;
alter default privileges for role wfm_pipeline in schema gold_published
grant select on tables to wfm_planner, wfm_analyst, wfm_personal_reader;
grant usage on schema gold_personal to wfm_personal_reader;
grant select on all tables in schema gold_personal to wfm_personal_reader;
alter default privileges for role wfm_pipeline in schema gold_personal
grant select on tables to wfm_personal_reader;

-- Planners: only the way into silver. The setting planner_roles = ["wfm_planner"] has each publish give the tables.
grant usage on schema silver to wfm_planner;
