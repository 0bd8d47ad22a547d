# SPDX-License-Identifier: GPL-2.0
"""The rtslib storage object of a mailbox LUN."""

PLUGIN = "knell"
MODULE = "knell_target"
SERIAL_MAX = 253    # what the kernel takes


def extend(tcm):
    """Adds the class KnellStorageObject to rtslib_fb.tcm and its registries."""
    from rtslib_fb.utils import RTSLibError, generate_wwn, modprobe

    def load_module():
        """Loads the kernel's part, or says how to get it."""
        try:
            modprobe(MODULE)
        except Exception as error:
            why = error.args[0] if error.args else error
            why = why.decode(errors="replace") if isinstance(why, bytes) else str(why)
            raise RTSLibError(f"mailboxes need the kernel module {MODULE}, which cannot be loaded "
                              f"({why.strip()}); install it for the running kernel: make install") from error

    class KnellStorageObject(tcm.StorageObject):
        """A mailbox: SCSI processor device without medium or parameters.

        With a wwn (T10 unit serial) it is created, as restoring a saved
        configuration does; without one it is looked up.
        """

        def __init__(self, name, wwn=None, index=None):
            if wwn is None:
                super().__init__(name, "lookup", index)
                return
            if len(wwn) > SERIAL_MAX or wwn.split() != [wwn]:
                raise RTSLibError(f"wwn is the unit serial number of the mailbox: 1 to {SERIAL_MAX} characters "
                                  f"without spaces, not {len(wwn)}: {wwn[:40]!r}")
            load_module()
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
