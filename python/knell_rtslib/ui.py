# SPDX-License-Identifier: GPL-2.0
"""The targetcli path /backstores/knell."""

from knell_rtslib.storage_object import PLUGIN


def extend(ui_backstore):
    """Adds the mailbox backstore to targetcli.ui_backstore."""
    from rtslib_fb import tcm

    class UIKnellStorageObject(ui_backstore.UIStorageObject):
        """One mailbox."""

        def summary(self):
            return (f"mailbox {self.rtsnode.status}", True)

    class UIKnellBackstore(ui_backstore.UIBackstore):
        """Mailboxes: what knell's notices travel through."""

        def __init__(self, parent):
            self.so_cls = UIKnellStorageObject
            super().__init__(PLUGIN, parent)

        def ui_command_create(self, name, wwn=None):
            """
            Creates a mailbox. Export it on a target IQN of its own and never
            as LUN 0: `luns/ create /backstores/knell/NAME lun=1`.
            """
            self.assert_root()
            wwn = self.ui_eval_param(wwn, "string", None)
            so = tcm.KnellStorageObject.create(name, wwn)
            ui_so = UIKnellStorageObject(so, self)
            self.shell.log.info(f"Created mailbox {name}.")
            return self.new_node(ui_so)

    class UIBackstores(ui_backstore.UIBackstores):
        """All backstores, ours included."""

        def refresh(self):
            super().refresh()
            UIKnellBackstore(self)

    ui_backstore.UIKnellBackstore = UIKnellBackstore
    ui_backstore.UIBackstores = UIBackstores
