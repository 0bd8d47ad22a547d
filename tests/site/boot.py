# SPDX-License-Identifier: GPL-2.0
"""The machines come up; what everything else needs."""

from checks import check, expect
from machines import NUMBERS, Machines


@check("three Debian machines boot with systemd", essential=True)
def boot(site: Machines) -> None:
    site.start()
    for name in NUMBERS:
        state = site[name].run("systemctl", "is-system-running", check=False).out.strip()
        failed = site[name].run("systemctl", "--failed", "--no-legend", "--plain").out
        expect(state == "running", f"{name} is {state}: {failed}")
