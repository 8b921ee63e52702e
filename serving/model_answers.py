"""What the service tells of its models."""

from models.shelf import Champion
from serving.champions import Champions
from serving.choice import evidence_of
from serving.replies import BrokenModel, ModelCard, ModelsReply, model_out


def models(champions: Champions) -> ModelsReply:
    """Return the cards of all ready models, and what is wrong with the others."""
    return ModelsReply(
        models=[model_card(champion) for champion in champions.ready.values()],
        broken=broken_models(champions),
    )


def model_card(champion: Champion) -> ModelCard:
    """Return what a model predicts, from what, and what it was trained on."""
    predictor = champion.predictor
    return ModelCard(
        model=model_out(champion.entry),
        target=predictor.target,
        unit=predictor.unit,
        n_cycles=predictor.n_cycles,
        tier=evidence_of(champion).name,
        descriptors=dict(predictor.descriptor_versions),
        provenance=predictor.provenance,
    )


def broken_models(champions: Champions) -> list[BrokenModel]:
    """Return the models that could not be loaded."""
    return [BrokenModel(name=name, error=error) for name, error in champions.broken.items()]
