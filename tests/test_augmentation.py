"""Augmentation keeps a mammogram a mammogram, and each step obeys its law."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mammo_core.augmentation import (
    AUGMENTATIONS,
    STEPS,
    read_augmentation,
    tell_augmentation,
)
from mammo_core.augmentation.change import (
    Change,
    draw_image_change,
    draw_patch_change,
    make_curve,
)
from mammo_core.augmentation.mixing import mix_batch
from mammo_core.augmentation.motion import STILL, Motion
from mammo_core.errors import BadConfiguration

SHAPE = (96, 64)
FULL = 65_535
IMAGE_STEPS = [name for name in STEPS if name != "mixup"]


@pytest.fixture
def pixels():
    """A smooth breast at the left edge with air around it and a bright lesion."""
    rows, columns = np.mgrid[: SHAPE[0], : SHAPE[1]]
    breast = np.clip(1.2 - np.hypot((rows - 48) / 40, columns / 45), 0, 0.6)
    breast[40:52, 12:24] = 1
    return (breast * FULL).astype(np.uint16)


def rng(seed):
    return np.random.default_rng(seed)


def changed(pixels, strengths, seed=1):
    out = np.full(pixels.shape, np.nan, np.float32)
    draw_image_change(strengths, pixels.shape, rng(seed)).make(pixels, out)
    return out


def made(pixels, **settings):
    out = np.empty(pixels.shape, np.float32)
    Change(Motion(STILL), **settings).make(pixels, out)
    return out


@pytest.mark.parametrize("strength", ["default", "highest"])
@pytest.mark.parametrize("name", IMAGE_STEPS)
class TestEveryStep:
    def test_keeps_the_range_and_its_input(self, name, strength, pixels):
        before = pixels.copy()
        for seed in range(4):
            image = changed(pixels, {name: getattr(STEPS[name], strength)}, seed)
            assert image.min() >= 0
            assert image.max() <= 1
        np.testing.assert_array_equal(pixels, before)

    def test_does_something(self, name, strength, pixels):
        plain = made(pixels)
        strengths = {name: getattr(STEPS[name], strength)}
        assert max(np.abs(changed(pixels, strengths, seed) - plain).max() for seed in range(8)) > 0

    def test_says_rightly_whether_it_moves(self, name, strength, pixels):
        strengths = {name: getattr(STEPS[name], strength)}
        motions = [draw_image_change(strengths, SHAPE, rng(seed)).motion for seed in range(8)]
        moves = [m.field is not None or not np.array_equal(m.matrix, STILL) for m in motions]
        assert any(moves) == STEPS[name].moves

    def test_one_seed_gives_one_answer(self, name, strength, pixels):
        strengths = {name: getattr(STEPS[name], strength)}
        a, b = (changed(pixels, strengths, seed=3) for _ in range(2))
        np.testing.assert_array_equal(a, b)

    def test_another_step_leaves_what_it_draws(self, name, strength, pixels):
        own = {name: getattr(STEPS[name], strength)}
        others = own | {"gamma": own.get("gamma", 0.3)}
        one, two = (draw_image_change(chosen, SHAPE, rng(5)) for chosen in (own, others))
        np.testing.assert_array_equal(one.motion.matrix, two.motion.matrix)
        assert (one.gain, one.noise, one.hidden) == (two.gain, two.noise, two.hidden)


class TestPlace:
    @pytest.mark.parametrize("name", [n for n in IMAGE_STEPS if STEPS[n].moves])
    def test_the_chest_wall_stays_on_its_side(self, name, pixels):
        for seed in range(8):
            image = changed(pixels, {name: STEPS[name].default}, seed)
            assert image[:, :32].sum() > 2 * image[:, 32:].sum()

    def test_flipping_twice_changes_nothing(self, pixels):
        once = changed(pixels, {"flip": 1.0})
        np.testing.assert_array_equal(once, made(pixels)[::-1])
        again = changed(np.rint(once * FULL).astype(np.uint16), {"flip": 1.0})
        np.testing.assert_array_equal(again, made(pixels))

    def test_a_flip_comes_as_often_as_its_strength_says(self):
        draws = [draw_image_change({"flip": 0.3}, SHAPE, rng(seed)) for seed in range(2000)]
        share = np.mean([draw.motion.matrix[1, 1] < 0 for draw in draws])
        assert share == pytest.approx(0.3, abs=0.04)  # four standard errors

    @pytest.mark.parametrize("seed", range(6))
    def test_motion_stays_within_its_strengths(self, seed):
        strengths = {"rotate": 20.0, "scale": 0.3, "shift": 0.1}
        matrix = draw_image_change(strengths, SHAPE, rng(seed)).motion.matrix
        scale = np.sqrt(np.linalg.det(matrix[:2, :2]))
        assert 0.7 <= scale <= 1.3
        assert abs(np.degrees(np.arctan2(matrix[0, 1], matrix[0, 0]))) <= 20
        pivot = np.array([0.0, (SHAPE[0] - 1) / 2, 1.0])
        assert np.abs(matrix @ pivot - pivot).max() <= 0.1 * SHAPE[0]

    @pytest.mark.parametrize("text", ["rotate:30", "flip:1,scale:0.3,shift:0.1", "strong"])
    def test_a_moved_mask_lies_where_the_moved_lesion_is(self, text, pixels):
        strengths = {k: v for k, v in read_augmentation(text).items() if STEPS[k].moves}
        mask = (pixels == FULL).astype(np.uint8) * 255
        for seed in range(4):
            change = draw_image_change(strengths, SHAPE, rng(seed))
            image = np.empty(SHAPE, np.float32)
            change.make(pixels, image)
            moved = change.motion.warp(mask, SHAPE)
            inside, lesion = moved > 128, image > 0.8
            assert (inside & lesion).sum() >= 0.9 * (inside | lesion).sum()

    def test_elastic_deformation_keeps_the_wall_and_has_its_strength(self):
        fields = [
            draw_image_change({"elastic": 0.05}, SHAPE, rng(seed)).motion.field
            for seed in range(100)
        ]
        assert all((field[:, 0, 0] == 0).all() for field in fields)
        assert np.std([field[..., 1] for field in fields]) == pytest.approx(
            0.05 * SHAPE[0], rel=0.05
        )

    def test_a_patch_takes_each_of_its_eight_positions_exactly(self, pixels):
        square = pixels[16:80]
        seen = set()
        for seed in range(60):
            out = np.empty(square.shape, np.float32)
            draw_patch_change({"flip": 0.5}, 64, rng(seed)).make(square, out)
            seen.add(np.rint(out * FULL).astype(np.uint16).tobytes())
        turned = [np.rot90(m, k) for m in (square, square[::-1]) for k in range(4)]
        assert seen == {np.ascontiguousarray(position).tobytes() for position in turned}


class TestValues:
    @pytest.mark.parametrize("name", ["intensity", "gamma", "noise", "cutout"])
    def test_air_stays_air(self, name, pixels):
        for seed in range(4):
            image = changed(pixels, {name: STEPS[name].highest}, seed)
            assert (image[pixels == 0] == 0).all()

    @pytest.mark.parametrize(("gain", "gamma"), [(0.8, 1.0), (1.0, 1.5), (0.7, 0.6)])
    def test_gain_and_gamma_follow_their_formula(self, gain, gamma):
        x = np.arange(FULL + 1) / FULL
        expected = np.minimum(gain * x**gamma, 1)
        np.testing.assert_allclose(make_curve(gain, gamma), expected, atol=2e-6)

    @pytest.mark.parametrize("gamma", [0.6, 1.4])
    def test_the_inverse_gamma_undoes_a_gamma(self, gamma, pixels):
        there = np.rint(made(pixels, gamma=gamma) * FULL).astype(np.uint16)
        np.testing.assert_allclose(made(there, gamma=1 / gamma), made(pixels), atol=1e-4)

    def test_the_inverse_gain_undoes_a_gain(self, pixels):
        there = np.rint(made(pixels, gain=0.8) * FULL).astype(np.uint16)
        np.testing.assert_allclose(made(there, gain=1 / 0.8), made(pixels), atol=1e-4)

    def test_noise_has_its_standard_deviation_and_no_mean(self):
        gray = np.full((256, 256), FULL // 2, np.uint16)
        noise = made(gray, noise=0.05, noise_place=77) - made(gray)
        assert noise.std() == pytest.approx(0.05, rel=0.02)
        assert abs(noise.mean()) < 4 * 0.05 / 256

    @pytest.mark.parametrize("share", [0.02, 0.1, 0.5])
    def test_cutout_blackens_its_share_of_the_area(self, share):
        white = np.full((100, 80), FULL, np.uint16)
        for seed in range(5):
            black = (changed(white, {"cutout": share}, seed) == 0).mean()
            assert black == pytest.approx(share, rel=0.1)


class TestMixup:
    @pytest.fixture
    def mixed(self):
        self.images = rng(0).random((6, 8, 5), np.float32)
        self.labels = np.eye(3, dtype=np.float32)[[0, 1, 2, 2, 1, 0]]
        self.weights = np.array([1, 2, 4, 4, 2, 1], np.float32)
        return mix_batch(self.images, self.labels, self.weights, 1.0, rng(3))

    def test_labels_sum_to_one_and_the_weight_of_the_batch_stays(self, mixed):
        _, labels, weights = mixed
        np.testing.assert_allclose(labels.sum(axis=1), 1, rtol=1e-6)
        assert weights.sum() == pytest.approx(self.weights.sum())

    def test_each_image_is_a_blend_of_itself_and_one_other_in_one_share(self, mixed):
        generator = rng(3)
        share, partners = generator.beta(1.0, 1.0), generator.permutation(6)
        expected = share * self.images + (1 - share) * self.images[partners]
        np.testing.assert_allclose(mixed[0], expected, atol=1e-6)

    def test_the_cross_entropy_is_that_of_both_images_blended(self, mixed):
        p = rng(1).dirichlet(np.ones(3), 6)
        generator = rng(3)
        share, partners = generator.beta(1.0, 1.0), generator.permutation(6)
        each = -self.weights * np.log((p * self.labels).sum(axis=1))
        other = -(self.weights * self.labels.T)[:, partners].T * np.log(p)
        expected = share * each + (1 - share) * other.sum(axis=1)
        np.testing.assert_allclose(-mixed[2] * (mixed[1] * np.log(p)).sum(axis=1), expected, 1e-5)


class TestText:
    @pytest.mark.parametrize("name", STEPS)
    def test_strength_zero_is_no_step(self, name):
        assert read_augmentation(f"{name}:0") == read_augmentation("none") == {}

    def test_without_steps_an_image_stays_as_it_is(self, pixels):
        expected = pixels.astype(np.float32) / np.float32(FULL)
        np.testing.assert_array_equal(changed(pixels, {}), expected)

    def test_a_step_has_its_default_or_its_own_strength(self):
        assert read_augmentation("mixup:0.4, flip") == {"flip": STEPS["flip"].default, "mixup": 0.4}

    def test_a_preset_can_be_varied_and_what_comes_later_counts(self):
        varied = read_augmentation("standard,rotate:3,noise:0,cutout")
        standard = read_augmentation("standard")
        assert varied.keys() == (standard.keys() | {"cutout"}) - {"noise"}
        assert (varied["rotate"], varied["scale"]) == (3.0, standard["scale"])

    @pytest.mark.parametrize("name", AUGMENTATIONS)
    def test_what_is_told_is_read_back(self, name):
        strengths = read_augmentation(name)
        assert read_augmentation(tell_augmentation(strengths)) == strengths

    def test_presets_grow_from_nothing_to_strong(self):
        steps = [set(read_augmentation(name)) for name in ("none", "light", "standard", "strong")]
        assert steps[0] < steps[1] < steps[2] < steps[3] == set(STEPS)

    @pytest.mark.parametrize(
        ("text", "told"),
        [
            ("mirror", "none, light, standard, strong"),
            ("flip,geometry", "flip, rotate, scale, shift, elastic"),
            ("rotate:90", r"rotate from 0 to 45 \(degrees\)"),
            ("rotate:-1", "from 0 to 45"),
            ("noise:much", "noise from 0 to 0.2"),
            ("noise:nan", "noise from 0 to 0.2"),
            ("gamma:", "gamma from 0 to 0.5"),
        ],
    )
    def test_what_cannot_be_is_refused_in_one_line(self, text, told):
        with pytest.raises(BadConfiguration, match=told) as fault:
            read_augmentation(text)
        message = str(fault.value)
        assert "augmentation" in message
        assert f"got '{text.split(',')[-1]}'" in message
        assert "\n" not in message

    def test_the_documents_tell_the_table(self):
        document = (Path(__file__).parents[1] / "docs" / "training-input.md").read_text("utf-8")
        for name, step in STEPS.items():
            assert f"| `{name}` | {step.default:g} | {step.highest:g} |" in document
        for name in AUGMENTATIONS:
            assert f"| `{name}` |" in document

    def test_the_table_needs_no_heavy_library(self):
        code = (
            "import sys, mammo_core.augmentation; "
            "heavy = {'tensorflow', 'keras', 'cv2', 'numpy', 'pandas'} & set(sys.modules); "
            "assert not heavy, heavy"
        )
        subprocess.run([sys.executable, "-c", code], check=True)
