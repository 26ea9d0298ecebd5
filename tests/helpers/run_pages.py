"""A run that nobody trained, and a page taken apart, for tests of pages."""

from html.parser import HTMLParser

import numpy as np

from common.figures.grids import save_image
from common.pages.floors import OF, floor_rows
from common.run.log import Log
from common.run.run_folder import RunFolder


class Parsed(HTMLParser):
    """Tags with their attributes, text, and the content of scripts and styles."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.text, self.raw, self._inside = [], "", {}, None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self._inside = dict(attrs).get("id", tag) if tag in ("script", "style") else None

    def handle_endtag(self, tag):
        self._inside = None

    def handle_data(self, data):
        if self._inside:
            self.raw[self._inside] = self.raw.get(self._inside, "") + data
        else:
            self.text += data

    def attributes(self, name):
        return [attrs[name] for _, attrs in self.tags if name in attrs]


def write_run(folder, name="cifar", label="cat", epochs=3, of=4):
    """A run of some epochs, which measured one metric and its classes in all but the first."""
    run = RunFolder(folder)
    as_floor = {key: floor_rows()[-1][key] for key in OF}  # the last floor is of the classifier
    about = {"metric": "distance", "real_count": 5000, "fake_count": 2000, "real": "cifar10:train", **as_floor}
    run.write_config(
        {"family": "dcgan", "recipe": name, "writeup": name, "reported": name, "unit": "step", "device": name,
         "data": {"name": name, "train": 9, "test": 3, "classes": [label], "notes": [name]}, "metrics": {name: about},
         "versions": {name: name},
         "settings": {"epochs": {"value": of, "source": "command line", "why": name},
                      name: {"value": name, "source": name, "why": name}}}
    )  # fmt: skip
    log = Log(run.log)
    for epoch in range(1, epochs + 1):
        row = {"epoch": epoch, "step": 10 * epoch, "images": 40 * epoch, "seconds": 30.0 * epoch, "d_loss": 1 / epoch,
               "g_loss": epoch / 8, "images_per_second": 1.5}  # fmt: skip
        log.add(row, {name: 10.0 - epoch, f"{name}/{label}": 0.25 * epoch} if epoch > 1 else {})
        save_image(run.grids / f"{epoch:04d}.png", np.full((9, 9, 3), epoch, np.uint8))
    save_image(run.final_images / "00.png", np.zeros((4, 4, 3), np.uint8))
    return run
