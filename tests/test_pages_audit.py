"""The Audit page: verdict first, leaderboard, shortcuts, cases; and starting an audit."""

import hashlib
import json

import made_audits
import pytest
import standin_home
from page_runs import open_app, words
from streamlit.testing.v1 import AppTest

from mammo_core.attribution import METHODS
from mammo_core.audit.duration import count_passes
from mammo_core.audit.options import AuditOptions
from mammo_core.audit.rules import FEWEST_COMPARED
from mammo_core.audit.storage import MAPS, write_record
from mammo_core.audit.zones import ZONES
from mammo_core.card_audits import describe_audits
from mammo_core.datasets import load_dataset
from mammo_core.model_store import find_model
from mammo_ui import audit_board, audit_cases, audit_results, audit_scatter, audit_shortcuts, frame
from mammo_ui.audit_charts import method_scatter
from mammo_ui.main import PAGES
from mammo_ui.state import Choice


@pytest.fixture(scope="module")
def made_home(tmp_path_factory):
    """Patients enough that blanking can be judged."""
    folder = tmp_path_factory.mktemp("home")
    standin_home.make_home(folder, n_patients=24)
    return folder


@pytest.fixture
def audited(standin):
    """The stand-in home with an audit, and what it came to."""
    return made_audits.make_audit(standin)


@pytest.fixture
def started(monkeypatch):
    """The jobs that were started, as (title, arguments)."""
    jobs = []
    monkeypatch.setattr("mammo_core.jobs.start_job", lambda *given: jobs.append(given))
    return jobs


def find_audit():
    choice = Choice(find_model("demo"), "exams", "test", "image", "mean", 0.4)
    return audit_results.find_audit(choice)


def change_network(home):
    folder, network = home / "models" / "demo", b"another network"
    (folder / "model.keras").write_bytes(network)
    card = json.loads((folder / "model.json").read_text())
    card["sha256"] = hashlib.sha256(network).hexdigest()
    (folder / "model.json").write_text(json.dumps(card))


def leaderboard(at):
    return at.dataframe[0].value


def test_without_an_audit_the_page_claims_nothing_and_offers_one(standin):
    at = open_app("audit")
    assert "Nobody has asked yet" in words(at)
    assert not at.dataframe
    assert [button.label for button in at.button if button.label.startswith("Audit")]


def test_an_audit_starts_as_a_job_with_what_was_chosen(standin, started):
    at = open_app("audit", split="all")
    at.multiselect(key="audit_methods").set_value(["grad_cam", "saliency"])
    at.number_input[0].set_value(7).run()
    next(b for b in at.button if b.label.startswith("Audit")).click().run()
    ((_, arguments),) = started
    assert arguments[0] == "audit"
    assert arguments[1].endswith("demo")
    assert arguments[2].endswith("exams")
    assert arguments[3:5] == ["--split", "all"]
    assert arguments[arguments.index("--limit") + 1] == "7"
    assert arguments[arguments.index("--methods") + 1] == "grad_cam,saliency"
    assert "--metrics" not in arguments


def choose_methods(at, *methods):
    at.multiselect(key="audit_methods").set_value(list(methods))
    at.multiselect(key="audit_measures").set_value(["deletion"]).run()
    return at


def press_again(at):
    next(b for b in at.button if b.label == "Audit again").click().run()


@pytest.mark.parametrize("replace", [True, False])
def test_a_smaller_audit_is_told_to_stay_out_unless_it_is_to_replace(audited, started, replace):
    at = choose_methods(open_app("audit"), "grad_cam")
    at.number_input[0].set_value(2).run()
    assert f"part of the kept audit of {audited['n']} images" in words(at)
    at.checkbox(key="audit_replace").set_value(replace).run()
    press_again(at)
    ((_, arguments),) = started
    assert ("--replace" in arguments) == replace


def test_an_audit_that_holds_something_new_needs_no_word_to_be_kept(audited, started):
    at = choose_methods(open_app("audit"), "grad_cam", "rise")
    assert "part of the kept audit" not in words(at)
    press_again(at)
    assert "--replace" not in started[0][1]


def test_an_audit_judged_by_other_rules_claims_nothing_and_says_so(audited):
    path = find_audit().folder / "summary.json"
    path.write_text(json.dumps(audited | {"version": audited["version"] - 1}))
    at = open_app("audit")
    assert "judged by other rules than today" in words(at)
    assert not at.dataframe


def test_the_boards_file_has_a_row_a_method_and_measure(audited):
    rows = audit_board.list_figures(find_audit(), audited["methods"], is_whole=True)
    assert {(row["method"], row["measure"]) for row in rows} == {
        (name, measure) for name, row in audited["methods"].items() for measure in row
    }


def test_a_split_without_images_is_told(standin):
    at = open_app("audit", split="validation")
    assert "has no images" in words(at)
    assert not [button for button in at.button if button.label.startswith("Audit")]


def test_a_stopped_audit_goes_on_with_what_it_was_asked(standin, monkeypatch):
    words_of_it = ["audit", str(standin / "models" / "demo")]
    words_of_it += [str(standin / ".mammo" / "datasets" / "exams"), "--split", "test"]
    words_of_it += ["--limit", "5", "--methods", "saliency"]
    job = standin_home.make_job(standin, 1, standin / "x", exit_code=130)
    told = json.loads((job.folder / "job.json").read_text())
    (job.folder / "job.json").write_text(json.dumps({**told, "arguments": words_of_it}))
    resumed = []
    monkeypatch.setattr("mammo_core.jobs.resume_job", resumed.append)
    at = open_app("audit")
    assert "was stopped" in words(at)
    at.button(key="audit_go_on").click().run()
    assert [one.description["arguments"] for one in resumed] == [words_of_it]


def test_images_that_were_only_blanked_are_not_told_as_explained(audited):
    folder = find_audit().folder
    for k in range(9):
        record = {"methods": {"saliency": {}} if k < 4 else {}}
        write_record(folder, MAPS, "plan", f"I{k}", record)
    (folder / "cases" / f"torn.{MAPS}.json").write_text("{")
    assert "4 images explained before" in words(open_app("audit"))


def test_more_images_and_more_methods_take_more_passes(standin):
    index = load_dataset(standin / ".mammo" / "datasets" / "exams").index
    two, five = (AuditOptions(methods=("saliency",), limit=n) for n in (2, 5))
    more = AuditOptions(methods=("saliency", "rise"), limit=5)
    passes = [count_passes(index, options) for options in (two, five, more)]
    assert passes == sorted(set(passes))


def test_the_verdict_comes_first(audited):
    at = open_app("audit")
    shown = [*at.success, *at.warning, *at.error]
    assert audited["shortcuts"]["verdict"]["words"] in shown[0].value.replace("\\", "")


def test_a_sentence_names_whom_to_believe_and_whom_not(audited):
    shown = next(iter([*open_app("audit").success])).value.replace("\\", "")
    believed, doubted = shown.split("believe", 1)[1].split("do not believe")
    for name, one in audited["verdicts"].items():
        title = METHODS[name].title
        assert (title in believed) == (one["level"] == "believe")
        assert (title in doubted) == (one["level"] == "doubt")


def test_the_page_says_that_a_model_looks_at_the_tag(standin):
    made_audits.make_audit(standin, looks_at_tag=True)
    (error,) = open_app("audit").error
    assert "Looks at the tag" in error.value
    assert "show what it looks at and no disease" in error.value


def test_the_leaderboard_has_a_row_a_method_controls_last(audited):
    titles = list(leaderboard(open_app("audit"))["Method"])
    assert sorted(titles) == sorted(METHODS[name].title for name in audited["methods"])
    assert titles[-2:] == [METHODS[name].title for name in ("edges", "center")]


def test_what_beats_no_control_is_marked_and_only_that(audited):
    told = leaderboard(open_app("audit")).set_index("Method")["Verdict"]
    assert told[METHODS["saliency"].title].endswith(audit_board.FAILS)
    others = told.drop(METHODS["saliency"].title)
    assert not others.str.contains(audit_board.FAILS).any()


def test_the_board_tells_what_chance_alone_may_mark(audited):
    n = sum(len(row) for name, row in audited["methods"].items() if name not in ("edges", "center"))
    told = audit_board.tell_chance(find_audit())
    assert told.startswith(f"Of {n} such comparisons")
    assert f"up to {n * 0.025:.1f} succeed" in told


def test_too_few_patients_are_marked_neither_way(standin):
    summary = made_audits.make_audit(standin, n_images=4)
    assert summary["patients"] < FEWEST_COMPARED
    audit = find_audit()
    for row in audit_board.describe_board(audit, summary["methods"], "faithfulness", is_whole=True):
        assert {sign for _, sign in row["cells"].values()} == {""}
        assert audit_board.FAILS not in audit_board.tell_verdict(row["verdict"])


def test_cells_are_numbers_so_that_they_sort(audited):
    table = leaderboard(open_app("audit"))
    head = next(name for name in table if name.startswith("Insertion"))
    shown = dict(zip(table["Method"], table[head], strict=True))
    expected = audited["methods"]["grad_cam"]["insertion"]["value"]
    assert shown[METHODS["grad_cam"].title] == pytest.approx(expected)


def test_lesions_of_one_kind_have_a_board_of_their_own(audited):
    boards = audit_board.list_boards(find_audit())
    (stratum,) = [one for one in audited["strata"]["kind"] if one["label"] == "mass"]
    (name,) = [name for name in boards if name.startswith("mass")]
    at = open_app("audit")
    at.selectbox(key="audit_stratum").set_value(name).run()
    assert not at.exception
    head = next(c for c in leaderboard(at) if c.startswith("Energy"))
    expected = stratum["methods"]["grad_cam"]["energy_pointing"]["value"]
    assert leaderboard(at)[head].iloc[0] == pytest.approx(expected)


def test_an_audit_of_one_measure_shows_all_that_it_has(standin):
    columns = {name: {"insertion": row["insertion"]} for name, row in made_audits.COLUMNS.items()}
    made_audits.make_audit(standin, columns=columns)
    at = open_app("audit")
    assert at.selectbox(key="audit_stratum").options == [audit_board.ALL]
    assert len(leaderboard(at)) == len(columns)
    assert "one of place" in words(at)


def test_the_zones_of_a_method_share_all_its_evidence(audited):
    audit = find_audit()
    rows = audit_shortcuts.part_evidence(audit.folder, audit.version)
    for method in audited["methods"]:
        own = [row for row in rows if row["key"] == method]
        assert {row["zone"] for row in own} == set(ZONES)
        assert sum(row["share"] for row in own) == pytest.approx(1, abs=1e-3)


def test_the_drawings_shares_are_the_bars_means_and_all_the_evidence(audited):
    audit = find_audit()
    rows = audit_shortcuts.part_evidence(audit.folder, audit.version)
    shares = audit_shortcuts.average_shares(rows)
    assert sum(shares.values()) == pytest.approx(1, abs=1e-3)
    bars = [row["share"] for row in rows
            if row["zone"] == "lesion" and not METHODS[row["key"]].is_control]  # fmt: skip
    assert min(bars) <= shares["lesion"] <= max(bars)


def test_blanking_is_told_with_its_paired_change(audited):
    rows = audit_shortcuts.list_blanked(audited)
    blanking = audited["shortcuts"]["blanking"]
    assert [row["value"] for row in rows] == [one["auroc"]["value"] for one in blanking.values()]
    assert f"{blanking['breast']['difference']['value']:z.2f}" in words(open_app("audit"))


def test_what_no_image_has_is_told_as_undefined_with_its_reason(audited):
    nothing = {"value": None, "low": None, "high": None}
    gone = {"auroc": nothing, "difference": nothing, "p": None, "n_images": 0, "reason": "no tag"}
    audited["shortcuts"]["blanking"]["markers"] |= gone
    rows = {row["group"]: row for row in audit_shortcuts.list_blanked(audited)}
    told = audit_shortcuts.tell_change(rows["the burned-in markers"])
    assert told == f"without the burned\\-in markers: {frame.DASH} (no tag)"


def test_a_point_of_the_scatter_shows_the_methods_worst_cases(audited):
    picked = {"audit_scatter": {"selection": {"method": [{"key": "grad_cam"}]}}}
    at = open_app("audit", state=picked)
    assert f"Cases on which {METHODS['grad_cam'].title} does worst" in words(at)


def test_worst_is_least_for_what_should_be_high(audited):
    rows = audit_cases.list_worst(find_audit(), "grad_cam", "energy_pointing")
    values = [row["value"] for row in rows]
    assert values == sorted(values)
    rows = audit_cases.list_worst(find_audit(), "grad_cam", "deletion")
    values = [row["value"] for row in rows]
    assert values == sorted(values, reverse=True)


def test_a_case_on_which_methods_are_apart_opens_with_those_to_believe(audited):
    levels = {name: one["level"] for name, one in audited["verdicts"].items()}
    believed = [name for name, level in levels.items() if level == "believe"]
    assert audit_cases.list_believed(find_audit()) == believed


def test_the_better_end_of_each_axis_is_right_and_above(audited):
    audit = find_audit()
    points = audit_scatter.list_points(audit, {"x": "deletion", "y": "energy_pointing"})
    assert {point["key"] for point in points} == set(audited["methods"])
    spec = method_scatter("lower is better", "higher is better", {"x": (0, 1), "y": (1, 0)})
    marks = spec["layer"][2]["encoding"]
    assert marks["x"]["scale"].get("reverse")
    assert not marks["y"]["scale"].get("reverse")


def test_names_in_the_scatter_lie_on_no_other_name(standin):
    same = {"insertion": 0.5, "energy_pointing": 0.5}
    far = {"insertion": 0.9, "energy_pointing": 0.9}
    made_audits.make_audit(
        standin, columns={"grad_cam": far, **dict.fromkeys(("saliency", "rise", "edges"), same)}
    )
    points = audit_scatter.list_points(find_audit(), {"x": "insertion", "y": "energy_pointing"})
    named = {point["key"] for point in points if point["left"] or point["right"]}
    assert "grad_cam" in named
    assert "edges" not in named
    assert len(named & {"saliency", "rise"}) == 1


def test_an_audit_of_another_network_is_not_shown(audited, standin):
    change_network(standin)
    at = open_app("audit")
    assert "has changed since it was audited" in words(at)
    assert not at.dataframe


def test_an_audit_of_other_images_is_a_click_away(audited):
    at = open_app("audit", split="all")
    at.button(key="audit_of_exams_test").click().run()
    assert not at.exception
    assert at.selectbox(key="split").value == "test"
    assert len(leaderboard(at)) == len(audited["methods"])


def copy_audit(standin, **changed):
    """The audit of the stand-in home once more, of other images."""
    made = find_audit().folder
    other = standin / "models" / "demo" / "audit" / "other"
    other.mkdir()
    summary = json.loads((made / "summary.json").read_text())
    (other / "summary.json").write_text(json.dumps(summary | changed))


def test_beside_an_audit_the_models_other_ones_are_a_click_away(audited, standin):
    copy_audit(standin, split="all")
    at = open_app("audit")
    assert at.dataframe
    assert list_offered(at) == ["audit_of_exams_all"]


def test_an_audit_of_images_that_are_not_here_is_told_and_not_offered(audited, standin):
    verdict = {"level": "doubt", "words": "Looks at the tag", "reasons": []}
    shortcuts = audited["shortcuts"] | {"verdict": verdict}
    copy_audit(standin, dataset="elsewhere", shortcuts=shortcuts)
    at = open_app("audit")
    assert list_offered(at) == []
    (told,) = at.error
    assert "elsewhere, which is not among the datasets here: **Looks at the tag**" in told.value


def list_offered(at):
    return [button.key for button in at.button if str(button.key).startswith("audit_of_")]


def test_the_page_is_one_of_the_navigation():
    assert "audit" in PAGES["Explain"]


def test_the_overview_tells_the_audits_verdict(audited):
    told = words(open_app()).replace("\\", "")
    assert audited["shortcuts"]["verdict"]["words"] in told


def test_the_overview_claims_nothing_without_an_audit(standin):
    told = words(open_app())
    assert "Not audited yet" in told
    assert "Looks at" not in told


def test_methods_carry_their_verdict_where_they_are_offered(audited):
    at = AppTest.from_function(show_badges_of_two)
    at.run()
    assert not at.exception
    shown = " ".join(str(one.value) for one in at.markdown).replace("\\", "")
    for name in ("grad_cam", "saliency"):
        assert METHODS[name].title in shown
        assert audited["verdicts"][name]["words"] in shown
    assert METHODS["rise"].title not in shown


def test_methods_carry_no_verdict_without_an_audit(standin):
    at = AppTest.from_function(show_badges_of_two)
    at.run()
    assert not at.markdown
    assert "was not audited" in at.caption[0].value


def show_badges_of_two():
    from mammo_core.model_store import find_model
    from mammo_ui.audit_badges import show_badges

    show_badges(find_model("demo"), ["grad_cam", "saliency", "rise"])


def test_the_card_tells_each_methods_verdict_and_no_controls(audited):
    (section,) = describe_audits(find_model("demo"))
    told = {row["method"]: row["verdict"] for row in section.rows}
    expected = {
        METHODS[name].title: one["words"]
        for name, one in audited["verdicts"].items()
        if not METHODS[name].is_control
    }
    assert told == expected
    assert audited["shortcuts"]["verdict"]["words"] in section.items[0]


def test_the_card_claims_nothing_without_an_audit_of_this_network(audited, standin):
    change_network(standin)
    assert describe_audits(find_model("demo")) == []
