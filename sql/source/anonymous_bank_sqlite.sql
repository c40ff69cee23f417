-- sqlfluff:dialect:sqlite
-- What:   table of the source system "anonymous_bank" on SQLite.
-- Grain:  one row per phone call.
-- Inputs: none; run once in an empty database, or let `wfm load anonymous_bank FILE --to URL` do it.
-- Why:    the pipeline reads such a database through sources/maps/anonymous_bank.toml. The first 17 columns are the
--         published ones; the last three say where a row stood in the published text files.
--         Times are the site's wall clock, 00:00:00 = stage not reached; durations are whole seconds.
create table "calls" (
    "vru+line" text not null,  -- noqa: RF05
    "call_id" integer not null,
    "customer_id" text,
    "priority" integer,
    "type" text,
    "date" date,
    "vru_entry" time,
    "vru_exit" time,
    "vru_time" integer,
    "q_start" time,
    "q_exit" time,
    "q_time" integer,
    "outcome" text,
    "ser_start" time,
    "ser_exit" time,
    "ser_time" integer,
    "server" text,
    "source_file" text,
    "source_line" integer,
    "repaired_line" boolean
);
create index "calls_date" on "calls" ("date");
