"""Makes the networks of PyTorch; see recipe.py. vit.onnx takes one image only, the others any number.

weights.pth is a state dict as PyTorch wrote them before version 1.6, and of no network.
"""

import onnx
import torch
from recipe import FOLDER, keep, image
from torch import nn


class ResNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 6, 3, 2, 1, bias=False), nn.BatchNorm2d(6), nn.ReLU(), nn.MaxPool2d(3, 2, 1))
        self.block = nn.Sequential(nn.Conv2d(6, 6, 3, 1, 1, bias=False), nn.BatchNorm2d(6), nn.ReLU(), nn.Conv2d(6, 6, 3, 1, 1))
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(6, 4)

    def features(self, x):
        x = self.stem(x)
        return torch.flatten(self.pool(torch.relu(x + self.block(x))), 1)

    def forward(self, x):
        return self.fc(self.features(x))


class EfficientNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1), nn.SiLU())
        self.filter = nn.Sequential(nn.Conv2d(8, 8, 5, 2, 2, groups=8), nn.SiLU())
        self.squeeze = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(8, 2, 1), nn.SiLU(), nn.Conv2d(2, 8, 1), nn.Sigmoid())
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(8, 4))

    def features(self, x):
        x = self.filter(self.stem(x))
        return (x * self.squeeze(x)).mean((2, 3))

    def forward(self, x):
        return torch.softmax(self.classifier(self.features(x)), 1)


class ViT(nn.Module):
    def __init__(self):
        super().__init__()
        self.patch = nn.Conv2d(3, 8, 8, 8)
        self.token = nn.Parameter(torch.randn(1, 1, 8))
        self.position = nn.Parameter(torch.randn(1, 17, 8))
        self.block = nn.TransformerEncoderLayer(8, 2, 16, activation="gelu", batch_first=True, norm_first=True)
        self.norm = nn.LayerNorm(8)
        self.head = nn.Linear(8, 4)

    def features(self, x):
        x = self.patch(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(x.shape[0], -1, -1), x], 1) + self.position
        return self.norm(self.block(x))[:, 0]

    def forward(self, x):
        return self.head(self.features(x))


def export(make, name, single=False, **options):
    torch.manual_seed(0)
    network = make().eval()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.uniform_(-0.5, 0.5)
            module.running_var.uniform_(0.5, 1.5)
    mean, std = [torch.tensor(v).reshape(3, 1, 1) for v in ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])]
    image = ((torch.tensor(image(32)).permute(2, 0, 1) / 255 - mean) / std)[None]
    with torch.no_grad():
        keep(f"{name} features", network.features(image))
        keep(f"{name} output", network(image))
    if not single:
        options["dynamic_shapes"] = ({0: torch.export.Dim("batch"), 2: 32, 3: 32},)
    torch.onnx.export(network, (image,), FOLDER / name, dynamo=True, external_data=False, verbose=False, **options)
    model = onnx.load(FOLDER / name)
    # What it was traced from fills a file of a few KB many times over.
    for node in model.graph.node:
        del node.metadata_props[:]
    for value in list(model.graph.value_info) + list(model.graph.input) + list(model.graph.output):
        del value.metadata_props[:]
    onnx.save(model, FOLDER / name)


export(ResNet, "resnet.onnx")
export(EfficientNet, "efficientnet.onnx")
export(ViT, "vit.onnx", single=True)
torch.manual_seed(0)
weights = {"features.0.0.weight": torch.randn(2, 3, 3, 3), "features.0.1.bias": torch.randn(4)[::2]}
weights["features.0.1.num_batches_tracked"] = torch.tensor(7)
torch.save(weights, FOLDER / "weights.pth", _use_new_zipfile_serialization=False)
