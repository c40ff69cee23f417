-- sqlfluff:dialect:mariadb
-- What:   tables of the source system `telephony` on MariaDB.
-- Grain:  one statement per table and index; the grain of each table stands above it.
-- Inputs: none; run once in an empty database.
-- Why:    the pipeline reads such a database through sources/maps/telephony.toml. Text is utf8mb4 so that
--         names survive in any script.
--         Times are the site's wall clock, durations are whole seconds.

-- One row per leg of a call (one stay in one queue). No primary key: the log repeats and corrects rows.
create table `queue_cdr` (
    `CallId` varchar(64) not null,
    `LegNumber` integer not null,
    `Status` varchar(32) not null,
    `Created` datetime not null,
    `LandingNumber` varchar(64),
    `ChannelType` varchar(32),
    `QueueId` varchar(64) not null,
    `callerNr` varchar(64),
    `UserId` varchar(64),
    `WaitTimeInSec` integer,
    `TalkTimeInSec` integer,
    `HoldTimeInSec` integer,
    `AfterCallTimeInSec` integer,
    `Duration` integer,
    `CaseId` varchar(64),
    `Updated` datetime not null
) default character set utf8mb4;
create index `queue_cdr_created` on `queue_cdr` (`Created`);
create index `queue_cdr_updated` on `queue_cdr` (`Updated`);

-- One row per case. No primary key: the log repeats rows.
create table `cases` (
    `CaseId` varchar(64) not null,
    `QueueId` varchar(64),
    `Status` varchar(32) not null,
    `Priority` varchar(32),
    `Created` datetime not null,
    `Closed` datetime,
    `Due` datetime,
    `UserId` varchar(64),
    `CustomerId` varchar(64),
    `Updated` datetime not null
) default character set utf8mb4;
create index `cases_created` on `cases` (`Created`);
create index `cases_updated` on `cases` (`Updated`);

-- One row per event of a case: what happened, and when it was written. No primary key: the log repeats rows. The system
-- writes no events of cases opened before it kept this log; a source without this table is read without it.
create table `case_events` (
    `EventId` bigint not null,
    `CaseId` varchar(64) not null,
    `Event` varchar(32) not null,
    `Time` datetime not null,
    `QueueId` varchar(64),
    `Priority` varchar(32),
    `Due` datetime,
    `UserId` varchar(64),
    `Logged` datetime not null
) default character set utf8mb4;
create index `case_events_time` on `case_events` (`Time`);
create index `case_events_logged` on `case_events` (`Logged`);

-- One row per landing number; a parent company groups customers.
create table `customers` (
    `CustomerId` varchar(64) not null,
    `Name` varchar(200),
    `ParentCustomerId` varchar(64),
    `LandingNumber` varchar(64) not null,
    primary key (`LandingNumber`)
) default character set utf8mb4;

-- One row per queue.
create table `queuegroups` (
    `QueueId` varchar(64) not null,
    `Name` varchar(200),
    `ChannelType` varchar(32),
    `IsExcluded` integer not null,
    primary key (`QueueId`)
) default character set utf8mb4;

-- One row per agent.
create table `users` (
    `UserId` varchar(64) not null,
    `Name` varchar(200),
    `Extension` varchar(32),
    primary key (`UserId`)
) default character set utf8mb4;
