"""What a person does in the Dagster UI, over the webserver's own GraphQL: look, launch, switch on, run again."""

import time

import httpx

_ERROR = "... on Error { __typename message }"
_LOCATIONS = f"""{{ workspaceOrError {{ ... on Workspace {{ locationEntries {{
    name loadStatus locationOrLoadError {{ __typename ... on PythonError {{ message }} }} }} }} {_ERROR} }} }}"""
_RUNS = """query ($filter: RunsFilter!) { runsOrError(filter: $filter) { ... on Runs { results {
    runId status jobName parentRunId tags { key value } } } ... on Error { message } } }"""
_LAUNCH = f"""mutation ($params: ExecutionParams!) {{ launchRun(executionParams: $params) {{
    ... on LaunchRunSuccess {{ run {{ runId }} }} {_ERROR} }} }}"""
_AGAIN = f"""mutation ($params: ReexecutionParams!) {{ launchRunReexecution(reexecutionParams: $params) {{
    ... on LaunchRunSuccess {{ run {{ runId }} }} {_ERROR} }} }}"""
_START = f"""mutation ($selector: ScheduleSelector!) {{ startSchedule(scheduleSelector: $selector) {{
    ... on ScheduleStateResult {{ scheduleState {{ status }} }} {_ERROR} }} }}"""
_PARTITIONS = """query ($key: AssetKeyInput!) { assetNodeOrError(assetKey: $key) { ... on AssetNode {
    partitionStats { numMaterialized numPartitions } } } }"""
_LOGS = """query ($run: ID!) { logsForRun(runId: $run, limit: 1000) { ... on EventConnection { events {
    ... on ExecutionStepFailureEvent { stepKey error { message cause { message cause { message } } } }
    ... on RunFailureEvent { message error { message } } } } } }"""
_REPOSITORY = "__repository__"
_ENDED = {"SUCCESS", "FAILURE", "CANCELED"}


class DagsterClient:
    """One webserver with one location."""

    def __init__(self, url, location):
        self._http = httpx.Client(base_url=url, timeout=60)
        self._location = {"repositoryLocationName": location, "repositoryName": _REPOSITORY}

    def ask(self, query, **variables):
        answer = self._http.post("/graphql", json={"query": query, "variables": variables})
        answer.raise_for_status()
        body = answer.json()
        assert "errors" not in body, body["errors"]
        return next(iter(body["data"].values()))

    def locations(self):
        """Name -> whether it is loaded, or why not."""
        return {
            entry["name"]: (entry["locationOrLoadError"] or {}).get("message", entry["loadStatus"])
            for entry in self.ask(_LOCATIONS)["locationEntries"]
        }

    def launch(self, job, partition, assets=None):
        """Launch a job, or some assets of it, for a partition; gives the run id."""
        selector = {**self._location, "pipelineName": job}
        if assets:
            selector["assetSelection"] = [{"path": path.split("/")} for path in assets]
        tags = [{"key": "dagster/partition", "value": partition}]
        found = self.ask(_LAUNCH, params={"selector": selector, "executionMetadata": {"tags": tags}, "mode": "default"})
        assert "run" in found, found
        return found["run"]["runId"]

    def run_again(self, run_id):
        """Rerun from failure; gives the new run's id."""
        found = self.ask(_AGAIN, params={"parentRunId": run_id, "strategy": "FROM_FAILURE"})
        assert "run" in found, found
        return found["run"]["runId"]

    def switch_on(self, schedule):
        found = self.ask(_START, selector={**self._location, "scheduleName": schedule})
        assert found.get("scheduleState", {}).get("status") == "RUNNING", found

    def runs(self, **conditions):
        return self.ask(_RUNS, filter=conditions)["results"]

    def wait_for(self, run_id, seconds=300):
        """The run's status once it has ended."""
        return wait(lambda: self._ended(run_id), seconds, f"run {run_id} to end")

    def succeed(self, run_id, seconds=300):
        """Wait for a run that must end well; says why it did not."""
        assert self.wait_for(run_id, seconds) == "SUCCESS", self.why(run_id)

    def why(self, run_id):
        """What failed in a run."""
        return [event for event in self.ask(_LOGS, run=run_id)["events"] if event]

    def materialised(self, asset):
        return self.ask(_PARTITIONS, key={"path": asset.split("/")})["partitionStats"]

    def _ended(self, run_id):
        status = self.runs(runIds=[run_id])[0]["status"]
        return status if status in _ENDED else None


def wait(ask, seconds, what):
    """The first answer that is not None or empty; connection errors count as no answer yet."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            found = ask()
        except httpx.TransportError:
            found = None
        if found:
            return found
        time.sleep(0.5)
    raise AssertionError(f"waited {seconds} s for {what}")
