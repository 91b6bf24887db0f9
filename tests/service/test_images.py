"""Uploads, references, what is read of them, and files that are made to do harm."""

from __future__ import annotations

import io
import struct
import zlib
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image as Picture

import fiji_bridge
from conftest import ROOT
from service_helpers import Running, np_file, tiff

pytestmark = pytest.mark.jvm
CASES = ROOT / "tests" / "cases"
SHARED = ROOT.parent / "shared" / "cases"


class TestUploads:
    def test_says_what_was_read(self, running: Running) -> None:
        found = running.alice.upload(tiff())
        assert found["axes"] == ["z", "y", "x"]
        assert (found["shape"], found["dtype"]) == ([12, 40, 44], "uint16")
        assert found["voxels"]["z"]["size"] == 2.0
        assert found["voxels"]["z"]["problem"] is None
        assert found["warnings"] == []

    def test_a_missing_calibration_is_said_and_can_be_given(self, running: Running) -> None:
        file = io.BytesIO()
        tifffile.imwrite(file, np.zeros((4, 9, 9), np.uint8), photometric="minisblack")
        found = running.alice.upload(file.getvalue())
        assert "makes no sense" in found["voxels"]["z"]["problem"]
        asked = {"image": found["id"], "operation": "gaussian", "parameters": {"sigma": "1 um"}}
        refused = running.alice("POST", "/v1/plans", asked)
        assert refused.status == 422
        assert refused.json["error"] == "CalibrationError"
        planned = running.alice("POST", "/v1/plans", {**asked, "voxel_size": "2 0.5 0.5 um"})
        assert planned.status == 200
        assert planned.json["plan"]["axes"][0]["sigma_px"] == 0.5
        assert "--voxel-size '2 0.5 0.5 um'" in planned.json["same_as"]["command line"]

    def test_goes_on_where_it_broke_off(self, running: Running) -> None:
        data = tiff()
        said = {"name": "a.tif", "size": len(data), "sha256": sha256(data).hexdigest()}
        number = running.alice("POST", "/v1/images", said).json["id"]
        assert running.alice.patch(number, 0, data[:1000]).json["received"] == 1000
        again = running.alice.patch(number, 0, data[:1000])
        assert again.status == 409
        assert again.json["received"] == 1000
        assert running.alice.patch(number, 1000, data[1000:]).json["state"] == "ready"
        assert running.alice.patch(number, len(data), b"").status == 409

    def test_another_digest_is_refused(self, running: Running) -> None:
        data = tiff()
        said = {"name": "a.tif", "size": len(data), "sha256": "0" * 64}
        number = running.alice("POST", "/v1/images", said).json["id"]
        found = running.alice.patch(number, 0, data).json
        assert found["state"] == "refused"
        assert sha256(data).hexdigest() in found["reason"]
        assert not running.service.files.image(number).exists()
        views = running.alice("GET", f"/v1/images/{number}/views.png")
        assert views.status == 409

    def test_the_quota_counts_what_is_announced(self, running: Running) -> None:
        numbers = []
        while True:
            said = {"name": "a.tif", "size": 60 * 2**20, "sha256": "0" * 64}
            answer = running.bob("POST", "/v1/images", said)
            if answer.status != 201:
                break
            numbers.append(answer.json["id"])
        assert answer.status == 507
        assert len(numbers) == 3
        for number in numbers:
            assert running.bob("DELETE", f"/v1/images/{number}").status == 204
        assert not running.service.files.image(numbers[0]).exists()


class TestViews:
    def test_are_at_true_aspect(self, running: Running, image: str) -> None:
        answer = running.alice("GET", f"/v1/images/{image}/views.png?z=3&y=4&x=5")
        assert answer.headers["content-type"] == "image/png"
        picture = Picture.open(io.BytesIO(answer.body))
        # 12 planes of 2 um and 44 columns of 0.45 um: z is drawn longer than x.
        assert picture.size[0] > 2 * 44

    @pytest.mark.parametrize(
        "query",
        ["z=1", "z=1&y=1&x=1000", "channel=7", "frame=3", "low=a", "nothing=1", "method=run",
         "low=nan", "z=-1&y=0&x=0", "z=99999999999&y=0&x=0", "voxel_size=a", "high=1e999"],
    )  # fmt: skip
    def test_senseless_queries(self, running: Running, image: str, query: str) -> None:
        answer = running.alice("GET", f"/v1/images/{image}/views.png?{query}")
        assert answer.status == 422, answer.body


def bomb_tiff(side: int) -> bytes:
    """One strip of zeros, packed 1000 times: a few kilobytes that claim gigabytes."""
    strip = zlib.compress(bytes(1 << 20), 9)
    entries = [
        (256, 4, side), (257, 4, side), (258, 3, 8), (259, 3, 8), (262, 3, 1), (273, 4, 8),
        (277, 3, 1), (278, 4, side), (279, 4, len(strip)),
    ]  # fmt: skip
    directory = struct.pack("<H", len(entries))
    for tag, kind, value in entries:
        directory += struct.pack("<HHII", tag, kind, 1, value)
    start = 8 + len(strip)
    return b"II*\0" + struct.pack("<I", start) + strip + directory + bytes(4)


def npy(header: str) -> bytes:
    text = header.encode("latin1")
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text


class _Runs:
    def __reduce__(self) -> tuple[object, ...]:
        return (Path("/tmp/fiji-bridge-was-executed").touch, ())


def pickled() -> bytes:
    file = io.BytesIO()
    np.save(file, np.array([_Runs()], dtype=object), allow_pickle=True)
    return file.getvalue()


LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE OME [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d SYSTEM "file:///etc/passwd">]>'
    '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06">&c;&d;</OME>'
)


class TestHarm:
    @pytest.mark.parametrize("side", [20_000, 60_000, 2**31 - 1])
    def test_bombs_are_refused_before_they_are_unpacked(self, running: Running, side: int) -> None:
        found = running.alice.upload(bomb_tiff(side))
        assert found["state"] == "refused"
        assert "claims" in found["reason"] or "hold" in found["reason"], found["reason"]

    @pytest.mark.parametrize(
        "data",
        [
            npy("{'descr': '<f8', 'fortran_order': False, 'shape': (100000, 100000, 1000)}\n"),
            npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}\n") + b"cos\nsystem\n",
            npy("__import__('os').system('touch /tmp/fiji-bridge-was-executed')\n"),
            npy("{'descr': '<f8', 'fortran_order': False, 'shape': (" + "1," * 9000 + ")}\n"),
            npy("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,)}\n") + bytes(8),
            npy("{'descr': '<U4', 'fortran_order': False, 'shape': (1,)}\n") + bytes(16),
            npy("{'descr': '<f8', 'fortran_order': False, 'shape': (0, 5, 5)}\n"),
            npy("{'descr': '<f8', 'fortran_order': False, 'shape': (-1, 5, 5)}\n") + bytes(200),
            b"\x93NUMPY\x03\x00\xff\xff\xff\xff",
            b"\x93NUMPY",
            b"PK\x03\x04" + bytes(100),
            b"x",
            pickled(),
        ],
        ids=range(13),
    )
    def test_npy_files_of_anything_else(self, running: Running, data: bytes) -> None:
        found = running.alice.upload(data, "a.npy", {"axes": ["z", "y", "x"]})
        assert found["state"] == "refused", found
        assert not Path("/tmp/fiji-bridge-was-executed").exists()

    def test_descriptions_of_anything_else(self, running: Running) -> None:
        data, _ = np_file(2**16)
        for described in (
            {"axes": ["q"]},
            {"axes": []},
            {"axes": ["z"] * 100},
            {"axes": ["z", "y", "x"], "more": 1},
            {"axes": ["z", "y", "x"], "calibration": {"z": {"size": "x"}}},
        ):
            said = {"name": "a", "size": len(data), "sha256": "0" * 64, "described": described}
            assert running.alice("POST", "/v1/images", said).status in (201, 422), described
        for described in (
            {"axes": ["y", "x"]},
            {"axes": ["z", "z", "x"]},
            {"axes": ["z", "y", "x"], "metadata": {"luts": ["AAAA"]}},
            {"axes": ["z", "y", "x"], "metadata": {"roi": "§"}},
        ):
            assert running.alice.upload(data, "a.npy", described)["state"] == "refused"

    @pytest.mark.parametrize(
        "data",
        [
            pytest.param(b"", id="empty"),
            pytest.param(b"II*\0\xff\xff\xff\xff", id="directory nowhere"),
            pytest.param(b"GIF89a" + bytes(100), id="another format"),
            pytest.param(b"\x80\x04\x95cos\nsystem\n(S'true'\ntR.", id="pickle"),
            pytest.param(b"<?xml version='1.0'?><svg onload='alert(1)'/>", id="svg"),
        ],
    )
    def test_what_is_no_image(self, running: Running, data: bytes) -> None:
        found = running.alice.upload(data or b"\0")
        assert found["state"] == "refused"
        assert found["reason"]

    def test_entities_of_xml(self, running: Running) -> None:
        file = io.BytesIO()
        tifffile.imwrite(file, np.zeros((4, 5), np.uint8), description=LAUGHS, metadata=None)
        found = running.alice.upload(file.getvalue(), "a.ome.tif")
        assert "root:" not in str(found)
        assert found["state"] == "refused"

    def test_an_ome_tiff_names_no_other_file(self, running: Running, image: str) -> None:
        """Another upload lies in a folder beside; a name with .. would lead there."""
        file = io.BytesIO()
        xml = (
            '<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" '
            'UUID="urn:uuid:1"><Image ID="Image:0"><Pixels ID="Pixels:0" DimensionOrder="XYZCT" '
            'Type="uint16" SizeX="44" SizeY="40" SizeZ="12" SizeC="1" SizeT="1">'
            '<Channel ID="Channel:0" SamplesPerPixel="1"/>'
            f'<TiffData PlaneCount="12"><UUID FileName="../{image}/content">urn:uuid:2</UUID>'
            "</TiffData></Pixels></Image></OME>"
        )
        tifffile.imwrite(file, np.zeros((40, 44), np.uint16), description=xml, metadata=None)
        found = running.bob.upload(file.getvalue(), "a.ome.tif")
        assert found["state"] == "refused"

    def test_damaged_files_of_the_cases(self, running: Running) -> None:
        """Each is refused with a sentence, or read; the service stays."""
        files = sorted(CASES.glob("*.tif"))
        if SHARED.is_dir():
            files += sorted((SHARED / "30-hostile-files").glob("*.tif"))
        assert files
        for path in files:
            found = running.alice.upload(path.read_bytes(), path.name)
            assert found["state"] in ("ready", "refused"), path
            assert (found["state"] == "refused") == bool(found["reason"])
            assert running.alice("DELETE", f"/v1/images/{found['id']}").status == 204
        assert running.alice("GET", "/health").json == {"status": "ok"}


def test_a_reference_gives_the_bits_of_the_file(running: Running, tmp_path: Path) -> None:
    root = running.service.settings.roots["scope"]
    (root / "here.tif").write_bytes(tiff())
    made = running.alice("POST", "/v1/references", {"root": "scope", "path": "here.tif"})
    job = running.alice.submit(made.json["id"], parameters={"sigma": "0.6 um"})
    assert running.alice.wait(job["id"])["state"] == "done"
    answer = running.alice("GET", f"/v1/results/{job['id']}/result.tif")
    here = fiji_bridge.gaussian(root / "here.tif", sigma="0.6 um")
    (tmp_path / "r.tif").write_bytes(answer.body)
    np.testing.assert_array_equal(fiji_bridge.read(tmp_path / "r.tif").data, here.data)
