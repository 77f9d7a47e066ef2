"""The recipes of gan-train, with its names of the options (gan-train --list-recipes), as in its checkpoints."""

ADAM = {"optimizer": "adam", "beta1": 0.5, "beta2": 0.999, "epsilon": 1e-8, "epsilon-hat": False}
TENSORFLOW_ADAM = ADAM | {"epsilon-hat": True}
KERAS_ADAM = TENSORFLOW_ADAM | {"epsilon": 1e-7}
SGD = {"optimizer": "sgd", "momentum": 0.9, "nesterov": True}

COMMON = {"latent-size": 100, "base-channels": 16, "depth": 0, "dropout": 0.0, "dropout-last": True,
          "loss": "nonsaturating", "d-norm-last": True, "minibatch-std": False, "r1": 0.0, "penalty-every": 1,
          "d-steps": 1, "ema": 0.0, "sampling": "epoch", "limit": 0, "same-padding": False, "inferred-fakes": False,
          "g-lr-decay-after": 0, "d-lr-decay-after": 0}  # fmt: skip

CHANGEABLE = ("batch-size", "base-channels")  # by flags of pytorch_gan.py and keras_gan.py
# May differ from the recipe. Dropout draws other random numbers here anyway.
HARMLESS = CHANGEABLE + ("limit", "dropout")


def row(optimizer, **options):
    names = {name.replace("_", "-"): value for name, value in options.items()}
    both = {f"{player}-{name}": value for player in "gd" for name, value in optimizer.items()}
    return COMMON | names | both


RECIPES = {
    "mlp": row(KERAS_ADAM | {"lr": 2e-4}, arch="mlp", init="xavier", dropout=0.3, noise="normal", label_smoothing=0.0,
               joined_batch=True, fresh_noise=False, batch_size=128, sampling="replacement"),
    "upconv": row(SGD | {"lr": 1e-3}, arch="upconv", init="xavier", noise="uniform", label_smoothing=0.0,
                  joined_batch=True, fresh_noise=True, batch_size=128, sampling="sequential",
                  inferred_fakes=True),
    "dcgan": row(ADAM | {"lr": 2e-3, "beta1": 0.0, "beta2": 0.99, "lr-decay-after": 2000}, arch="dcgan", depth=1,
                 init="dcgan", d_norm_last=False, minibatch_std=True, noise="normal", label_smoothing=0.1,
                 joined_batch=False, fresh_noise=False, r1=0.3, penalty_every=4, batch_size=64, ema=0.9998,
                 norm_eps=1e-5, norm_momentum=0.1),
    "dcgan-wide": row(TENSORFLOW_ADAM | {"lr": 1e-3}, arch="dcgan", init="xavier", noise="uniform", label_smoothing=0.1,
                      joined_batch=False, fresh_noise=False, batch_size=64, base_channels=64, norm_eps=1e-3,
                      norm_momentum=0.01, same_padding=True),
}  # fmt: skip


def options_of(arguments):
    """The options of --recipe, with those that other flags change."""
    given = {name: vars(arguments)[name.replace("-", "_")] for name in CHANGEABLE}
    changed = {name: value for name, value in given.items() if value}
    return {"recipe": arguments.recipe} | RECIPES[arguments.recipe] | changed


def learning_rate(options, prefix, step):
    """Of a player, "g-" or "d-", at a step counted from 1."""
    after = options[prefix + "lr-decay-after"]
    return options[prefix + "lr"] / max(step / after, 1) ** 0.5 if after else options[prefix + "lr"]


def differences(options):
    """The options of a run that differ from its recipe, as "g-lr: 0.1, not 0.002"."""
    expected = RECIPES.get(options["recipe"])
    if not expected:
        return [f"no PyTorch version of {options['recipe']}"]
    changed = [name for name in expected if name not in HARMLESS and options.get(name) != expected[name]]
    return [f"{name}: {options.get(name)}, not {expected[name]}" for name in changed]
