"""Erasing a region and predicting again: closed forms on a linear model, and the random regions."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from linear_classifier import LinearClassifier

from mammo_core.erasing import AIR, BEYOND, BREAST, FILLS, draw_regions, erase, read_region
from mammo_core.erasing.erased_case import check_map_options, erase_case, tell_erasure
from mammo_core.erasing.erasure import Drop
from mammo_core.erasing.regions import Box, Outline, draw_box, draw_polygon, take_top
from mammo_core.errors import BadConfiguration, BadModel, Cancelled
from mammo_core.model_input import ModelInput
from mammo_core.placement import place
from mammo_core.types import Contrast

SHAPE = (40, 32)


def make_zones():
    """A breast on the left, air beside it, and below rows that are not of the image."""
    zones = np.full(SHAPE, AIR, dtype=np.uint8)
    zones[:, :24] = BREAST
    zones[36:] = BEYOND
    return zones


def make_image(seed=0):
    image = np.random.default_rng(seed).uniform(0.3, 0.7, (*SHAPE, 1)).astype(np.float32)
    image[make_zones() != BREAST] = 0
    return image


def make_region(rows=slice(5, 11), columns=slice(8, 15)):
    region = np.zeros(SHAPE, dtype=bool)
    region[rows, columns] = True
    return region


def weigh(region):
    return LinearClassifier(region[..., None] / np.float32(region.sum()))


@pytest.mark.parametrize("fill", FILLS)
def test_nothing_but_the_region_changes(fill):
    image, region = make_image(), make_region()
    kept = image.copy()
    erased = FILLS[fill](image, make_zones())(region)
    np.testing.assert_array_equal(erased[~region], image[~region])
    np.testing.assert_array_equal(image, kept)
    assert erased.dtype == np.float32
    assert np.abs(erased[region] - image[region]).max() > 0.05


def test_a_model_that_answers_no_number_is_asked_in_vain():
    model = LinearClassifier(np.full((*SHAPE, 1), np.nan, np.float32))
    with pytest.raises(BadModel, match="not numbers"):
        erase(model, make_image(), make_region(), make_zones(), 1, n_random=2)


@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize("gray", [0.0, 0.37, 1.0])
def test_a_flat_zone_stays_as_it_is_and_takes_nothing_from_its_neighbor(fill, gray):
    image, region = np.zeros((*SHAPE, 1), np.float32), make_region(columns=slice(18, 30))
    image[make_zones() == BREAST] = gray
    erased = FILLS[fill](image, make_zones())(region)
    np.testing.assert_allclose(erased, image, atol=2e-6)


@pytest.mark.parametrize("fill", FILLS)
def test_a_breast_erased_whole_is_filled_with_grays_of_its_own(fill):
    image, breast = make_image(), make_zones() == BREAST
    grays = FILLS[fill](image, make_zones())(breast)[breast]
    assert image[breast].min() < grays.min() <= grays.max() < image[breast].max()


def test_the_mean_fill_leaves_the_mean_of_the_breast():
    image, region = make_image(), make_region()
    erased = FILLS["mean"](image, make_zones())(region)
    np.testing.assert_allclose(erased[region], image[make_zones() == BREAST].mean(), rtol=1e-6)


def test_surrounding_tissue_carries_a_slope_on_whatever_was_in_the_hole():
    rows, columns = np.mgrid[: SHAPE[0], : SHAPE[1]]
    image = (0.2 + 0.01 * rows + 0.005 * columns)[..., None].astype(np.float32)
    zones = np.full(SHAPE, BREAST, dtype=np.uint8)
    region = make_region(slice(12, 22), slice(10, 20))
    lost = image.copy()
    lost[region] = 1
    np.testing.assert_allclose(FILLS["surrounding"](lost, zones)(region), image, atol=1e-4)


@pytest.mark.parametrize("channels", [1, 3])
def test_the_drop_is_a_linear_models_weight_times_what_was_taken_away(channels):
    rng = np.random.default_rng(1)
    image = np.repeat(make_image(), channels, axis=2)
    model = LinearClassifier(rng.normal(size=(*SHAPE, channels)))
    region, zones = make_region(), make_zones()
    found = erase(model, image, region, zones, "malignant", fill="mean", n_random=3)
    taken = image - np.where(
        region[..., None], image[zones == BREAST].mean(axis=0), image
    )  # half the sum is the logit of one of two classes
    assert found.logit.drop == pytest.approx((taken * model.weights).sum() / 2, abs=1e-4)
    before = 1 / (1 + np.exp(-2 * found.logit.before))
    assert found.probability.before == pytest.approx(before, abs=1e-5)
    assert found.after[1] == pytest.approx(found.probability.after, abs=1e-6)


def test_a_contrast_falls_by_the_difference_of_both_logits():
    model, image = weigh(make_region()), make_image()
    of, against = (erase(model, image, make_region(), make_zones(), name) for name in model.classes)
    both = erase(model, image, make_region(), make_zones(), Contrast("normal", "malignant"))
    assert both.logit.drop == pytest.approx(of.logit.drop - against.logit.drop, abs=1e-5)
    assert both.target == "normal vs malignant"
    assert "the lead of normal over malignant" in tell_erasure(both)


def test_what_the_model_looks_at_falls_more_than_any_random_region():
    region, image = make_region(), make_image()
    image[region] = 1
    found = erase(weigh(region), image, region, make_zones(), 1, n_random=19)
    assert found.probability.n_as_large == found.logit.n_as_large == 0
    assert found.logit.p == pytest.approx(1 / 20)
    np.testing.assert_allclose(found.logit.random, found.logit.before)
    assert "none lowered it as much" in tell_erasure(found)


def test_a_model_that_sees_nothing_makes_no_region_special():
    model = LinearClassifier(np.zeros((*SHAPE, 1)))
    found = erase(model, make_image(), make_region(), make_zones(), 1, n_random=7)
    assert found.probability.drop == 0
    assert found.probability.p == 1
    told = tell_erasure(found)
    assert told.startswith(
        "Erasing this region leaves malignant at 0.50: by itself it hardly counts"
    )
    assert "7 random regions of the same size left it between 0.50 and 0.50" in told


def test_a_region_that_spoke_against_is_held_against_what_raises_as_much():
    region, image = make_region(), make_image()
    image[region] = 1
    found = erase(weigh(region), image, region, make_zones(), "normal", n_random=5)
    assert found.probability.drop < 0
    assert found.probability.n_as_far == 0
    assert found.probability.n_as_large == 5
    told = tell_erasure(found)
    assert "spoke against it; of 5 random regions" in told
    assert "none raised it as much. So few places cannot tell it from chance" in told


def test_where_places_are_many_nothing_is_said_of_few():
    region, image = make_region(), make_image()
    image[region] = 1
    assert "So few" not in tell_erasure(erase(weigh(region), image, region, make_zones(), 1))


def test_the_p_value_counts_the_region_as_one_of_the_places():
    drop = Drop(before=1.0, after=0.4, random=np.array([0.9, 0.4, 0.3, 1.1]))
    assert drop.n_as_large == 2
    assert drop.p == pytest.approx(3 / 5)
    assert Drop(1.0, 0.4, np.empty(0)).p is None
    assert Drop(1.0, 0.4, np.empty(0)).percentile(50) is None


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 1000),
    boxes=st.lists(
        st.tuples(st.integers(0, 39), st.integers(0, 31), st.integers(1, 6), st.integers(1, 6)),
        min_size=1,
        max_size=4,
    ),
)
def test_random_regions_lie_where_they_may_with_the_same_area_and_differ(seed, boxes):
    region = np.zeros(SHAPE, dtype=bool)
    for top, left, height, width in boxes:
        region[top : top + height, left : left + width] = True
    allowed = (make_zones() == BREAST) & ~region
    regions = draw_regions(region, allowed, 5, seed)
    assert len(regions) == 5
    assert len({drawn.tobytes() for drawn in regions}) == 5
    for drawn, again in zip(regions, draw_regions(region, allowed, 5, seed), strict=True):
        assert drawn.sum() == region.sum()
        assert not (drawn & ~allowed).any()
        np.testing.assert_array_equal(drawn, again)


def test_random_regions_reach_every_place_and_no_more_than_there_are():
    region = np.zeros((3, 5), dtype=bool)
    region[0, :2] = True
    allowed = np.ones((3, 5), dtype=bool)
    allowed[0] = False
    regions = draw_regions(region, allowed, 50, 0)
    assert len(regions) == 8


def test_another_seed_draws_other_places():
    region, allowed = make_region(), make_zones() == BREAST
    assert not np.array_equal(
        draw_regions(region, allowed, 3, 0), draw_regions(region, allowed, 3, 1)
    )


def test_without_room_for_another_region_the_comparison_is_undefined():
    region = make_region(slice(0, 30), slice(0, 20))
    found = erase(weigh(region), make_image(), region, make_zones(), 1)
    assert found.n_random == 0
    assert found.logit.p is None
    assert "has no room for another region" in tell_erasure(found)


def test_a_region_beside_the_breast_is_told_to_lie_there():
    region = make_region(columns=slice(26, 30))
    found = erase(weigh(region), make_image(), region, make_zones(), 1)
    assert found.share_inside == 0
    assert found.logit.drop == pytest.approx(0, abs=1e-6)
    told = tell_erasure(found)
    assert told.startswith(
        "Erasing this region leaves malignant at 0.50 (it lies beside the breast"
    )
    assert erase(weigh(region), make_image(), make_region(), make_zones(), 1).share_inside == 1


@pytest.mark.parametrize(("view", "own"), [("CC", slice(0, 32)), ("MLO", slice(32, 64))])
def test_of_two_views_side_by_side_only_the_asked_one_is_erased(view, own):
    both = np.concatenate([make_image(0), make_image(1)], axis=1)
    placement = place(SHAPE, (0, 40, 0, 32), flip=False, size=SHAPE)
    given = ModelInput(both, placement, is_hung=True, view=view, breast=make_zones() == BREAST)
    model = LinearClassifier(np.ones((*SHAPE[:1], 64, 1)) / 100)
    found = erase_case(model, None, given, "both", Box(5, 8, 11, 15), fill="mean", n_random=5)
    elsewhere = np.ones((40, 64), dtype=bool)
    elsewhere[:, own] = False
    np.testing.assert_array_equal(found.region[:, own], make_region())
    assert found.n_random == 5
    assert not (found.region | found.regions.any(axis=0))[elsewhere].any()
    np.testing.assert_array_equal(found.erased[elsewhere], both[elsewhere])


def test_an_empty_region_and_an_unknown_fill_are_told():
    model, zones = weigh(make_region()), make_zones()
    with pytest.raises(BadConfiguration, match="a pixel that the model sees"):
        erase(model, make_image(), np.zeros(SHAPE, bool), zones, 1)
    with pytest.raises(BadConfiguration, match="one of blurred, surrounding, mean, got 'black'"):
        erase(model, make_image(), make_region(), zones, 1, fill="black")


def test_erasing_tells_of_each_image_and_can_be_stopped_at_any():
    told = []

    def stop(done, total, doing):
        told.append((done, total))
        if done == 2:
            raise Cancelled("stop")

    with pytest.raises(Cancelled):
        erase(weigh(make_region()), make_image(), make_region(), make_zones(), 1, progress=stop)
    assert told == [(0, 21), (1, 21), (2, 21)]


def test_a_box_covers_its_pixels_and_a_polygon_of_its_corners_the_same_ones():
    box = draw_box(Box(3, 5, 10, 12), SHAPE)
    assert box.sum() == 7 * 7
    corners = ((3.0, 5.0), (3.0, 11.0), (9.0, 11.0), (9.0, 5.0))
    np.testing.assert_array_equal(draw_polygon(Outline(corners), SHAPE), box)


def test_the_top_area_lies_on_the_highest_values_and_has_the_asked_size():
    attribution = np.zeros(SHAPE, dtype=np.float32)
    attribution[10:20, 10:20] = 1
    top = take_top(attribution, 60)
    assert top.sum() == 60
    assert top[10:20, 10:20].sum() == 60
    with pytest.raises(BadConfiguration, match="nothing in it speaks for the class"):
        take_top(-attribution - 1, 60)


@pytest.mark.parametrize(
    "text",
    [
        "", "lesions", "lesion:1", "top:grad_cam", "top:grad_cam:0", "top:grad_cam:nan", "top:x:.1",
        "box:1,2,3", "box:1,2,3,x", "outline:1,2;3,4", "outline:1,2;3,4;nan,5",
    ],
)  # fmt: skip
def test_what_names_no_region_is_told(text):
    with pytest.raises(BadConfiguration):
        read_region(text)


def test_layers_and_settings_are_of_a_maps_top_area_alone():
    noisy = {"smooth_grad": {"noise": "0.2"}}
    check_map_options(read_region("top:smooth_grad:0.1"), (), noisy)
    check_map_options(read_region("lesion"), (), {})
    for region, layers, values in (
        ("lesion", ("conv",), {}),
        ("box:1,2,3,4", (), noisy),
        ("top:saliency:0.1", ("conv",), {}),
        ("top:saliency:0.1", (), noisy),
    ):
        with pytest.raises(BadConfiguration):
            check_map_options(read_region(region), layers, values)


@pytest.mark.parametrize("box", [Box(5, 5, 5, 9), Box(0, 0, 41, 5), Box(-1, 0, 4, 4)])
def test_a_box_beyond_the_image_is_told(box):
    with pytest.raises(BadConfiguration, match="within 40 x 32 pixels"):
        draw_box(box, SHAPE)
