-- What: the role analysts, the dashboard and the API log in with: the published gold only, read only.
-- Grain: one role. Inputs: none. Why SQL: roles belong to the database server.
-- Run as a role that may make roles: psql -f sql/gold/reader_role_postgres.sql; again does nothing.
-- Then set reader_roles = ["wfm_reader"]: each publish gives it usage and select on schema gold_published.
do $$
begin
  create role wfm_reader nologin;
exception
  when duplicate_object then null;
end
$$;
