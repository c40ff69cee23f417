-- sqlfluff:dialect:sqlite
-- What:   tables of the source system `telephony` on SQLite.
-- Grain:  one statement per table and index; the grain of each table stands above it.
-- Inputs: none; run once in an empty database.
-- Why:    the pipeline reads such a database through sources/maps/telephony.toml. The sample file is made from
--         this one.
--         Times are the site's wall clock, durations are whole seconds.

-- One row per leg of a call (one stay in one queue). No primary key: the log repeats and corrects rows.
create table "queue_cdr" (
    "CallId" text not null,
    "LegNumber" integer not null,
    "Status" text not null,
    "Created" datetime not null,
    "LandingNumber" text,
    "ChannelType" text,
    "QueueId" text not null,
    "callerNr" text,
    "UserId" text,
    "WaitTimeInSec" integer,
    "TalkTimeInSec" integer,
    "HoldTimeInSec" integer,
    "AfterCallTimeInSec" integer,
    "Duration" integer,
    "CaseId" text,
    "Updated" datetime not null
);
create index "queue_cdr_created" on "queue_cdr" ("Created");
create index "queue_cdr_updated" on "queue_cdr" ("Updated");

-- One row per case. No primary key: the log repeats rows.
create table "cases" (
    "CaseId" text not null,
    "QueueId" text,
    "Status" text not null,
    "Priority" text,
    "Created" datetime not null,
    "Closed" datetime,
    "Due" datetime,
    "UserId" text,
    "CustomerId" text,
    "Updated" datetime not null
);
create index "cases_created" on "cases" ("Created");
create index "cases_updated" on "cases" ("Updated");

-- One row per event of a case: what happened, and when it was written. No primary key: the log repeats rows. The system
-- writes no events of cases opened before it kept this log; a source without this table is read without it.
create table "case_events" (
    "EventId" integer not null,
    "CaseId" text not null,
    "Event" text not null,
    "Time" datetime not null,
    "QueueId" text,
    "Priority" text,
    "Due" datetime,
    "UserId" text,
    "Logged" datetime not null
);
create index "case_events_time" on "case_events" ("Time");
create index "case_events_logged" on "case_events" ("Logged");

-- One row per landing number; a parent company groups customers.
create table "customers" (
    "CustomerId" text not null,
    "Name" text,
    "ParentCustomerId" text,
    "LandingNumber" text not null,
    primary key ("LandingNumber")
);

-- One row per queue.
create table "queuegroups" (
    "QueueId" text not null,
    "Name" text,
    "ChannelType" text,
    "IsExcluded" integer not null,
    primary key ("QueueId")
);

-- One row per agent.
create table "users" (
    "UserId" text not null,
    "Name" text,
    "Extension" text,
    primary key ("UserId")
);
