"""The page of a Space and the form that creates a run, above `spaces` and `runs`: /espaces, POST /essais."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the pages of the Spaces, and the creation of runs on the blueprint of the runs."""
    from hfcourse.playground import run_submission, space_page, views
    from hfcourse.playground.code import panel
    from hfcourse.playground.code import views as code_views
    from hfcourse.playground.experiments import limits as experiment_limits
    from hfcourse.playground.experiments import views as experiment_views
    from hfcourse.playground.experiments.experiment_table import list_experiments
    from hfcourse.playground.workbench import series, series_input  # noqa: F401  (its import adds a route)

    space_page.init_app(app)
    panel.init_app(app)
    code_views.init_app(app)
    experiment_limits.init_app(app)
    app.jinja_env.globals[list_experiments.__name__] = list_experiments
    for read in (series_input.list_series_fields, series_input.read_series_input):
        app.jinja_env.globals[read.__name__] = read
    for pages in (views, run_submission, code_views, experiment_views):
        app.register_blueprint(pages.bp)
