-- sqlfluff:dialect:tsql
-- What:   operational tables of a live centre on SQL Server: services, statistics of fifteen minutes, states, shifts.
-- Grain:  one statement per table and index; the grain of each table stands above it.
-- Inputs: none; run as often as you like, what is there stays.
-- Why:    the live view asks these tables in every cycle; the indices are those of its questions. Columns, units and
--         ranges: wfm_pipeline/contracts/operational (a test holds both together). Instants are UTC.

-- One row per service: a queue of the live centre, its target and what an hour of its agents costs.
if object_id(N'services', N'U') is null
    create table [services] (
        [id] nvarchar(64) not null,
        [service_name] nvarchar(200),
        [target_answer_time] float,
        [target_service_level] float,
        [hourly_cost] float,
        [overtime_multiplier] float,
        [currency] nvarchar(64),
        primary key ([id])
    );

-- One row per group of agents.
if object_id(N'groups', N'U') is null
    create table [groups] (
        [id] nvarchar(64) not null,
        [group_name] nvarchar(200),
        primary key ([id])
    );

-- One row per service and group that serves it; a group may serve several services.
if object_id(N'service_groups', N'U') is null
    create table [service_groups] (
        [service_id] nvarchar(64) not null,
        [group_id] nvarchar(64) not null,
        primary key ([service_id], [group_id])
    );
if indexproperty(object_id(N'service_groups'), N'service_groups_by_group', 'IndexID') is null
    create index [service_groups_by_group] on [service_groups] ([group_id], [service_id]);

-- One row per service and fifteen minutes in which contacts came.
if object_id(N'contact_statistics', N'U') is null
    create table [contact_statistics] (
        [service_id] nvarchar(64) not null,
        [interval_start_time] datetime2(0) not null,
        [received_calls] int not null,
        [treated_calls] int not null,
        [miss_calls] int not null,
        [not_unique_received_calls] int,
        [not_unique_treated_calls] int,
        [not_unique_miss_calls] int,
        [aht] float,
        [talk_time] float,
        [post_processing] float,
        [service_level] float,
        [abandonment_rate] float,
        [occupancy_rate] float,
        primary key ([service_id], [interval_start_time])
    );
if indexproperty(object_id(N'contact_statistics'), N'contact_statistics_by_interval_start', 'IndexID') is null
    create index [contact_statistics_by_interval_start] on [contact_statistics] ([interval_start_time], [service_id]);

-- One row per agent, group and fifteen minutes in which the agent was logged in; the states add up to login_time.
if object_id(N'agent_activity', N'U') is null
    create table [agent_activity] (
        [agent_id] nvarchar(64) not null,
        [group_id] nvarchar(64) not null,
        [interval_start_time] datetime2(0) not null,
        [login_time] float not null,
        [ready_time] float not null,
        [not_ready_time] float not null,
        [talk_time] float not null,
        [hold_time] float not null,
        [wrap_time] float not null,
        [calls_handled] int not null,
        [calls_transferred] int not null,
        primary key ([agent_id], [group_id], [interval_start_time])
    );
if indexproperty(object_id(N'agent_activity'), N'agent_activity_by_interval_start', 'IndexID') is null
    create index [agent_activity_by_interval_start] on [agent_activity] ([interval_start_time], [group_id]);

-- One row per service: its queue and its agents as they stood at last_updated.
if object_id(N'queue_current_metrics', N'U') is null
    create table [queue_current_metrics] (
        [service_id] nvarchar(64) not null,
        [calls_waiting] int not null,
        [longest_wait_time] float,
        [agents_available] int not null,
        [agents_busy] int not null,
        [agents_not_ready] int not null,
        [current_service_level] float,
        [calls_handled_last_15min] int,
        [avg_wait_time_last_15min] float,
        [last_updated] datetime2(0) not null,
        primary key ([service_id])
    );

-- One row per agent and unbroken stretch in one state.
if object_id(N'agent_states', N'U') is null
    create table [agent_states] (
        [agent_id] nvarchar(64) not null,
        [group_id] nvarchar(64),
        [state] nvarchar(64) not null,
        [started_at] datetime2(0) not null,
        [ended_at] datetime2(0),
        [service_id] nvarchar(64),
        [is_queue_contact] bit not null,
        primary key ([agent_id], [started_at])
    );
if indexproperty(object_id(N'agent_states'), N'agent_states_by_ended', 'IndexID') is null
    create index [agent_states_by_ended] on [agent_states] ([ended_at], [started_at]);

-- One row per shift and version: one agent's working time of a day.
if object_id(N'shifts', N'U') is null
    create table [shifts] (
        [shift_id] nvarchar(64) not null,
        [schedule_version] int not null,
        [agent_id] nvarchar(64) not null,
        [group_id] nvarchar(64) not null,
        [service_id] nvarchar(64),
        [starts_at] datetime2(0) not null,
        [ends_at] datetime2(0) not null,
        [is_cancelled] bit not null,
        primary key ([shift_id], [schedule_version])
    );
if indexproperty(object_id(N'shifts'), N'shifts_by_starts', 'IndexID') is null
    create index [shifts_by_starts] on [shifts] ([starts_at], [ends_at]);
if indexproperty(object_id(N'shifts'), N'shifts_by_agent', 'IndexID') is null
    create index [shifts_by_agent] on [shifts] ([agent_id], [starts_at]);

-- One row per break of a version of a shift; breaks lie within the shift and do not overlap.
if object_id(N'shift_breaks', N'U') is null
    create table [shift_breaks] (
        [shift_id] nvarchar(64) not null,
        [schedule_version] int not null,
        [starts_at] datetime2(0) not null,
        [ends_at] datetime2(0) not null,
        [kind] nvarchar(64) not null,
        primary key ([shift_id], [schedule_version], [starts_at])
    );
if indexproperty(object_id(N'shift_breaks'), N'shift_breaks_by_starts', 'IndexID') is null
    create index [shift_breaks_by_starts] on [shift_breaks] ([starts_at], [ends_at]);
