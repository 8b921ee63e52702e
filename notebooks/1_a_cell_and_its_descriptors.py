# %% [markdown]
# # 1. A cell and its descriptors
#
# Two cells come off the cycler: bare copper, and copper with the founding paper's coating, Cu3N
# in SBR. What do the files say? Both cells are **simulated**, so that the truth is known beside
# them.

# %%
import matplotlib.pyplot as plt
import pandas as pd

from features import describe, fit_spectra
from features.cycles import cycles
from training.virtual_lab import founding_recipe, simulate

SPECTRUM_CYCLES = (0, 10, 20, 50)
virtual = {
    name: simulate(founding_recipe(name), seed=1, n_cycles=60, spectrum_cycles=SPECTRUM_CYCLES)
    for name in ("bare", "Cu3N+SBR")
}
cells = {name: each.cell for name, each in virtual.items()}
cells["bare"].cycling.head()

# %% [markdown]
# Current, voltage, time: nothing else is recorded, and nothing else is needed. A cycle is a
# plating and the stripping that follows; the first half-cycle of a `Li||Cu` cell plates on
# copper. **Coulombic efficiency is stripped over plated charge of the same cycle.**

# %%
tables = {name: cycles(cell) for name, cell in cells.items()}
tables["Cu3N+SBR"].head().round(4)

# %%
fig, panels = plt.subplots(1, 2, figsize=(9, 3.4), layout="constrained")
for name, table in tables.items():
    panels[0].plot(table["cycle"], table["ce_fraction"], ".", label=name)
    panels[1].plot(table["cycle"], table["hysteresis_mV"], ".", label=name)
panels[0].set(xlabel="cycle", ylabel="CE (fraction)", ylim=(0.6, 1.01))
panels[1].set(xlabel="cycle", ylabel="hysteresis (mV)")
panels[0].legend()

# %% [markdown]
# The same charge in another wiring is the same chemistry. Tools that divide "discharge by
# charge" get the inverse.

# %%
coated = cells["Cu3N+SBR"]
told = tables["Cu3N+SBR"]["ce_fraction"].mean()
upside_down = 1 / told
print(f"stripped over plated {told:.4f}; the inverse would read {upside_down:.4f}, above one")

# %% [markdown]
# ## The sheet
#
# One function makes every descriptor, for training, for the service and for this page. It cuts
# a cell to its window before anything looks, here to twenty cycles.

# %%
sheet = describe(list(cells.values()), n_cycles=20)
shown = sheet.values.T.set_axis(list(cells), axis=1)
shown.insert(0, "unit", pd.Series(sheet.units))
shown.dropna().round(4)

# %% [markdown]
# What is blank has a reason, never a default.

# %%
pd.Series(sheet.absent(1)).value_counts().head(8)

# %% [markdown]
# ## Impedance
#
# The voltage under load sees the sum of film and charge transfer. A spectrum sees both, if it
# can: the fit says whether the two arcs can be told apart, and each resistance has its standard
# deviation.

# %%
fits = {
    name: fit_spectra(cell.spectra, area_cm2=cell.area_cm2, n_interfaces=2).table
    for name, cell in cells.items()
}
for name, table in fits.items():
    columns = ["R_SEI_ohm_cm2", "R_SEI_ohm_cm2_sd", "R_ct_ohm_cm2", "identifiable"]
    print(
        name, table[columns].set_axis(SPECTRUM_CYCLES).rename_axis("cycle").round(2), "", sep="\n"
    )

# %%
fig, panel = plt.subplots(figsize=(5, 3.4), layout="constrained")
for name, cell in cells.items():
    first, last = cell.spectra[0], cell.spectra[-1]
    for spectrum, line in ((first, "--"), (last, "-")):
        z = spectrum.impedance_ohm * cell.area_cm2
        panel.plot(z.real, -z.imag, line, label=f"{name}, cycle {spectrum.cycle}")
panel.set(xlabel="Re Z (ohm cm2)", ylabel="-Im Z (ohm cm2)", aspect="equal")
panel.legend(fontsize=7)

# %% [markdown]
# The truth of the virtual lab, beside what the descriptors say from twenty cycles: the mean CE
# of the coated cell, and its life.

# %%
for name, each in virtual.items():
    ce = shown.loc["ce_mean_fraction", name]
    print(
        f"{name}: measured CE {ce:.4f}, true {each.true_ce_fraction:.4f}; "
        f"true life {each.true_cycle_life_cycles} cycles"
    )
