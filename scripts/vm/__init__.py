# SPDX-License-Identifier: GPL-2.0
"""Virtual machines and clusters of them for tests and the demo."""
