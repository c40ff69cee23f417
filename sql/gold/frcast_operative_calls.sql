-- What: gold.Frcast_Operative_Calls, the newest issued forecast under the name analysts know.
-- Grain: one row per queue and interval.
-- Inputs: gold.queue_interval_forecast, gold.queue_interval_forecast_final; gold.queue_day_forecast has the same issues
-- in a fiftieth of the rows, and tells which is the newest.
-- calls_mean is the model's value, calls_final the one with the planners' overrides.
-- Why SQL: a view that every BI tool can read without this project.
with latest_issue as (
    select
        source,
        max(issued_at) as issued_at
    from gold.queue_day_forecast
    where not is_hindcast
    group by source
),

latest_forecast as (
    select
        forecast.source,
        forecast.queue_id,
        forecast.interval_start,
        forecast.interval_start_local,
        forecast.business_date,
        forecast.issued_at,
        forecast.calls_mean,
        forecast.calls_q05,
        forecast.calls_q10,
        forecast.calls_q25,
        forecast.calls_q50,
        forecast.calls_q75,
        forecast.calls_q90,
        forecast.calls_q95,
        forecast.aht_seconds,
        forecast.model_name,
        forecast.horizon_days,
        forecast.is_open,
        forecast.workload_seconds,
        final.override_ids,
        coalesce(final.calls_final, forecast.calls_mean) as calls_final,
        coalesce(final.workload_final_seconds, forecast.workload_seconds) as workload_final_seconds
    from gold.queue_interval_forecast as forecast
    inner join latest_issue
        on
            forecast.source = latest_issue.source
            and forecast.issued_at = latest_issue.issued_at
    left join gold.queue_interval_forecast_final as final
        on
            forecast.source = final.source
            and forecast.queue_id = final.queue_id
            and forecast.interval_start = final.interval_start
            and forecast.issued_at = final.issued_at
    where not forecast.is_hindcast
)

select * from latest_forecast
