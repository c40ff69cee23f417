-- sqlfluff:dialect:tsql
-- What:   tables of the source system `telephony` on SQL Server.
-- Grain:  one statement per table and index; the grain of each table stands above it.
-- Inputs: none; run once in an empty database.
-- Why:    the pipeline reads such a database through sources/maps/telephony.toml. Names are bracketed as the
--         tools of this engine write them.
--         Times are the site's wall clock, durations are whole seconds.

-- One row per leg of a call (one stay in one queue). No primary key: the log repeats and corrects rows.
create table [queue_cdr] (
    [CallId] nvarchar(64) not null,
    [LegNumber] int not null,
    [Status] nvarchar(32) not null,
    [Created] datetime2(0) not null,
    [LandingNumber] nvarchar(64),
    [ChannelType] nvarchar(32),
    [QueueId] nvarchar(64) not null,
    [callerNr] nvarchar(64),
    [UserId] nvarchar(64),
    [WaitTimeInSec] int,
    [TalkTimeInSec] int,
    [HoldTimeInSec] int,
    [AfterCallTimeInSec] int,
    [Duration] int,
    [CaseId] nvarchar(64),
    [Updated] datetime2(0) not null
);
create index [queue_cdr_created] on [queue_cdr] ([Created]);
create index [queue_cdr_updated] on [queue_cdr] ([Updated]);

-- One row per case. No primary key: the log repeats rows.
create table [cases] (
    [CaseId] nvarchar(64) not null,
    [QueueId] nvarchar(64),
    [Status] nvarchar(32) not null,
    [Priority] nvarchar(32),
    [Created] datetime2(0) not null,
    [Closed] datetime2(0),
    [Due] datetime2(0),
    [UserId] nvarchar(64),
    [CustomerId] nvarchar(64),
    [Updated] datetime2(0) not null
);
create index [cases_created] on [cases] ([Created]);
create index [cases_updated] on [cases] ([Updated]);

-- One row per event of a case: what happened, and when it was written. No primary key: the log repeats rows. The system
-- writes no events of cases opened before it kept this log; a source without this table is read without it.
create table [case_events] (
    [EventId] bigint not null,
    [CaseId] nvarchar(64) not null,
    [Event] nvarchar(32) not null,
    [Time] datetime2(0) not null,
    [QueueId] nvarchar(64),
    [Priority] nvarchar(32),
    [Due] datetime2(0),
    [UserId] nvarchar(64),
    [Logged] datetime2(0) not null
);
create index [case_events_time] on [case_events] ([Time]);
create index [case_events_logged] on [case_events] ([Logged]);

-- One row per landing number; a parent company groups customers.
create table [customers] (
    [CustomerId] nvarchar(64) not null,
    [Name] nvarchar(200),
    [ParentCustomerId] nvarchar(64),
    [LandingNumber] nvarchar(64) not null,
    primary key ([LandingNumber])
);

-- One row per queue.
create table [queuegroups] (
    [QueueId] nvarchar(64) not null,
    [Name] nvarchar(200),
    [ChannelType] nvarchar(32),
    [IsExcluded] int not null,
    primary key ([QueueId])
);

-- One row per agent.
create table [users] (
    [UserId] nvarchar(64) not null,
    [Name] nvarchar(200),
    [Extension] nvarchar(32),
    primary key ([UserId])
);
