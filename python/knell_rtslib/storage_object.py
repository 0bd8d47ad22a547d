# SPDX-License-Identifier: GPL-2.0
"""The rtslib storage object of a mailbox LUN."""

PLUGIN = "knell"
MODULE = "knell_target"


def extend(tcm):
    """Adds the class KnellStorageObject to rtslib_fb.tcm and its registries."""
    from rtslib_fb.utils import generate_wwn, modprobe

    class KnellStorageObject(tcm.StorageObject):
        """A mailbox: SCSI processor device without medium or parameters.

        With a wwn (T10 unit serial) it is created, as restoring a saved
        configuration does; without one it is looked up.
        """

        def __init__(self, name, wwn=None, index=None):
            if wwn is None:
                super().__init__(name, "lookup", index)
                return
            modprobe(MODULE)
            super().__init__(name, "create", index)
            try:
                self._enable()
                self._configure(wwn)
            except Exception:
                self.delete()
                raise

        @classmethod
        def create(cls, name, wwn=None):
            """Creates a mailbox, with a new serial number if none is given."""
            return cls(name, wwn or generate_wwn("unit_serial"))

        def dump(self):
            return {**super().dump(), "wwn": self.wwn}

    tcm.KnellStorageObject = KnellStorageObject
    tcm.so_mapping[PLUGIN] = KnellStorageObject
    tcm.bs_params[KnellStorageObject] = {"name": PLUGIN}
