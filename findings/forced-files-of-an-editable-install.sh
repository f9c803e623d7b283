#!/usr/bin/env bash
# Data files that hatchling puts into a package from elsewhere, and an editable install of that package.
#
# Versions   hatchling 1.27.0, 1.28.0
# Input      a package `till`, and beside it a folder `contract`, which `force-include` puts at `till/contract` in the wheel
# Guess      an editable install shows the folder there too, linked to the source, so that edits are seen
# Behaviour  it copies the folder into site-packages/till/contract, once, and nobody reads the copy: `till` is the source's
#            package (by a .pth file), and importlib.resources looks beside its __init__ and finds nothing. What works from a
#            wheel fails in the developer's environment, while the file lies there for all to see, ever older.
# Way out    look in the package first, then in the source tree
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
mkdir -p project/till project/contract
touch project/till/__init__.py
cat > look.py <<'PYTHON'
import site
from importlib import resources
from pathlib import Path

found = resources.files("till") / "contract" / "tickets.json"
copy = Path(site.getsitepackages()[0]) / "till" / "contract" / "tickets.json"
print("the package sees", found.read_text().strip() if found.is_file() else "nothing", end=", ")
print("site-packages has", copy.read_text().strip() if copy.is_file() else "nothing")
PYTHON

seen() {
    for version in 1.27.0 1.28.0; do
        cat > project/pyproject.toml <<TOML
[build-system]
requires = ["hatchling==$version"]
build-backend = "hatchling.build"
[project]
name = "till"
version = "1"
[tool.hatch.build.targets.wheel]
packages = ["till"]
[tool.hatch.build.targets.wheel.force-include]
contract = "till/contract"
TOML
        for way in "" --editable; do
            echo "as installed" > project/contract/tickets.json
            python3 -m venv --clear venv
            venv/bin/pip install --quiet --disable-pip-version-check $way ./project >> log 2>&1
            echo "edited" > project/contract/tickets.json
            echo "hatchling $version ${way:-wheel}: $(venv/bin/python look.py)"
        done
    done
}
diff - <(seen) << 'SEEN' || { tail -5 log; exit 1; }
hatchling 1.27.0 wheel: the package sees as installed, site-packages has as installed
hatchling 1.27.0 --editable: the package sees nothing, site-packages has as installed
hatchling 1.28.0 wheel: the package sees as installed, site-packages has as installed
hatchling 1.28.0 --editable: the package sees nothing, site-packages has as installed
SEEN
echo "as it was seen"
