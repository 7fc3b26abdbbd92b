"""Small pictures that the gate accepts or refuses."""

import numpy as np
from PIL import Image


def draw_film(path, seed):
    """A textured half disk that the gate accepts."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:256, :200]
    distance = np.hypot((y - 128) / 110, x / (80 + 20 * rng.random()))
    frequency = np.hypot(np.fft.fftfreq(256)[:, None], np.fft.fftfreq(200)[None])
    frequency[0, 0] = 1
    noise = np.fft.ifft2(np.fft.fft2(rng.normal(size=(256, 200))) * frequency**-1.4).real
    tissue = 0.35 + 0.35 * (1 - distance) + 0.2 * np.exp(noise / noise.std()) / 4
    picture = np.where(distance < 1, np.clip(tissue, 0.1, 1), 0)
    Image.fromarray((picture * 255).astype(np.uint8)).save(path)


def draw_noise(path, seed):
    """Noise, which the gate refuses."""
    noise = np.random.default_rng(seed).integers(0, 256, (256, 200)).astype(np.uint8)
    Image.fromarray(noise).save(path)
