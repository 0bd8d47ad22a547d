# SPDX-License-Identifier: GPL-2.0
"""Teaches rtslib-fb and targetcli the LIO backstore "knell" (mailbox LUNs).

rtslib-fb knows only the backstores it ships with: on a machine with a foreign
one `targetcli ls` ends in a KeyError. knell_rtslib.pth makes every Python
start install an import hook, which extends the two modules when - and only
when - somebody imports them.
"""
