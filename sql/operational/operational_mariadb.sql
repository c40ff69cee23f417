-- sqlfluff:dialect:mariadb
-- What:   operational tables of a live centre on MariaDB: services, statistics of fifteen minutes, states, shifts.
-- Grain:  one statement per table and index; the grain of each table stands above it.
-- Inputs: none; run as often as you like, what is there stays.
-- Why:    the live view asks these tables in every cycle; the indices are those of its questions. Columns, units and
--         ranges: wfm_pipeline/contracts/operational (a test holds both together). Instants are UTC.

-- One row per service: a queue of the live centre, its target and what an hour of its agents costs.
create table if not exists `services` (
    `id` varchar(64) not null,
    `service_name` varchar(200),
    `target_answer_time` double,
    `target_service_level` double,
    `hourly_cost` double,
    `overtime_multiplier` double,
    `currency` varchar(64),
    primary key (`id`)
) default character set utf8mb4;

-- One row per group of agents.
create table if not exists `groups` (
    `id` varchar(64) not null,
    `group_name` varchar(200),
    primary key (`id`)
) default character set utf8mb4;

-- One row per service and group that serves it; a group may serve several services.
create table if not exists `service_groups` (
    `service_id` varchar(64) not null,
    `group_id` varchar(64) not null,
    primary key (`service_id`, `group_id`)
) default character set utf8mb4;
create index if not exists `service_groups_by_group` on `service_groups` (`group_id`, `service_id`);

-- One row per service and fifteen minutes in which contacts came.
create table if not exists `contact_statistics` (
    `service_id` varchar(64) not null,
    `interval_start_time` datetime not null,
    `received_calls` integer not null,
    `treated_calls` integer not null,
    `miss_calls` integer not null,
    `not_unique_received_calls` integer,
    `not_unique_treated_calls` integer,
    `not_unique_miss_calls` integer,
    `aht` double,
    `talk_time` double,
    `post_processing` double,
    `service_level` double,
    `abandonment_rate` double,
    `occupancy_rate` double,
    primary key (`service_id`, `interval_start_time`)
) default character set utf8mb4;
create index if not exists `contact_statistics_by_interval_start`
on `contact_statistics` (`interval_start_time`, `service_id`);

-- One row per agent, group and fifteen minutes in which the agent was logged in; the states add up to login_time.
create table if not exists `agent_activity` (
    `agent_id` varchar(64) not null,
    `group_id` varchar(64) not null,
    `interval_start_time` datetime not null,
    `login_time` double not null,
    `ready_time` double not null,
    `not_ready_time` double not null,
    `talk_time` double not null,
    `hold_time` double not null,
    `wrap_time` double not null,
    `calls_handled` integer not null,
    `calls_transferred` integer not null,
    primary key (`agent_id`, `group_id`, `interval_start_time`)
) default character set utf8mb4;
create index if not exists `agent_activity_by_interval_start` on `agent_activity` (`interval_start_time`, `group_id`);

-- One row per service: its queue and its agents as they stood at last_updated.
create table if not exists `queue_current_metrics` (
    `service_id` varchar(64) not null,
    `calls_waiting` integer not null,
    `longest_wait_time` double,
    `agents_available` integer not null,
    `agents_busy` integer not null,
    `agents_not_ready` integer not null,
    `current_service_level` double,
    `calls_handled_last_15min` integer,
    `avg_wait_time_last_15min` double,
    `last_updated` datetime not null,
    primary key (`service_id`)
) default character set utf8mb4;

-- One row per agent and unbroken stretch in one state.
create table if not exists `agent_states` (
    `agent_id` varchar(64) not null,
    `group_id` varchar(64),
    `state` varchar(64) not null,
    `started_at` datetime not null,
    `ended_at` datetime,
    `service_id` varchar(64),
    `is_queue_contact` boolean not null,
    primary key (`agent_id`, `started_at`)
) default character set utf8mb4;
create index if not exists `agent_states_by_ended` on `agent_states` (`ended_at`, `started_at`);

-- One row per shift and version: one agent's working time of a day.
create table if not exists `shifts` (
    `shift_id` varchar(64) not null,
    `schedule_version` integer not null,
    `agent_id` varchar(64) not null,
    `group_id` varchar(64) not null,
    `service_id` varchar(64),
    `starts_at` datetime not null,
    `ends_at` datetime not null,
    `is_cancelled` boolean not null,
    primary key (`shift_id`, `schedule_version`)
) default character set utf8mb4;
create index if not exists `shifts_by_starts` on `shifts` (`starts_at`, `ends_at`);
create index if not exists `shifts_by_agent` on `shifts` (`agent_id`, `starts_at`);

-- One row per break of a version of a shift; breaks lie within the shift and do not overlap.
create table if not exists `shift_breaks` (
    `shift_id` varchar(64) not null,
    `schedule_version` integer not null,
    `starts_at` datetime not null,
    `ends_at` datetime not null,
    `kind` varchar(64) not null,
    primary key (`shift_id`, `schedule_version`, `starts_at`)
) default character set utf8mb4;
create index if not exists `shift_breaks_by_starts` on `shift_breaks` (`starts_at`, `ends_at`);
