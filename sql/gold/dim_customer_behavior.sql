-- What: gold.Dim_Customer_Behavior, the customers and their segments under the name analysts know.
-- Grain: one row per customer. Inputs: gold.customer_behavior.
-- Why SQL: a view that every BI tool can read without this project.
with customers as (
    select
        source,
        customer_key,
        calls,
        calls_per_week,
        aht_seconds,
        abandon_share,
        redial_share,
        peak_weekday_hour,
        segment_id,
        segment_name,
        segment_since,
        previous_segment_name
    from gold.customer_behavior
)

select * from customers
