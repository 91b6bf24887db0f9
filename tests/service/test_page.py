"""The page in a real Chromium: from an upload to the file that the program writes."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from blocks_inputs import make, noise
from fiji_bridge.cli import run as program
from service_helpers import ALICE, Running, tiff

pytestmark = pytest.mark.jvm
CHROMIUM = shutil.which("chromium")
#: Pictures of the page, for people, where this is set.
LOOK = os.environ.get("FIJI_BRIDGE_LOOK")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    sync = pytest.importorskip("playwright.sync_api")
    if CHROMIUM is None:
        pytest.skip("there is no chromium (Debian: apt-get install chromium)")
    with sync.sync_playwright() as playwright:
        # Root has no sandbox of Chromium's; the page is our own.
        made = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield made
        made.close()


@pytest.fixture
def page(browser: Any, running: Running) -> Iterator[Any]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    made = context.new_page()
    made.said = []
    made.on("console", lambda message: made.said.append(message.text))
    made.on("pageerror", lambda error: made.said.append(str(error)))
    made.goto(f"http://127.0.0.1:{running.port}/")
    yield made
    context.close()


def come_in(page: Any) -> None:
    page.get_by_label("The token of this service").fill(ALICE)
    page.get_by_role("button", name="Come in").click()
    page.get_by_label("Drop a TIFF here").wait_for()


def open_bead(page: Any, folder: Path, data: Any = None) -> Path:
    if data is None:
        data = np.zeros((15, 33, 35), np.uint16)
        data[7, 16, 17] = 40_000
    path = folder / "bead.tif"
    path.write_bytes(tiff(data, "0.125 0.05 0.05 um"))
    page.get_by_label("Drop a TIFF here").set_input_files(path)
    page.get_by_text("bead.tif is open").wait_for()
    page.locator("#plan table").wait_for()
    return path


def planned(page: Any, sigma: str) -> None:
    with page.expect_response("**/v1/plans"):
        page.get_by_label("Sigma", exact=True).fill(sigma)
    page.locator("#plan td", has_text=sigma.replace("um", "µm")).first.wait_for()


def faults(page: Any) -> list[str]:
    from axe_playwright_python.sync_playwright import Axe

    # The page's own CSP would keep the checker out; it is tested elsewhere.
    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {one['nodes'][0]['html']}"
        for one in found
        if one["impact"] in ("serious", "critical", "moderate")
    ]


def drawn(answer: Any) -> bool:
    return "/views.png?" in answer.url and answer.ok


def look(page: Any, name: str) -> None:
    if LOOK:
        page.screenshot(path=f"{LOOK}/{name}.png", full_page=True)


def test_a_bead_is_blurred_as_by_the_program(page: Any, tmp_path: Path) -> None:
    """Upload, plan, preview, run, download: the file has the bytes of the program's."""
    come_in(page)
    path = open_bead(page, tmp_path)
    assert page.get_by_label("Voxel size").input_value().startswith("0.125 0.05 0.05")
    planned(page, "0.1 um")
    assert "warning" not in page.locator("#wrong").inner_text()
    page.get_by_role("button", name="Preview").click()
    page.locator("#previews:not([hidden])").wait_for()
    page.get_by_label("Cross-check the result").check()
    page.get_by_role("button", name="Run", exact=True).click()
    page.get_by_text("Cross-check: passed").wait_for(timeout=120_000)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download result.tif").click()
    assert waiting.value.suggested_filename == "bead-gaussian.tif"
    waiting.value.save_as(tmp_path / "page.tif")
    assert program(["gaussian", str(path), str(tmp_path / "program.tif"), "--sigma", "0.1 um"]) == 0
    assert (tmp_path / "page.tif").read_bytes() == (tmp_path / "program.tif").read_bytes()
    assert "--sigma=0.1 um" in page.locator("#same").inner_text()
    page.get_by_role("cell", name="gaussian").first.wait_for()
    assert page.said == []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for width in (1280, 400):
            page.set_viewport_size({"width": width, "height": 900})
            look(page, f"{scheme}-{width}")
            assert faults(page) == []
            scroll = page.evaluate("document.documentElement.scrollWidth")
            assert scroll <= width, (scheme, width, scroll)


def test_what_makes_no_sense_is_said_while_one_types(page: Any, tmp_path: Path) -> None:
    come_in(page)
    open_bead(page, tmp_path)
    page.get_by_label("Sigma", exact=True).fill("-1 um")
    page.locator("#plan", has_text="not negative").wait_for()
    assert page.get_by_role("button", name="Run", exact=True).is_disabled()
    planned(page, "0.2 um")
    # A voxel size that was typed in counts.
    with page.expect_response("**/v1/plans"):
        page.get_by_label("Voxel size").fill("0.4 0.2 0.2 um")
    page.locator("#plan td", has_text="0.4 µm").first.wait_for()
    assert page.get_by_role("button", name="Run", exact=True).is_enabled()


def test_with_the_keyboard_and_the_mouse_in_the_views(page: Any, tmp_path: Path) -> None:
    come_in(page)
    open_bead(page, tmp_path)
    field = page.get_by_label("z", exact=False).locator("visible=true").and_(page.locator("#at-z"))
    before = int(field.input_value())
    field.focus()
    with page.expect_response(drawn):
        page.keyboard.press("ArrowRight")
    assert int(field.input_value()) == before + 1
    assert page.locator("#cross line").count() == 6
    box = page.locator("#cross").bounding_box()
    with page.expect_response(drawn):
        # Scrolls there first.
        page.locator("#cross").click(position={"x": box["width"] / 10, "y": box["height"] / 10})
    assert int(page.locator("#at-x").input_value()) < 17


def test_a_region_is_drawn_with_the_mouse(page: Any, tmp_path: Path) -> None:
    come_in(page)
    open_bead(page, tmp_path)
    page.locator("#at-x").focus()
    with page.expect_response(drawn) as views:
        page.keyboard.press("Home")
    layout = json.loads(views.value.headers["x-layout"])
    page.locator("#cross").scroll_into_view_if_needed()
    frame = page.locator("#cross").bounding_box()
    across, down = frame["width"] / layout["width"], frame["height"] / layout["height"]
    left, top, wide, high = layout["boxes"]["xy"]
    left, wide = frame["x"] + left * across, wide * across
    top, high = frame["y"] + top * down, high * down
    page.mouse.move(left + wide * 4.5 / 35, top + high * 10.5 / 33)
    page.mouse.down()
    page.mouse.move(left + wide * 20 / 35, top + high * 22 / 33)
    page.mouse.move(left + wide * 24.5 / 35, top + high * 27.5 / 33)
    page.mouse.up()
    assert page.get_by_label("Region of the preview").input_value() == "y=10:28 x=4:25"
    assert page.locator("#cross rect").count() == 3
    # The crosshair stays where it was, for nothing was clicked.
    assert page.locator("#at-x").input_value() == "0"
    with page.expect_response("**/v1/previews") as waiting:
        page.get_by_role("button", name="Preview").click()
    assert waiting.value.json()["region"] == {"z": [0, 15], "y": [10, 28], "x": [4, 25]}
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        look(page, f"region-{scheme}")
    assert faults(page) == []
    # The same by keyboard; what makes no sense is said.
    page.get_by_label("Region of the preview").fill("z=3:900")
    page.get_by_role("button", name="Preview").click()
    page.locator("#wrong", has_text="which has 0 to 15").wait_for()
    page.get_by_label("Region of the preview").fill("z=3:9")
    with page.expect_response("**/v1/previews") as waiting:
        page.get_by_role("button", name="Preview").click()
    assert waiting.value.json()["region"]["z"] == [3, 9]
    # The browser tells of the one that was refused.
    assert [line for line in page.said if "status of 422" not in line] == []


def test_what_suggest_measured_is_a_picture(page: Any, tmp_path: Path) -> None:
    from scipy.ndimage import gaussian_filter

    data = np.zeros((24, 64, 64))
    rng = np.random.default_rng(3)
    for place in rng.integers(8, [16, 56, 56], (12, 3)):
        data[tuple(place)] = 4e6
    data = gaussian_filter(data, (2.2, 2, 2)) + rng.normal(100, 3, data.shape)
    come_in(page)
    open_bead(page, tmp_path, data.clip(0, 65535).astype(np.uint16))
    page.get_by_label("What to do").select_option("suggest")
    page.get_by_label("Image of beads").check()
    with page.expect_response("**/v1/plans"):
        page.get_by_label("Image of beads").focus()
    page.get_by_role("button", name="Run", exact=True).click()
    page.locator("#blur:not([hidden]) svg").first.wait_for(timeout=120_000)
    assert page.locator("#blur path.measured").count() == 3
    assert page.locator("#blur path.proposed").count() == 3
    said = page.locator("#blur title").first.text_content()
    page.get_by_role("cell", name="suggest").first.wait_for()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for width in (1280, 400):
            page.set_viewport_size({"width": width, "height": 900})
            look(page, f"suggest-{scheme}-{width}")
            assert faults(page) == []
            assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert "along z: sigma 0.27" in said
    assert page.said == []


def test_an_ome_zarr_that_is_there_already(page: Any, running: Running, tmp_path: Path) -> None:
    make(running.service.settings.roots["scope"] / "bead.zarr", noise((12, 40, 44)))
    come_in(page)
    page.get_by_label("File or folder").select_option("bead.zarr")
    page.get_by_role("button", name="Open").click()
    page.get_by_text("bead.zarr is open").wait_for()
    page.locator("#plan", has_text="1 block, ").wait_for()
    page.get_by_role("button", name="Run", exact=True).click()
    page.locator("#addresses code", has_text="/result.ome.zarr").first.wait_for(timeout=120_000)
    address = page.locator("#addresses code").first.text_content()
    path = address.removeprefix(f"http://127.0.0.1:{running.port}")
    assert running.alice("GET", f"{path}/zarr.json").status == 200
    page.get_by_role("cell", name="gaussian").first.wait_for()
    look(page, "store")
    assert faults(page) == []
    assert page.said == []


def test_a_session_ends_and_hostile_names_are_text(page: Any, tmp_path: Path) -> None:
    come_in(page)
    name = "<img src=x onerror=document.title='run'>.tif"
    path = tmp_path / name
    path.write_bytes(tiff())
    page.get_by_label("Drop a TIFF here").set_input_files(path)
    page.get_by_role("heading", name=name).wait_for()
    assert page.title() == "fiji_bridge"
    page.get_by_role("button", name="Log out").click()
    page.get_by_label("The token of this service").wait_for()
    page.reload()
    page.get_by_label("The token of this service").fill("w" * 30)
    page.get_by_role("button", name="Come in").click()
    page.get_by_text("this is no token of this service").wait_for()
    look(page, "login")
