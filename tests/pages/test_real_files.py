"""Files as instruments wrote them, dropped on the page: what they say is on the screen at once."""

import pytest

from training.data_folders import data_folder, has_data

pytestmark = [
    pytest.mark.slow,
    pytest.mark.data,
    pytest.mark.skipif(
        not has_data("instrument_files"), reason="the instrument files are not on this machine"
    ),
]

#: What a person drops: files, the type that they choose, and what the page must then say.
DROPS = {
    "neware": (["newarenda/test_2.ndax"], "Li||NMC", "finished cycles"),
    "arbin": (["cellpy/20160805_test001_45_cc_01.res"], "Li||NMC", "finished cycles"),
    "landt-with-spectra": (
        ["bdf/SINTEF__LiGrR2032__2024-04-30__25degC__Landt.bdf.csv",
         "impedance_py/exampleDataGamry.DTA"],
        "Li||Li",
        "spectr",
    ),
    "rest-alone": (["pyprobe/sample_data_novonix.csv"], "Li||NMC", "Not drawn"),
    "biologic-spectrum": (["yadg/peis.mpr"], "Li||Li", "spectrum of the whole cell"),
}  # fmt: skip
BROKEN = ("cellpy/custom_nan_inf.csv", "cellpy/custom_truncated.csv")


def drop(person, cell_id, files, cell_type="Li||Cu"):
    page = person.page
    person.open("/cells")
    page.get_by_text("Add a cell with its files", exact=True).click()
    page.set_input_files("#files", [data_folder("instrument_files") / file for file in files])
    page.locator("#chosen li").nth(len(files) - 1).wait_for()
    page.locator("#upload [name=cell_id]").fill(cell_id)
    page.locator("#upload [name=cell_type]").select_option(cell_type)
    page.get_by_role("button", name="Keep the cell").click()
    page.locator("#upload-said .notice").first.wait_for(timeout=60_000)


def test_real_files_are_dropped_read_and_understood(serve, walk):
    person = walk(serve())
    for cell_id, (files, cell_type, words) in DROPS.items():
        drop(person, cell_id, files, cell_type)
        person.page.get_by_role("link", name="See what it says").click()
        person.page.get_by_text("descriptors are measured").wait_for()
        person.page.wait_for_load_state("networkidle")
        main = person.page.inner_text("main")
        assert words in main
        assert "NaN" not in main
        assert "undefined" not in main
        person.picture(f"real-{cell_id}")


def test_a_broken_file_is_refused_by_name_and_nothing_is_kept(serve, walk):
    served = serve()
    person = walk(served, "422", "Response Status Error")
    for file in BROKEN:
        drop(person, "broken", [file])
        assert file.rpartition("/")[2] in person.page.inner_text("#upload-said")
    assert served.stores.cells.count() == 0
    person.picture("broken-file")


def test_the_recipe_of_the_predict_page_is_taken_over(serve, walk):
    person = walk(serve())
    page = person.page
    person.open("/")
    page.get_by_label("thickness nm").fill("750")
    page.get_by_role("button", name="Predict").click()
    page.locator("#answer .headline").first.wait_for()
    person.open("/cells")
    page.get_by_text("Add a cell with its files", exact=True).click()
    page.get_by_role("button", name="Take the recipe of the Predict page").click()
    assert page.locator("#upload [name=thickness_nm]").input_value() == "750"
    assert [each.input_value() for each in page.locator("#upload [name=phase_name]").all()] == [
        "Cu3N",
        "SBR",
    ]
    page.locator("#upload [name=cell_id]").fill("taken")
    page.get_by_role("button", name="Keep the cell").click()
    page.get_by_text("taken is kept").wait_for()
    page.get_by_role("link", name="taken").first.wait_for()
    person.picture("kept")
