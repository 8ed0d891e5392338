"""What the form of the next step is filled with: what came back, what was sent, what runs before left."""

from typing import Any

import pytest
from sqlalchemy import update

from hfcourse import database
from hfcourse.files import file_store
from hfcourse.files.file_store import FileHandle
from hfcourse.playground.continuations import MAX_EARLIER_AGE, collect_values_after
from hfcourse.runs.retention import pruning
from hfcourse.runs.store import run_store
from hfcourse.runs.store.models import Run
from hfcourse.spaces.schema.endpoints.description_builder import build_description
from hfcourse.spaces.schema.endpoints.space_description import Description
from tests.spaces.fake_servers import make_component
from tests.support.factories import read_stored_file

pytestmark = pytest.mark.usefixtures("app_context")
KINDS = {1: "image", 2: "image", 3: "textbox", 4: "chatbot", 5: "gallery"}


def description() -> Description:
    """/un takes 1 and gives 2, 3 and 4; /deux takes 1 to 5."""
    steps = {"un": ([1], [2, 3, 4]), "deux": ([1, 2, 3, 4, 5], [3])}
    dependencies = [
        {"id": n, "api_name": name, "inputs": inputs, "outputs": outputs, "targets": [[9, "click"]]}
        for n, (name, (inputs, outputs)) in enumerate(steps.items())
    ]
    named = {
        f"/{name}": {
            "parameters": [
                {"label": f"P{n}", "parameter_name": f"p{n}", "type": {"type": "object"}, "component": KINDS[n].title()}
                for n in inputs
            ],
            "returns": [{"label": f"R{n}", "type": {}, "component": KINDS[n].title()} for n in outputs],
        }
        for name, (inputs, outputs) in steps.items()
    }
    components = [make_component(number, kind) for number, kind in KINDS.items()]
    return build_description({"components": components, "dependencies": dependencies}, {"named_endpoints": named})


def make_finished_run(
    values: list[Any], content: bytes | None = None, sent: dict[str, Any] | None = None, endpoint: str = "/un"
) -> str:
    """A run of awa's whose outputs these are; `content` is that of its output file, number 0."""
    run_id = run_store.create_run("awa", space="a/b", endpoint=endpoint, title="", parameters=[], inputs=sent or {})
    run_store.claim_run(run_id)
    if content is not None:
        assert run_store.attach_output_file(run_id, file_store.save_file("awa", "prêt.png", content).id) == 0
    labels = {"label": "R", "component": "Image", "hints": {}, "holds_files": True}
    run_store.finish_run(run_id, "succeeded", [labels | {"value": value} for value in values])
    return run_id


def filled(run_id: str, visitor: str = "awa") -> tuple[dict[str, Any], list[str]]:
    known = description()
    endpoint = known.find_endpoint("/deux")
    assert endpoint is not None
    found = collect_values_after(run_id, visitor, known, endpoint)
    assert found is not None
    return found


def test_outputs_fill_the_inputs_that_are_the_same_components() -> None:
    values, gone = filled(make_finished_run([{"$file": 0}, "mots", []], b"PNG", {"p1": None}))
    assert gone == []
    assert values["p3"] == "mots"
    assert isinstance(values["p2"], FileHandle)
    assert (values["p2"].name, read_stored_file(values["p2"])) == ("prêt.png", b"PNG")
    assert "p1" not in values


def test_an_update_brings_its_value() -> None:
    values, _ = filled(make_finished_run([None, {"__type__": "update", "value": "nouveau", "visible": True}, None]))
    assert values == {"p3": "nouveau"}


def test_a_conversation_is_filled_with_its_words() -> None:
    said = [{"role": "assistant", "content": [{"type": "file", "file": {"$file": 0}}, {"type": "text", "text": "oui"}]}]
    values, gone = filled(make_finished_run([None, "x", said], b"PNG"))
    assert gone == []
    assert values["p4"][0]["content"] == [{"type": "file", "file": None}, {"type": "text", "text": "oui"}]


def test_a_file_that_is_gone_is_said() -> None:
    run_id = make_finished_run([{"$file": 0}, "mots", None], b"PNG")
    run = run_store.load_run(run_id)
    assert run is not None
    pruning.erase_file_bytes([run.files[0].file_id])
    assert filled(run_id) == ({"p3": "mots"}, ["p2"])


def test_a_file_that_was_never_here_is_said() -> None:
    values, gone = filled(make_finished_run([{"$file": None, "$why": "lost", "$name": "x.png"}, "mots", None]))
    assert (values, gone) == ({"p3": "mots"}, ["p2"])


def test_earlier_runs_fill_what_this_one_leaves() -> None:
    make_finished_run(["premier"], endpoint="/deux", sent={"p3": "ancien", "p5": []})
    make_finished_run([{"$file": 0}, "avant", None], b"PNG")
    values, _ = filled(make_finished_run(["après"], endpoint="/deux", sent={"p3": "envoyé"}))
    assert values["p3"] == "après"
    assert isinstance(values["p2"], FileHandle)


def test_runs_of_long_ago_fill_nothing() -> None:
    old = make_finished_run([{"$file": 0}, "avant", None], b"PNG")
    with database.write_session() as session:
        session.execute(update(Run).where(Run.id == old).values(created=database.utc_now() - 2 * MAX_EARLIER_AGE))
    assert filled(make_finished_run(["après"], endpoint="/deux"))[0] == {"p3": "après"}


def test_the_runs_of_others_fill_nothing() -> None:
    run_id = make_finished_run([None, "à awa", None])
    known = description()
    endpoint = known.find_endpoint("/deux")
    assert endpoint is not None
    for visitor in ("zoe", None):
        assert collect_values_after(run_id, visitor, known, endpoint) is None
    assert collect_values_after("rien", "awa", known, endpoint) is None


def test_a_space_that_has_changed_fills_nothing() -> None:
    assert filled(make_finished_run(["une sortie de moins", None])) == ({}, [])
    assert filled(make_finished_run(["x"], endpoint="/ancien")) == ({}, [])
