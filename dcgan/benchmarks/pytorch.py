"""The step of dcgan/bendale in PyTorch: the same networks, batch, loss and order of updates. Imports torch late."""

from collections.abc import Iterator

from common.training.timing import Steps
from dcgan.benchmarks.peers import IMAGES, SETTINGS, random_images


def device() -> str:
    """Where PyTorch computes here: on a GPU if it finds one by CUDA. Imports torch."""
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def build(bfloat16: bool, channels_last: bool) -> Steps:
    """Build a function that does so many steps.

    Args:
        bfloat16: forward passes under `torch.autocast`.
        channels_last: the layout that PyTorch recommends for convolutions on a CPU.
    """
    import torch
    from torch import nn

    torch.manual_seed(0)
    place, layout = device(), torch.channels_last if channels_last else torch.contiguous_format
    g, d = (network.to(place, memory_format=layout) for network in (_generator(nn, layout), _discriminator(nn)))
    g_optimizer, d_optimizer = (
        torch.optim.Adam(network.parameters(), rate, betas=(SETTINGS.beta_1, SETTINGS.beta_2), fused=True)
        for network, rate in ((g, SETTINGS.g_learning_rate), (d, SETTINGS.d_learning_rate))
    )
    loss = nn.BCEWithLogitsLoss()
    images = torch.from_numpy(random_images()).permute(0, 3, 1, 2).contiguous(memory_format=layout).to(place)
    batches = _batches(torch, images)

    def train_step() -> torch.Tensor:
        with torch.autocast(place, torch.bfloat16, enabled=bfloat16):
            fakes = g(torch.randn(SETTINGS.batch_size, SETTINGS.latent_dim, device=place))
            real, fake = d(next(batches)).float(), d(fakes).float()
        d_loss = loss(real, torch.ones_like(real)) + loss(fake, torch.zeros_like(fake))
        g_loss = loss(fake, torch.ones_like(fake))
        gradients = (torch.autograd.grad(g_loss, list(g.parameters()), retain_graph=True),
                     torch.autograd.grad(d_loss, list(d.parameters())))  # fmt: skip
        for network, values, optimizer in zip((g, d), gradients, (g_optimizer, d_optimizer), strict=True):
            for weight, gradient in zip(network.parameters(), values, strict=True):
                weight.grad = gradient
            optimizer.step()
        return d_loss.detach()

    def run(steps: int) -> None:
        for _ in range(steps):
            d_loss = train_step()
        d_loss.item()

    return run


def _generator(nn, layout):
    width, slope = SETTINGS.g_width, SETTINGS.leaky_slope

    class FeatureMap(nn.Module):
        def forward(self, x):
            return x.reshape(-1, 4 * width, 4, 4).contiguous(memory_format=layout)

    def up(inputs: int, outputs: int, bias: bool = False):
        return nn.ConvTranspose2d(inputs, outputs, 5, 2, 2, output_padding=1, bias=bias)

    layers = [nn.Linear(SETTINGS.latent_dim, 64 * width, bias=False), nn.BatchNorm1d(64 * width)]
    layers += [nn.LeakyReLU(slope), FeatureMap()]
    for inputs in (4 * width, 2 * width):
        layers += [up(inputs, inputs // 2), nn.BatchNorm2d(inputs // 2), nn.LeakyReLU(slope)]
    return nn.Sequential(*layers, up(width, 3, bias=True), nn.Tanh())


def _discriminator(nn):
    width, slope, dropout = SETTINGS.d_width, SETTINGS.leaky_slope, SETTINGS.dropout
    layers = [nn.Conv2d(3, width, 5, 2, 2), nn.LeakyReLU(slope), nn.Dropout(dropout)]
    for inputs in (width, 2 * width):
        layers += [nn.Conv2d(inputs, 2 * inputs, 5, 2, 2, bias=False), nn.BatchNorm2d(2 * inputs)]
        layers += [nn.LeakyReLU(slope), nn.Dropout(dropout)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(64 * width, 1))


def _batches(torch, images) -> Iterator:
    """Random batches, float32 in [-1, 1], in the layout of `images`."""
    while True:
        yield images[torch.randint(0, IMAGES, (SETTINGS.batch_size,), device=images.device)].float() / 127.5 - 1.0
