"""Makes networks of PyTorch as Hugging Face's exporters leave them; see recipe.py. Run pytorch_networks.py and
tensorflow_networks.py first.

tokens.onnx gives the tokens of a transformer, a class token before those of the patches, and what a layer behind the class
token makes of it; patches.onnx gives tokens of patches alone. No size of their input is fixed, not even that of colours.
any_planes.onnx and any_pixels.onnx are resnet.onnx and keras.onnx without any fixed size, outside.onnx is resnet.onnx with
its weights in outside.data.
"""

import onnx
import torch
from recipe import FOLDER, image, keep
from torch import nn

SIZES = ["batch_size", "num_channels", "height", "width"]


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))

    def forward(self, x):
        q, k, v = self.qkv(self.norm1(x)).chunk(3, -1)
        x = x + self.out(torch.softmax(q @ k.transpose(1, 2), -1) @ v)
        return x + self.mlp(self.norm2(x))


class Transformer(nn.Module):
    def __init__(self, has_class):
        super().__init__()
        self.patch = nn.Conv2d(3, 6, 8, 8)
        self.cls_token = nn.Parameter(torch.randn(1, 1, 6)) if has_class else None
        self.position = nn.Parameter(torch.randn(1, 17 if has_class else 16, 6))
        self.block, self.norm = Block(6), nn.LayerNorm(6)
        self.pooler = nn.Linear(6, 6)

    def forward(self, x):
        x = self.patch(x).flatten(2).transpose(1, 2)
        if self.cls_token is None:
            return self.norm(self.block(x + self.position))
        x = torch.cat([self.cls_token.expand(x.shape[0], -1, -1), x], 1) + self.position
        x = self.norm(self.block(x))
        return x, torch.tanh(self.pooler(x[:, 0]))


def free(model):
    """Leaves every size of the input open."""
    dims = model.graph.input[0].type.tensor_type.shape.dim
    for dim, name in zip(dims, SIZES):
        dim.ClearField("dim_value")
        dim.dim_param = name


def export(has_class, name, outputs):
    torch.manual_seed(0)
    network = Transformer(has_class).eval()
    pixels = ((torch.tensor(image(32)).permute(2, 0, 1) / 255 - 0.5) / 0.25)[None]
    with torch.no_grad():
        given = network(pixels)
    tokens = (given[0] if has_class else given)[0]
    if has_class:
        keep(f"{name} cls", tokens[0])
        keep(f"{name} mean", tokens[1:].mean(0))
        keep(f"{name} pooler", given[1])
    else:
        keep(f"{name} mean", tokens.mean(0))
    torch.onnx.export(
        network,
        (pixels,),
        FOLDER / name,
        input_names=["pixel_values"],
        output_names=outputs,
        dynamic_shapes=({0: torch.export.Dim("batch"), 2: 32, 3: 32},),
        dynamo=True,
        external_data=False,
        verbose=False,
    )
    model = onnx.load(FOLDER / name)
    # What it was traced from fills a file of a few KB many times over.
    for node in model.graph.node:
        del node.metadata_props[:]
    for value in list(model.graph.value_info) + list(model.graph.input) + list(model.graph.output):
        del value.metadata_props[:]
    del model.graph.value_info[:]
    free(model)
    onnx.save(model, FOLDER / name)


export(True, "tokens.onnx", ["last_hidden_state", "pooler_output"])
export(False, "patches.onnx", ["last_hidden_state"])
for name, source in [("any_planes.onnx", "resnet.onnx"), ("any_pixels.onnx", "keras.onnx")]:
    model = onnx.load(FOLDER / source)
    free(model)
    onnx.save(model, FOLDER / name)
(FOLDER / "outside.data").unlink(missing_ok=True)
onnx.save(
    onnx.load(FOLDER / "resnet.onnx"),
    FOLDER / "outside.onnx",
    save_as_external_data=True,
    location="outside.data",
    size_threshold=0,
)
