"""Scripts the model, saves it, and runs what was saved on a picture of a bright disc.

Before torchscript-fix has been here, torch.jit.script refuses.
"""

import torch

from networks.saliency import build_model


def picture(size=96):
    ys, xs = torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij")
    disc = ((ys - size / 3) ** 2 + (xs - size / 2) ** 2 < (size / 5) ** 2).float()
    return (0.2 * torch.rand(3, size, size) + 0.8 * disc).unsqueeze(0)


if __name__ == "__main__":
    torch.manual_seed(0)
    model = build_model("large", use_context=True).eval()
    torch.jit.script(model).save("saliency.pt")
    image = picture()
    with torch.no_grad():
        same = torch.equal(torch.jit.load("saliency.pt")(image), model(image))
    print("saliency.pt saved; loaded again it gives", "the same" if same else "another", "output")
