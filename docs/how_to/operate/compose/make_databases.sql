-- Run once by the PostgreSQL image when its volume is empty: Dagster's run storage beside the warehouse.
create database dagster;
