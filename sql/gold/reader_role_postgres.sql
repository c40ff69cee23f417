-- What: the role analysts, the dashboard and the API log in with: gold only, read only.
-- Grain: one role. Inputs: schema gold. Why SQL: roles belong to the database server.
-- Run once as the warehouse's owner: psql -f sql/gold/reader_role_postgres.sql
create role wfm_reader nologin;
grant usage on schema gold to wfm_reader;
grant select on all tables in schema gold to wfm_reader;
alter default privileges in schema gold grant select on tables to wfm_reader;
