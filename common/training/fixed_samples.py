"""What a run shows of its generator: images of the same latents every epoch, and ten of the one that is kept."""

from collections.abc import Sequence

import numpy as np

from common.figures.grids import columns_beside, grid, labelled_grid, save_image
from common.run.run_folder import RunFolder
from common.sampling.latents import latents
from common.sampling.sampler import Sampler

GRID_IMAGES, GRID_COLUMNS, FINAL_IMAGES = 64, 8, 10
GRID_CLASSES = 20  # at most, in the grid of a conditional run: a row each


class FixedSamples:
    """Pictures that follow from a generator and a seed alone.

    Args:
        sampler: the generator's.
        class_names: of the data.
        image_size: height and width of an image, in pixels.
        seed: the run's.
    """

    def __init__(self, sampler: Sampler, class_names: Sequence[str], image_size: int, seed: int):
        self.sampler, self.image_size, self.seed = sampler, image_size, seed
        self.names = class_names[:GRID_CLASSES] if sampler.conditional else ()

    def grid(self) -> np.ndarray:
        """The same latents each time; of a conditional generator, the same in every class, a row each.

        Returns:
            A picture, (H, W, 3) uint8.
        """
        if not self.names:
            return grid(self.sampler.draw(GRID_IMAGES, self.seed, "grid"), GRID_COLUMNS)
        z = latents(columns_beside(self.names, self.image_size), self.sampler.latent_dim, self.seed, "grid")
        return labelled_grid(self.sampler.by_class(z, range(len(self.names))), self.names)

    def final_images(self) -> np.ndarray:
        """Ten images (10, H, W, 3) uint8, of a conditional generator every class in turn."""
        return self.sampler.draw(FINAL_IMAGES, self.seed, "final")

    def save(self, run: RunFolder, picture: np.ndarray) -> None:
        """Write samples.png, which is `picture`, and final_images/."""
        save_image(run.path / "samples.png", picture)
        for index, image in enumerate(self.final_images()):
            save_image(run.final_images / f"{index:02d}.png", image)
