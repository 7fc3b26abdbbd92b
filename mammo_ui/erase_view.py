"""The Erase tab: a region erased, and the prediction before and after."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import streamlit as st

from mammo_core.attribution import METHODS
from mammo_core.erasing import FILL_TITLES
from mammo_core.wording import count
from mammo_ui import charts, dear_work, frame, routes
from mammo_ui.erase_tasks import erase_case
from mammo_ui.erased_store import ErasedCase, Erasing, read_erased
from mammo_ui.eraser import draw_region
from mammo_ui.explanation_choice import is_quick
from mammo_ui.overlay_store import Subject, read_drawn
from mammo_ui.theme import MUTED, class_colors

DRAWN, LESION, TOP = "Draw", "The lesion", "A map's top area"
SHARES = (0.01, 0.02, 0.05, 0.1, 0.2)
WHEN = ("before", "erased", "random")
INVITATION = (
    "A map says where to look; erasing says whether it matters. Choose a region and the model is "
    "asked again without it, and without random regions of the same size."
)
LIMITS = (
    "This tells what this model needs for its answer about this image: not that a lesion is there, "
    "nor that nothing else counts. Trust what the three fills agree on."
)
OTHER_VIEW = "The breast's other view, which the model is given beside it, stays as it is."
HOW_TO_READ = (
    "Bars: the probability of each class before, with the region erased, and (median, with a line "
    "from the 5th to the 95th percentile) with random regions of the same size and shape erased "
    "elsewhere in the breast. Only a fall beyond theirs says that this place matters. What stands "
    "in for the region can itself be a thing to see."
)


def show_erasing(subject: Subject) -> None:
    """Choose a region and a fill; on a click the model is asked again."""
    key = f"erase/{subject.names()[:3]}"
    left, right = st.columns([2, 3], gap="medium")
    asking, answering = left.container(key="erase_asked"), right.container(key="erase_answered")
    with asking:
        region, fill = _choose_region(subject), _choose_fill()
        asked = st.empty()  # once the work has begun, the button cannot be pressed again
    with answering:
        is_running = dear_work.show(key)
    chosen = Erasing(region, fill) if region else None
    label, is_idle = "Erase and predict again", bool(chosen) and not is_running
    if asked.button(label, type="primary", disabled=not is_idle, key="erase") and chosen:
        _begin(subject, chosen, key)
    with answering:
        _show_last(subject, chosen, is_running=is_running)


def _choose_region(subject: Subject) -> str | None:
    dataset, image_id = subject.dataset, subject.image_id
    kinds = [DRAWN, TOP, *([LESION] if dataset.mask_of(image_id) else [])]
    kind = st.segmented_control(
        "What to erase", kinds, default=DRAWN, required=True, key=f"erase_kind_{image_id}"
    )
    if kind == LESION:
        return "lesion"
    if kind == TOP:
        return _choose_top(subject)
    image = dataset.index.set_index("image_id").loc[image_id]
    return draw_region(
        routes.image_address(dataset, image_id),
        shape=(int(image["rows"]), int(image["columns"])),
        outline=routes.outline_address(dataset, image_id) if dataset.mask_of(image_id) else None,
        alt=f"Mammogram {image_id}",
        key=f"eraser_{image_id}",
    )


def _choose_top(subject: Subject) -> str:
    """Quick methods, and those whose map of this case was computed before."""
    method = st.selectbox(
        "Method",
        [name for name in METHODS if is_quick(name) or read_drawn(subject, name)],
        format_func=lambda name: METHODS[name].title,
        key="erase_method",
    )
    share = st.select_slider(
        "Share of the breast's area",
        SHARES,
        value=0.05,
        format_func=lambda share: f"{share:.0%}",
        key="erase_share",
    )
    return f"top:{method}:{share:g}"


def _choose_fill() -> str:
    return st.segmented_control(
        "Fill it with",
        list(FILL_TITLES),
        default="blurred",
        required=True,
        format_func=FILL_TITLES.get,
        key="erase_fill",
    )


def _begin(subject: Subject, chosen: Erasing, key: str) -> None:
    doing = f"Erasing in {subject.image_id}"
    dear_work.begin_urgent(key, doing, erase_case, subject.names(), chosen)
    st.session_state["erased"] = subject.names(), chosen
    st.rerun()


def _show_last(subject: Subject, chosen: Erasing | None, *, is_running: bool) -> None:
    """What is known of the choice, else of what was asked last about this image."""
    if chosen and read_erased(subject, chosen):
        return _show_answer(subject, chosen)
    if is_running:
        return
    asked, last = _recall(subject)
    if last is None:
        st.info(INVITATION)
        return
    st.caption("The choice has changed since; erase again to see its answer.")
    _show_answer(asked, last)


def _recall(subject: Subject) -> tuple[Subject, Erasing | None]:
    """What was asked last in this session, None where that is not of this image."""
    names, last = st.session_state.get("erased", (None, None))
    if names is None or names[:3] != subject.names()[:3]:
        return subject, None
    asked = Subject(subject.model, subject.dataset, *names[2:])
    return asked, last if read_erased(asked, last) else None


def _show_answer(subject: Subject, erasing: Erasing) -> None:
    found = read_erased(subject, erasing)
    if found is None:
        return
    answer, classes = found.answer, subject.model.classes
    st.markdown(f"**{frame.plain(answer['meaning'])}**")
    _compare_fills(subject, erasing)
    rows = _tabulate(answer["probabilities"])
    charts.show_chart(
        f"Probabilities before and after, {FILL_TITLES[answer['fill']].lower()}",
        _erasure_bars(classes),
        HOW_TO_READ,
        rows,
        key="erasure",
    )
    st.caption(_tell_numbers(answer))
    _show_pictures(found)


def _compare_fills(subject: Subject, erasing: Erasing) -> None:
    """What the other fills said of the same region, and which were not asked."""
    known = {fill: read_erased(subject, replace(erasing, fill=fill)) for fill in FILL_TITLES}
    told = [
        f"{FILL_TITLES[fill].lower()} {found.answer['probability']['after']:.2f}"
        for fill, found in known.items()
        if found and fill != erasing.fill
    ]
    missing = [FILL_TITLES[fill].lower() for fill, found in known.items() if not found]
    words = [f"With other fills: {', '.join(told)}."] if told else []
    words += [f"Not tried yet: {', '.join(missing)}."] if missing else []
    words += [OTHER_VIEW] if subject.model.views else []
    st.caption(" ".join([*words, LIMITS]))


def _show_pictures(found: ErasedCase) -> None:
    n_random = found.answer["random_regions"]["found"]
    pictures = [
        (found.before, "What the model is given, on the image's own side"),
        (found.after, "The same, erased"),
        (found.random, f"Where {count(n_random, 'random region')} lay"),
    ]
    shown = pictures if n_random else pictures[:2]
    for column, (picture, caption) in zip(st.columns(3), shown, strict=False):
        column.image(picture, caption=caption, alt=caption, width="stretch")


def _tabulate(probabilities: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A row a bar."""
    rows = []
    for name, numbers in probabilities.items():
        random = numbers["random"]
        spread = {"low": random["low"], "high": random["high"]}
        rows += [
            {"class": name, "when": WHEN[0], "probability": numbers["before"]},
            {"class": name, "when": WHEN[1], "probability": numbers["after"]},
            {"class": name, "when": WHEN[2], "probability": random["median"], **spread},
        ]
    return [row for row in rows if row["probability"] is not None]


def _tell_numbers(answer: Mapping[str, Any]) -> str:
    logit, p = answer["logit"], answer["logit"]["p"]
    share, inside = answer["share_of_breast"], answer["share_inside"]
    told = (
        f"{answer['pixels']} pixels of the model's input, as many as {share:.1%} of the breast; "
        f"{inside:.0%} of them in it. Logit {logit['before']:.2f} to {logit['after']:.2f}"
    )
    n = answer["random_regions"]["found"]
    if p is None:
        return f"{told}."
    return f"{told}; {logit['as_large']} of {n} random regions take as much, p = {p:.3f}."


def _erasure_bars(classes: tuple[str, ...]) -> charts.Spec:
    """Three bars a class, the spread of the random regions as a line over the last one."""
    colors = class_colors(classes)
    return {
        "height": 78 * len(classes) + 40,
        "encoding": {
            "y": {"field": "class", "type": "nominal", "sort": list(classes), "title": None,
                  "axis": {"labelFontSize": 13, "ticks": False, "domain": False}},
            "yOffset": {"field": "when", "sort": list(WHEN)},
            "x": {"field": "probability", "type": "quantitative", "title": "Probability",
                  "scale": {"domain": [0, 1.3]},
                  "axis": {"values": [0, 0.25, 0.5, 0.75, 1], "format": ".2f"}},
            "tooltip": [{"field": "class"}, {"field": "when"},
                        {"field": "probability", "format": ".3f"},
                        {"field": "low", "format": ".3f"}, {"field": "high", "format": ".3f"}],
        },
        "layer": [
            {"mark": {"type": "bar", "cornerRadiusEnd": 2},
             "encoding": {
                 "color": {"field": "class", "type": "nominal", "legend": None,
                           "scale": {"domain": list(colors), "range": list(colors.values())}},
                 "opacity": {"condition": {"test": f"datum.when === '{WHEN[1]}'", "value": 1},
                             "value": 0.45}}},
            {"mark": {"type": "rule", "color": MUTED, "strokeWidth": 2},
             "encoding": {"x": {"field": "low", "type": "quantitative"}, "x2": {"field": "high"}}},
            {"mark": {"type": "text", "align": "left", "dx": 6, "fontSize": 12, "color": MUTED},
             "transform": [{"calculate": "format(datum.probability, '.2f') + ' ' + datum.when",
                            "as": "told"},
                           {"calculate": "max(datum.probability, datum.high || 0)", "as": "end"}],
             "encoding": {"x": {"field": "end", "type": "quantitative"},
                          "text": {"field": "told"}}},
        ],
    }  # fmt: skip
