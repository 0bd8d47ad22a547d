# SPDX-License-Identifier: GPL-2.0
"""Import hook: runs our extension right after the module it extends."""

import importlib.abc
import importlib.machinery
import sys

# module that is extended -> our module, whose extend(module) does it
EXTENSIONS = {
    "rtslib_fb.tcm": "knell_rtslib.storage_object",
    "targetcli.ui_backstore": "knell_rtslib.ui",
}


class _Loader(importlib.abc.Loader):
    """Runs the module's own loader, then our extension."""

    def __init__(self, loader, extension):
        self._loader = loader
        self._extension = extension

    def create_module(self, spec):
        return self._loader.create_module(spec)

    def exec_module(self, module):
        self._loader.exec_module(module)
        importlib.import_module(self._extension).extend(module)


class _Finder(importlib.abc.MetaPathFinder):
    """Wraps the loader of the modules named in EXTENSIONS."""

    def find_spec(self, fullname, path=None, target=None):
        extension = EXTENSIONS.get(fullname)
        if extension is None:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader, extension)
        return spec


def install():
    """Installs the hook once; modules imported before are extended at once."""
    if any(isinstance(finder, _Finder) for finder in sys.meta_path):
        return
    sys.meta_path.insert(0, _Finder())
    for name, extension in EXTENSIONS.items():
        if name in sys.modules:
            importlib.import_module(extension).extend(sys.modules[name])
