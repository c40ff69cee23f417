"""Planners' tables, every sheet, and the files of the calculators."""

from hypothesis import strategies as st

from wfm_pipeline.resources.house import SAMPLE_PLANNING_FOLDER
from wfm_pipeline_tests.fuzz.broken import broken_table, broken_text, file_of

_FEW_LINES = 5
_OWN = {
    "events": "event_id,event_type,queue_id,first_date,last_date,known_on,note\nb,billing,,2026-07-03,2026-07-03,,n\nm,ad,sales,2026-07-06,,2026-06-20,\n",
    "drivers": "driver,queue_id,business_date,value,known_on\ndegrees,,2026-07-03,27.5,\nletters,billing,2026-07-06,12000,\n",
    "anomaly_decisions": "queue_id,business_date,decision,decided_by,why\nsales,2026-06-17,refused,ann,heat\n,2026-05-02,accepted,ann,down\n",
    "queue_changes": "queue_id,from_date,kind,other_queue_id,share,known_on,decided_by,why\nsales,2026-07-06,closed,,,,ann,\nold,2026-07-06,split,a,0.4,,bob,x\nold,2026-07-06,split,old,0.6,,bob,x\n",
    "queue_hours": "queue_id,from_date,until_date,weekdays,hours,note\nsales,2026-07-06,,mon-fri,08:00-12:00;13:00-17:00,n\n,2026-12-24,2026-12-24,,closed,\n",
    "forecast_overrides": "override_id,queue_id,from_local,until_local,kind,value,author,why,decided_at,is_active\no1,sales,2026-07-06,2026-07-11,factor,1.2,ann,tv,,\no2,,2026-07-07 09:00,2026-07-07 12:00,add,80,bob,x,2026-07-01 10:00,true\n",
}
SHEETS = {
    **{
        path.stem: "\n".join(path.read_text(encoding="utf-8").split("\n")[:_FEW_LINES]) + "\n"
        for path in sorted(SAMPLE_PLANNING_FOLDER.glob("*.csv"))
    },
    **_OWN,
}
"""Name of a planner's file -> a small good one."""
ROSTER = "cn,platform,locality,skills,states\n1,Amisys,Domestic,Claims,FL\n2,Amisys,Domestic,Claims;Appeals,FL;TX\n3,Amisys,Global,Appeals,N/A\n"
DEMANDS = "demand_id,platform,locality,case_type,state,weekly_forecast,handle_seconds\n10,Amisys,Domestic,Claims,FL,200,600\n20,Amisys,Domestic,Appeals,TX,200,600\n"
PREVIOUS = "resource_cn,demand_id,phase,score\n1,10,a,1\n2,20,a,1\n3,,,\n"
WEEKS = "queue_id,week,calls_mean,aht_seconds\nsales,2026-W30,1000,200\nsales,2026-W31,1000,200\n"
STAFF = "calls,interval_seconds,aht_seconds,answer_target_seconds,service_level_target,patience_seconds,max_occupancy,shrinkage\n100,1800,180,20,0.8,,,\n5,900,300,10,0.9,60,0.85,0.3\n"
FLOOR = {
    "arrivals.csv": "queue_id,interval_start,calls,aht_seconds\nsales,08:00,5,200\nsales,08:30,5,200\nsupport,08:00,2,100\n",
    "groups.csv": "group_id,queues\nspecialists,sales\nall,sales:2;support\n",
    "shifts.csv": "group_id,agents,starts_at,ends_at,breaks\nspecialists,2,08:00,09:00,08:30-08:40\nall,2,08:00,09:00,\n",
    "queues.csv": "queue_id,patience_seconds,priority,redial_probability,attempts_max\nsales,100,1,0.2,3\nsupport,50,2,,\n",
}


def _table(text):
    return st.one_of(broken_table(text), broken_table(text), broken_text(text))


def _one_broken(files):
    """All files good but one or two."""

    @st.composite
    def made(draw):
        found = {name: text.encode() for name, text in files.items()}
        for name in draw(st.lists(st.sampled_from(sorted(files)), min_size=1, max_size=2)):
            found |= draw(file_of(name, _table(files[name])))
        return found

    return made()


sheets = st.sampled_from(sorted(SHEETS)).flatmap(lambda name: file_of(f"{name}.csv", _table(SHEETS[name])))
weeks = _one_broken(
    {"weeks.csv": WEEKS, **{f"{name}.csv": SHEETS[name] for name in ("headcount", "hiring_classes", "shrinkage")}}
)
staff = file_of("staff.csv", _table(STAFF))
floor = _one_broken(FLOOR)
allocation = _one_broken({
    "resources.csv": ROSTER, "demands.csv": DEMANDS, "previous.csv": PREVIOUS,
    **{f"{name}.csv": SHEETS[name] for name in ("week_configuration", "capacity_tiers", "locality_rules")},
})  # fmt: skip
