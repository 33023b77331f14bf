"""The layer check passes on the tree and fails when an include breaks a layer."""
import shutil
import subprocess
import sys

from conftest import ROOT


def check(root):
    return subprocess.run([sys.executable, str(ROOT / "scripts" / "check_rooms.py"), str(root)],
                          capture_output=True, text=True)


def test_the_tree_holds_its_layers():
    done = check(ROOT)
    assert done.returncode == 0, done.stdout


def test_an_include_that_points_up_is_found(tmp_path):
    shutil.copytree(ROOT / "src", tmp_path / "src")
    broken = tmp_path / "src" / "arm" / "role.cc"
    broken.write_text('#include "gateway/gateway.h"\n' + broken.read_text())
    done = check(tmp_path)
    assert done.returncode == 1
    assert "arm/role.cc: arm (layer 1) may not include gateway/gateway.h" in done.stdout


def test_the_real_clock_has_one_home(tmp_path):
    shutil.copytree(ROOT / "src", tmp_path / "src")
    broken = tmp_path / "src" / "dag" / "plan.cc"
    broken.write_text(broken.read_text() + "\nauto late = std::chrono::system_clock::now();\n")
    assert "take a Clock&" in check(tmp_path).stdout
