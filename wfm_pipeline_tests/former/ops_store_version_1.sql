-- The ops store as version 1 left it: a failed run that is open, one that is over, an alert on its way and one that went out.
create table alert_state (
    key varchar not null primary key, kind varchar not null, thing varchar not null, incident_id varchar not null,
    opened_at timestamp not null, seen_at timestamp not null, told_at timestamp not null, times integer not null,
    what varchar not null, facts varchar not null, closed_at timestamp
);
create table lease (
    name varchar not null primary key, owner varchar not null, host varchar not null, pid integer not null,
    run_id varchar, since timestamp not null, heartbeat_at timestamp not null
);
create table note (key varchar not null primary key, value varchar not null, noted_at timestamp not null);
create table outbox (
    alert_id varchar not null, channel varchar not null, kind varchar not null, severity varchar not null,
    subject varchar not null, body varchar not null, facts varchar not null, created_at timestamp not null,
    attempts integer not null, next_attempt_at timestamp, delivered_at timestamp, last_error varchar,
    primary key (alert_id, channel)
);
create table schema_version (version integer not null primary key, applied_at timestamp not null);
insert into schema_version values (1, '2026-02-01 00:00:00.000000');
insert into alert_state values (
    'run:desk:nightly', 'run_failed', 'nightly', '7f6ad3a4-0000-5000-8000-000000000001', '2026-03-02 02:00:00.000000',
    '2026-03-02 02:00:00.000000', '2026-03-02 02:00:30.000000', 1, 'no answer', '{"job": "nightly"}', null
);
insert into alert_state values (
    'run:desk:hourly', 'run_killed', 'hourly', '7f6ad3a4-0000-5000-8000-000000000002', '2026-03-01 02:00:00.000000',
    '2026-03-01 03:00:00.000000', '2026-03-01 03:00:30.000000', 1, 'killed', '{}', '2026-03-01 03:00:00.000000'
);
insert into outbox values (
    '7f6ad3a4-0000-5000-8000-000000000001-opened', 'webhook', 'run_failed', 'error', '[wfm desk] job nightly failed',
    'job nightly failed.', '{"event": "opened", "incident_id": "7f6ad3a4-0000-5000-8000-000000000001"}',
    '2026-03-02 02:00:30.000000', 1, '2026-03-02 02:01:00.000000', null, 'the webhook answered 503'
);
insert into outbox values (
    '7f6ad3a4-0000-5000-8000-000000000002-opened', 'webhook', 'run_killed', 'error', '[wfm desk] job hourly was killed',
    'job hourly was killed.', '{"event": "opened", "incident_id": "7f6ad3a4-0000-5000-8000-000000000002"}',
    '2026-03-01 02:00:30.000000', 1, null, '2026-03-01 02:00:31.000000', null
);
