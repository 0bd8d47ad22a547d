#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# stranger.sh IQN: try to log in as the interface "stranger"; the exit status is iscsiadm's.
portal=$(iscsiadm -m session | sed -n 's/.* \([0-9.]*\):3260,.*/\1/p' | head -n 1)
iscsiadm -m node -T "$1" -p "$portal" -I stranger -o new >/dev/null
iscsiadm -m node -T "$1" -p "$portal" -I stranger --login
status=$?
iscsiadm -m node -T "$1" -p "$portal" -I stranger -o delete
exit $status
