# SPDX-License-Identifier: GPL-2.0
"""Turns samples into medians, ratios, a table and a JSON document."""

import json
import statistics
from dataclasses import dataclass, field
from pathlib import Path
from typing import Optional

import scale


@dataclass
class Row:
    """One line of the table; samples in ns."""

    name: str
    samples: list[int]
    yardstick: Optional[str] = None
    """name of the row it is a ratio of"""


@dataclass
class Report:
    """Everything that was measured."""

    facts: dict[str, object] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    minute: dict[str, float] = field(default_factory=dict)
    """what a healthy minute costs, by name with its unit"""
    curve: list[scale.Point] = field(default_factory=list)
    """one router and more and more nodes"""

    def add(self, name: str, samples: list[int], yardstick: Optional[str] = None) -> None:
        """A row, unless there is nothing to show."""
        if samples:
            self.rows.append(Row(name, samples, yardstick))

    def median(self, name: str) -> Optional[float]:
        """Median of a row, ns."""
        return next((statistics.median(row.samples) for row in self.rows if row.name == name), None)

    def ratio(self, row: Row) -> Optional[float]:
        """A row's median over its yardstick's."""
        base = self.median(row.yardstick) if row.yardstick else None
        return statistics.median(row.samples) / base if base else None

    def table(self) -> str:
        """For people."""
        lines = [f"{'':44} {'n':>5} {'min':>9} {'median':>9} {'max':>9}  ms     ratio"] if self.rows else []
        for row in self.rows:
            low, mid, high = (f"{ns / 1e6:9.2f}"
                              for ns in (min(row.samples), statistics.median(row.samples), max(row.samples)))
            ratio = self.ratio(row)
            tail = f"{ratio:9.2f} x {row.yardstick}" if ratio else ""
            lines.append(f"{row.name:44} {len(row.samples):5} {low} {mid} {high}  {tail}".rstrip())
        if self.minute:
            lines += ["", "a healthy minute"] + [f"  {name:42} {value:10.1f}" for name, value in self.minute.items()]
        if self.curve:
            lines += ["", *scale.table(self.curve)]
        return "\n".join(lines)

    def write(self, path: Path) -> None:
        """For machines."""
        document = {"version": 1, **self.facts,
                    "latencies": {row.name: {"n": len(row.samples), "min_ns": min(row.samples),
                                             "median_ns": statistics.median(row.samples), "max_ns": max(row.samples),
                                             "yardstick": row.yardstick, "ratio": self.ratio(row),
                                             "samples_ns": row.samples} for row in self.rows},
                    "healthy_minute": self.minute, "scale": scale.document(self.curve)}
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(document, indent=2) + "\n")
