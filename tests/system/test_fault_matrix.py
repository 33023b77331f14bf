"""A short cut of the fault matrix (`make faults`): every cell is met, by few mutations; the gateway is killed in between."""
import subprocess
import sys

from conftest import BINARY, ROOT


def test_each_mutation_happens_exactly_once(tmp_path):
    done = subprocess.run([sys.executable, ROOT / "tests" / "faults" / "run", BINARY, "--mutations", "150", "--workers", "2",
                           "--threads", "20", "--keep", tmp_path / "faults"], capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]
    assert "faults: 150 mutations" in done.stdout and " 0 wrong" in done.stdout
    assert "0 times kill -9" not in done.stdout
