"""`wfm dev`: the Dagster UI with its daemon."""

from typing import Annotated

import typer

from wfm_pipeline.commands.common import chosen_settings, err


def dev(
    port: Annotated[int, typer.Option(min=1, max=65_535, help="Port of the Dagster UI.")] = 3000,
    host: Annotated[str, typer.Option(help="Address to bind to; others than loopback need a proxy.")] = "127.0.0.1",
    i_have_a_proxy: Annotated[
        bool, typer.Option("--i-have-a-proxy", help="A proxy with a login and an origin check stands before --host.")
    ] = False,
) -> None:
    """Open the Dagster UI with the graph."""
    from wfm_pipeline.orchestration.instance.dev_services import check_host, check_port, serve_ui
    from wfm_pipeline.settings import dagster_home

    check_host(host, has_proxy=i_have_a_proxy)
    settings = chosen_settings()
    check_port(host, port)
    err.say(f"Dagster UI on http://{host}:{port} (runs in {dagster_home(settings)}); stop with ctrl-c")
    serve_ui(settings, host=host, port=port)
